-- Portals that come one after the other are taken into the views of this schema together: the views
-- name every portal, so that making them for each newcomer costs ever more.
ALTER TABLE @schema@.portals
  ADD COLUMN IF NOT EXISTS waits_since timestamptz DEFAULT clock_timestamp();
CREATE INDEX IF NOT EXISTS portals_waiting ON @schema@.portals (waits_since)
  WHERE waits_since IS NOT NULL;
