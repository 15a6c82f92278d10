-- More than updates: records may be made, made or updated by a unique value, and archived, as far as
-- `_writable` says so. It has the properties of each op, and besides `match`: what a record may be
-- found by; `key`: the property that the daemon sets in what it makes; `unguarded`: records may be
-- made that nothing tells from others.
ALTER TABLE @schema@.outbox ADD COLUMN first_sent_at timestamptz;
CREATE INDEX outbox_match_queued
  ON @schema@.outbox (object, match_property, lower(match_value), turn)
  WHERE state = 'queued' AND match_value IS NOT NULL;
CREATE INDEX outbox_match_under_way
  ON @schema@.outbox (object, match_property, lower(match_value))
  WHERE state IN ('sending', 'written', 'unknown') AND match_value IS NOT NULL;
CREATE INDEX outbox_result ON @schema@.outbox (object, result_id)
  WHERE record_id IS NULL AND result_id IS NOT NULL;

-- By an index only: whoever inserts a million rows does not read the table for each.
CREATE FUNCTION @schema@._outbox_find(object text, property text, value text) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  record bigint;
  name text;
BEGIN
  SELECT p.column_name INTO name FROM @schema@.properties p
    JOIN pg_attribute a ON a.attrelid = to_regclass(format('@schema@.%I', p.object))
      AND a.attname = p.column_name
    JOIN pg_index i ON i.indrelid = a.attrelid AND i.indkey[0] = a.attnum AND i.indpred IS NULL
    WHERE p.object = _outbox_find.object AND p.name = _outbox_find.property
      AND p.state = 'current' AND p.storage = 'column' AND p.column_type = 'text' LIMIT 1;
  IF name IS NOT NULL THEN
    EXECUTE format('SELECT min(t.id) FROM @schema@.%I t WHERE t.%I = $1 AND NOT t.archived'
      ' AND t.merged_into IS NULL AND t.erased_at IS NULL AND t.purged_at IS NULL', object, name)
      INTO record USING CASE WHEN property = 'email' THEN lower(value) ELSE value END;
  END IF;
  RETURN record;
END $$;
COMMENT ON FUNCTION @schema@._outbox_find IS
  'The record that has a unique value, as far as the mirror can tell without searching it';

-- The value of the key property by which the record of a create is known: capitals and blanks may
-- be compared in more than one way.
CREATE FUNCTION @schema@._outbox_guard(key text, guard uuid) RETURNS text
LANGUAGE sql IMMUTABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE
    WHEN key IS NULL THEN 'hm-' || replace(guard::text, '-', '')
    WHEN key COLLATE "C" ~ '^[!-@[-~]{1,100}$' THEN key
    ELSE 'hm-' || left(encode(sha256(convert_to(key, 'UTF8')), 'hex'), 32) END
$$;
COMMENT ON FUNCTION @schema@._outbox_guard IS
  'The value by which HubSpot knows the record of a row: its key, or a hash of it';

