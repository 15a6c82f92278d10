-- Writing back has tables of its own (steps/write), made in a portal whose configuration allows it:
-- all others lack them.
ALTER TABLE @schema@._portal ADD COLUMN write_layout integer NOT NULL DEFAULT 0;
