ALTER TABLE @schema@.portals ADD COLUMN unions text[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN @schema@.portals.unions IS
  'Objects whose view in this schema shows the portal beside others';
