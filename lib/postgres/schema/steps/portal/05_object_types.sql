-- A table that model/source/reference.h describes. A test compares its columns with it.
CREATE TABLE @schema@.object_types (
  type_id text PRIMARY KEY,
  object text NOT NULL,
  name text,
  fully_qualified_name text,
  label text,
  plural_label text,
  description text,
  primary_display_property text,
  created_at timestamptz,
  updated_at timestamptz,
  archived boolean NOT NULL GENERATED ALWAYS AS (archived_at IS NOT NULL) STORED,
  archived_at timestamptz,
  _synced_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX property_options_value ON @schema@.property_options (object, property, value);
COMMENT ON TABLE @schema@.object_types IS
  'Custom objects of the account; object is the name of the table, where it is mirrored';