CREATE FUNCTION @schema@._outbox_go(ended bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  e @schema@.outbox;
BEGIN
  SELECT * INTO e FROM @schema@.outbox o WHERE o.id = ended;
  IF e.record_id IS NOT NULL THEN
    PERFORM @schema@._outbox_next(e.object, e.record_id);
  END IF;
  IF e.match_value IS NOT NULL THEN
    UPDATE @schema@.outbox o SET reason = NULL WHERE o.id = (
      SELECT w.id FROM @schema@.outbox w WHERE w.object = e.object
        AND w.match_property = e.match_property AND lower(w.match_value) = lower(e.match_value)
        AND w.state = 'queued' AND w.reason = 'order'
        ORDER BY w.turn LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED);
  END IF;
END $$;
COMMENT ON FUNCTION @schema@._outbox_go IS 'Lets those that waited for a row have their turn';

CREATE FUNCTION @schema@._outbox_check_place(new_row @schema@.outbox) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  r CONSTANT @schema@.outbox := new_row;
BEGIN
  IF r.op IN ('update', 'archive') THEN
    IF r.record_id IS NULL OR r.record_id <= 0 THEN
      PERFORM @schema@._outbox_refuse(
        format('an %s needs the record_id of the record', r.op),
        format('It is the id of a row of @schema@.%I.', r.object));
    END IF;
  ELSIF r.record_id IS NOT NULL THEN
    PERFORM @schema@._outbox_refuse(
      format('op "%s" takes no record_id', r.op),
      'Leave it out, or write op ''update'' to change a record that exists.');
  END IF;
  IF r.op <> 'upsert' THEN
    IF r.match_property IS NOT NULL OR r.match_value IS NOT NULL THEN
      PERFORM @schema@._outbox_refuse(
        format('op "%s" takes no match_property and match_value', r.op),
        'They say which record an upsert is about; leave them out.');
    END IF;
  ELSIF r.match_property IS NULL OR coalesce(r.match_value, '') = '' THEN
    PERFORM @schema@._outbox_refuse('an upsert needs match_property and match_value',
      'They name the record by a value that only it has: ''email'' and its e-mail address.');
  ELSIF NOT EXISTS (SELECT FROM @schema@._writable w WHERE w.object = r.object
                    AND w.op = 'match' AND w.property = r.match_property) THEN
    PERFORM @schema@._outbox_refuse(
      format('no record of %s can be found by "%s"', r.object, r.match_property), coalesce(
      'These have unique values: ' || (SELECT string_agg(w.property, ', ' ORDER BY w.property)
        FROM @schema@._writable w WHERE w.object = r.object AND w.op = 'match') || '.',
      'HubSpot keeps no property of it unique.'));
  ELSIF r.match_value <> btrim(r.match_value) OR octet_length(r.match_value) > 1000 THEN
    PERFORM @schema@._outbox_refuse('match_value begins or ends with blanks, or is too long',
      'Write it as HubSpot shows it.');
  ELSIF r.properties ? r.match_property THEN
    PERFORM @schema@._outbox_refuse(
      format('"%s" is both match_property and one of properties', r.match_property),
      'Leave it out of properties: a record that is made gets it from match_value.');
  END IF;
  IF r.op = 'create'
     AND NOT EXISTS (SELECT FROM @schema@._writable w WHERE w.object = r.object
                     AND w.op IN ('key', 'unguarded'))
     AND NOT EXISTS (SELECT FROM @schema@._writable w WHERE w.object = r.object AND w.op = 'match'
                     AND coalesce(r.properties ->> w.property, '') <> '') THEN
    PERFORM @schema@._outbox_refuse(
      format('a create of %s needs a value that no other record has', r.object), coalesce(
      'Set one of these: ' || (SELECT string_agg(w.property, ', ' ORDER BY w.property)
        FROM @schema@._writable w WHERE w.object = r.object AND w.op = 'match') || '.',
      'The property that write.objects.*.key_property names must exist in HubSpot, with unique '
        'values.'));
  END IF;
END $$;
COMMENT ON FUNCTION @schema@._outbox_check_place IS
  'Refuses a row of outbox that does not say which record it is about';

CREATE OR REPLACE FUNCTION @schema@._outbox_insert() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  names text[];
  denied text;
BEGIN
  IF NEW.op IS NULL OR NEW.op NOT IN ('update', 'create', 'upsert', 'archive') THEN
    PERFORM @schema@._outbox_refuse(format('op "%s" is not known', NEW.op),
      'Known are update, create, upsert and archive.');
  ELSIF NOT EXISTS (SELECT FROM @schema@._writable w
                    WHERE w.object = NEW.object AND w.op = NEW.op) THEN
    PERFORM @schema@._outbox_refuse(format('nothing of "%s" may be %s', NEW.object,
        CASE NEW.op WHEN 'upsert' THEN 'upserted' ELSE NEW.op || 'd' END), coalesce(
      'These objects may be: ' || (SELECT string_agg(DISTINCT w.object, ', ')
        FROM @schema@._writable w WHERE w.op = NEW.op) || '.',
      'Allow it by write.enabled and write.objects in the configuration of the portal.'), '42501');
  ELSIF NEW.associations IS NOT NULL OR NEW.dry_run THEN
    PERFORM @schema@._outbox_refuse('a column is set that this release does not carry out',
      'Leave out associations and dry_run.');
  ELSIF NEW.on_conflict NOT IN ('hold', 'ours', 'theirs') THEN
    PERFORM @schema@._outbox_refuse(format('on_conflict "%s" is not known', NEW.on_conflict),
      'Write ''hold'', ''ours'' or ''theirs'', or leave it out.');
  ELSIF octet_length(NEW.key) NOT BETWEEN 1 AND 1000 THEN
    PERFORM @schema@._outbox_refuse('a key has 1 to 1000 bytes',
      'Choose a shorter key; leave it out for none.');
  ELSIF NEW.op = 'archive' THEN
    IF NEW.properties IS NOT NULL OR NEW.base IS NOT NULL THEN
      PERFORM @schema@._outbox_refuse('an archive takes neither properties nor base',
        'Leave them out.');
    END IF;
  ELSIF NEW.properties IS NULL OR jsonb_typeof(NEW.properties) <> 'object'
      OR NEW.properties = '{}' THEN
    PERFORM @schema@._outbox_refuse(format('an %s needs properties', NEW.op),
      'Write a JSON object from HubSpot''s names of properties to values.');
  ELSIF octet_length(NEW.properties::text) > 1048576 THEN
    PERFORM @schema@._outbox_refuse('properties are larger than 1 MiB',
      'HubSpot takes at most 65,536 characters for a property.');
  ELSIF NEW.op = 'create' AND NEW.base IS NOT NULL THEN
    PERFORM @schema@._outbox_refuse('a create is based on nothing', 'Leave out base.');
  END IF;
  PERFORM @schema@._outbox_check_place(NEW);
  SELECT array_agg(k ORDER BY k) INTO names FROM jsonb_object_keys(NEW.properties) k;
  SELECT n INTO denied FROM unnest(names) n WHERE NOT EXISTS (SELECT FROM @schema@._writable w
    WHERE w.object = NEW.object AND w.op = NEW.op AND w.property = n) LIMIT 1;
  IF denied IS NOT NULL THEN
    PERFORM @schema@._outbox_refuse(
      format('property "%s" of %s may not be written', denied, NEW.object),
      CASE NEW.op WHEN 'create' THEN 'It must be mirrored, and not calculated by HubSpot.' ELSE
      format('Name it in write.objects.%s.update of the configuration. It must be mirrored, and '
        'not calculated by HubSpot.', NEW.object) END, '42501');
  END IF;
  PERFORM @schema@._outbox_check_value(p.key, p.value) FROM jsonb_each(NEW.properties) p;
  IF NEW.op = 'upsert' THEN
    NEW.record_id := @schema@._outbox_find(NEW.object, NEW.match_property, NEW.match_value);
  END IF;
  IF NEW.base IS NULL THEN
    IF NEW.record_id IS NOT NULL AND NEW.op <> 'archive' THEN
      NEW.base := @schema@._outbox_base(NEW.object, NEW.record_id, names);
    END IF;
  ELSIF jsonb_typeof(NEW.base) <> 'object' OR NOT NEW.properties ?& ARRAY(
      SELECT jsonb_object_keys(CASE jsonb_typeof(NEW.base) WHEN 'object' THEN NEW.base END)) THEN
    PERFORM @schema@._outbox_refuse('base has something else than values of the same properties',
      'Leave it out, and it is what the mirror has now.');
  ELSE
    PERFORM @schema@._outbox_check_value(p.key, p.value) FROM jsonb_each(NEW.base) p;
  END IF;
  -- Whoever may insert other columns, by owning the table or by replication, is not believed.
  NEW.state := 'queued';
  NEW.reason := CASE WHEN NEW.not_before > clock_timestamp() THEN 'not_before' END;
  NEW.message := NULL;
  NEW.http_status := NULL;
  NEW.correlation_id := NULL;
  NEW.attempts := 0;
  NEW.result_id := NULL;
  NEW.sent := NULL;
  NEW.answered := NULL;
  NEW.differs := NULL;
  NEW.feed_seq := NULL;
  NEW.guard := gen_random_uuid();
  NEW.turn := NEW.id;
  NEW.created_by := @schema@._outbox_user();
  -- The beginning of the transaction: what base was read from is not older.
  NEW.created_at := transaction_timestamp();
  NEW.retried_at := NULL;
  NEW.first_sent_at := NULL;
  NEW.sent_at := NULL;
  NEW.answered_at := NULL;
  NEW.done_at := NULL;
  RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION @schema@.outbox_cancel(id bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  ended @schema@.outbox;
BEGIN
  PERFORM @schema@._outbox_there(outbox_cancel.id);
  UPDATE @schema@.outbox o SET state = 'cancelled', reason = NULL, done_at = clock_timestamp()
    WHERE o.id = outbox_cancel.id AND (o.state IN ('queued', 'conflict', 'failed')
      OR o.state = 'unknown' AND o.reason = 'doubt')
    RETURNING * INTO ended;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  PERFORM @schema@._outbox_go(ended.id);
  INSERT INTO @schema@.outbox_log (outbox_id, attempt, event, by)
    VALUES (ended.id, ended.attempts, 'cancelled', @schema@._outbox_user());
  RETURN true;
END $$;

DROP FUNCTION @schema@.outbox_retry(bigint);
CREATE FUNCTION @schema@.outbox_retry(id bigint, on_conflict text DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  again @schema@.outbox;
BEGIN
  IF outbox_retry.on_conflict NOT IN ('hold', 'ours', 'theirs') THEN
    PERFORM @schema@._outbox_refuse(format('on_conflict "%s" is not known', on_conflict),
      'Write ''ours'' or ''theirs'', or leave it out.');
  END IF;
  PERFORM @schema@._outbox_there(outbox_retry.id);
  UPDATE @schema@.outbox o SET state = 'queued', reason = NULL, message = NULL, http_status = NULL,
      correlation_id = NULL, done_at = NULL, retried_at = clock_timestamp(),
      result_id = CASE WHEN o.op NOT IN ('create', 'upsert') THEN o.result_id END,
      on_conflict = coalesce(outbox_retry.on_conflict, o.on_conflict),
      turn = nextval(pg_get_serial_sequence('@schema@.outbox', 'id'))
    WHERE o.id = outbox_retry.id AND o.state IN ('conflict', 'failed')
    RETURNING * INTO again;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  INSERT INTO @schema@.outbox_log (outbox_id, attempt, event, by)
    VALUES (again.id, again.attempts, 'retried', @schema@._outbox_user());
  RETURN true;
END $$;
COMMENT ON FUNCTION @schema@.outbox_retry(bigint, text) IS
  'Puts a row of outbox that is failed or in conflict at the end of the queue, with the same base, and with another on_conflict if one is given; false: it is in another state';

-- The daemon looks at it as at everything whose end is not known, and finds the answer there.
CREATE FUNCTION @schema@.outbox_resolve(id bigint, created bigint DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  answered @schema@.outbox;
BEGIN
  PERFORM @schema@._outbox_there(outbox_resolve.id);
  IF outbox_resolve.created <= 0 THEN
    PERFORM @schema@._outbox_refuse('a record has an id above 0',
      'Give the id of the record that was made, or leave it out to have the row sent again.');
  END IF;
  UPDATE @schema@.outbox o SET message = NULL, result_id = outbox_resolve.created,
      state = CASE WHEN outbox_resolve.created IS NULL THEN 'queued' ELSE 'unknown' END,
      reason = CASE WHEN outbox_resolve.created IS NOT NULL THEN 'created' END
    WHERE o.id = outbox_resolve.id AND o.state = 'unknown' AND o.reason = 'doubt'
    RETURNING * INTO answered;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  INSERT INTO @schema@.outbox_log (outbox_id, attempt, event, by)
    VALUES (answered.id, answered.attempts,
      CASE WHEN outbox_resolve.created IS NULL THEN 'not created' ELSE 'created' END,
      @schema@._outbox_user());
  RETURN true;
END $$;
COMMENT ON FUNCTION @schema@.outbox_resolve IS
  'Says of a row of outbox that is in doubt which record it created; without one it is sent again; false: it is in another state';

REVOKE EXECUTE ON FUNCTION
  @schema@._outbox_find, @schema@._outbox_guard, @schema@._outbox_go,
  @schema@._outbox_check_place, @schema@.outbox_retry, @schema@.outbox_resolve
  FROM PUBLIC;
