-- By which a property that was deleted and made anew is told from the one before.
ALTER TABLE @schema@.properties ADD COLUMN created_at timestamptz;
