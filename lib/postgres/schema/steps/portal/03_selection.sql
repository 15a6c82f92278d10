-- What `properties` says of the operator's selection.
ALTER TABLE @schema@.properties
  ADD COLUMN excluded boolean NOT NULL DEFAULT false,
  ADD COLUMN hashed_with text;
COMMENT ON COLUMN @schema@.properties.excluded IS
  'Left out by the configuration: not asked for, and its values are not kept';
COMMENT ON COLUMN @schema@.properties.hashed_with IS
  'Where values are keyed hashes: tells one hash_key from another';
