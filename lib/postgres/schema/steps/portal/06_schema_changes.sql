-- What changed when in the tables of this schema; see model/store/schema_change.h.
CREATE TABLE @schema@.schema_changes (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  object text NOT NULL,
  change text NOT NULL,
  property text,
  column_name text,
  detail text);
COMMENT ON TABLE @schema@.schema_changes IS
  'What changed when in the tables of this schema: columns that came, types that changed, what the configuration left out';
