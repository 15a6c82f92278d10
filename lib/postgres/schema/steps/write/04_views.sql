-- Beside `outbox`, for whoever would rather update records than insert rows: a view `<object>_write`
-- of the live records of each object, with what may be written of them. Whoever writes into it does
-- nothing but insert into `outbox`. The daemon makes the views.
CREATE FUNCTION @schema@._outbox_spelled(value jsonb, is_time boolean) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD' AS $$
  SELECT CASE WHEN is_time AND value #>> '{}' ~ '^[0-9]{4}-[^ ]+$'
    THEN to_jsonb(to_char((value #>> '{}')::timestamptz, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
    ELSE value END
$$;
COMMENT ON FUNCTION @schema@._outbox_spelled IS 'A value of a view in HubSpot''s spelling';

-- Called with the object, the property of each column, and the columns that hold times.
CREATE FUNCTION @schema@._outbox_write() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD' AS $$
DECLARE
  wanted jsonb;
  shown jsonb;
  rejected jsonb;
  values_of jsonb;
  base_of jsonb;
  made bigint;
BEGIN
  IF TG_OP = 'DELETE' THEN
    INSERT INTO @schema@.outbox (object, op, record_id) VALUES (TG_ARGV[0], 'archive', OLD.id);
    RETURN OLD;
  ELSIF TG_OP = 'INSERT' THEN
    IF NEW.id IS NOT NULL THEN
      PERFORM @schema@._outbox_refuse('HubSpot gives a new record its id', 'Leave id out.');
    END IF;
  ELSIF NEW.id IS DISTINCT FROM OLD.id THEN
    PERFORM @schema@._outbox_refuse('the id of a record cannot be changed', 'Leave id as it is.');
  ELSE
    shown := to_jsonb(OLD);
    EXECUTE format('SELECT t._rejected FROM @schema@.%I t WHERE t.id = $1', TG_ARGV[0])
      INTO rejected USING OLD.id;
  END IF;
  wanted := to_jsonb(NEW);
  -- The base is what the statement saw, which what came meanwhile is not. A value that does not fit
  -- its column shows as NULL, and one that has not been read yet is none to be compared with.
  SELECT jsonb_object_agg(c.property,
      @schema@._outbox_spelled(wanted -> c.name, TG_ARGV[2]::jsonb ? c.name)),
    coalesce(jsonb_object_agg(c.property, coalesce(rejected -> c.property,
      @schema@._outbox_spelled(shown -> c.name, TG_ARGV[2]::jsonb ? c.name)))
      FILTER (WHERE p.name IS NOT NULL), '{}')
    INTO values_of, base_of
    FROM jsonb_each_text(TG_ARGV[1]::jsonb) c(name, property)
    LEFT JOIN @schema@.properties p
      ON p.object = TG_ARGV[0] AND p.name = c.property AND p.state = 'current'
    WHERE CASE TG_OP WHEN 'INSERT' THEN wanted -> c.name <> 'null'
      ELSE wanted -> c.name IS DISTINCT FROM shown -> c.name END;
  IF TG_OP = 'INSERT' THEN
    INSERT INTO @schema@.outbox (object, op, properties) VALUES (TG_ARGV[0], 'create', values_of)
      RETURNING id INTO made;
    NEW.id := -made;
  ELSIF values_of IS NOT NULL THEN
    INSERT INTO @schema@.outbox (object, op, record_id, properties, base)
      VALUES (TG_ARGV[0], 'update', OLD.id, values_of, base_of);
  END IF;
  RETURN NEW;
END $$;
COMMENT ON FUNCTION @schema@._outbox_write IS
  'Makes a row of outbox of what is written into a view';

REVOKE EXECUTE ON FUNCTION @schema@._outbox_spelled, @schema@._outbox_write FROM PUBLIC;
