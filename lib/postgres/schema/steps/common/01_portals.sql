CREATE TABLE @schema@.layout (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  version integer NOT NULL);
COMMENT ON TABLE @schema@.layout IS 'The version of this schema''s own tables';
CREATE TABLE @schema@.portals (
  schema_name text PRIMARY KEY,
  portal text NOT NULL,
  portal_id bigint NOT NULL,
  joined_at timestamptz NOT NULL DEFAULT now());
COMMENT ON TABLE @schema@.portals IS 'The portals mirrored in this database';
