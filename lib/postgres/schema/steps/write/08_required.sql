-- HubSpot makes no record of a custom type without what its schema requires: who inserts such a row is
-- told at once (rule W2). What hubmirror sets itself, the key property, is not asked for.
CREATE FUNCTION @schema@._outbox_required() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  lacking text;
BEGIN
  SELECT string_agg(quote_ident(r.name), ', ' ORDER BY r.place) INTO lacking
    FROM @schema@.object_types t CROSS JOIN LATERAL jsonb_array_elements_text(
      CASE jsonb_typeof(t.required_properties) WHEN 'array' THEN t.required_properties END)
      WITH ORDINALITY r(name, place)
    WHERE t.object = NEW.object AND t.archived_at IS NULL
      AND coalesce(@schema@._outbox_text(NEW.properties -> r.name), '') = ''
      AND NOT EXISTS (SELECT FROM @schema@._writable w
        WHERE w.object = NEW.object AND w.op = 'key' AND w.property = r.name);
  IF lacking IS NOT NULL THEN
    PERFORM @schema@._outbox_refuse(format('a new record of %s needs %s', NEW.object, lacking),
      'HubSpot makes no record of this type without them: give each a value in properties.');
  END IF;
  RETURN NEW;
END $$;
COMMENT ON FUNCTION @schema@._outbox_required IS
  'Refuses a row of outbox that lacks what a new record of its custom type needs';
REVOKE EXECUTE ON FUNCTION @schema@._outbox_required FROM PUBLIC;
-- After outbox_insert, by its name.
CREATE TRIGGER outbox_required BEFORE INSERT ON @schema@.outbox FOR EACH ROW
  WHEN (NEW.op = 'create') EXECUTE FUNCTION @schema@._outbox_required();
ALTER TABLE @schema@.outbox ENABLE ALWAYS TRIGGER outbox_required;
