-- Turns several values at once, `a;b`, into labels, for the views `<object>_readable`. PostgreSQL
-- reads the body under the caller's search path, so every name in it bears its schema. A function in
-- SQL would start anew for every row, which costs ten times as much.
CREATE FUNCTION @schema@._labels_of(labels jsonb, chosen text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10 AS $$
DECLARE
  shown pg_catalog.text;
  one pg_catalog.text;
BEGIN
  IF chosen IS NULL THEN
    RETURN NULL;
  END IF;
  FOREACH one IN ARRAY pg_catalog.string_to_array(chosen, ';') LOOP
    shown := pg_catalog.concat_ws(';', shown, coalesce(labels OPERATOR(pg_catalog.->>) one, one));
  END LOOP;
  RETURN shown;
END $$;
COMMENT ON FUNCTION @schema@._labels_of IS
  'Several values of an enumeration, a;b, with their labels where there are some';
GRANT EXECUTE ON FUNCTION @schema@._labels_of TO PUBLIC;
