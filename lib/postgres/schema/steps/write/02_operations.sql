-- More than updates: records may be made, made or updated by a unique value, and archived, as far as
-- `_writable` says so. It has the properties of each op, and besides `match`: what a record may be
-- found by; `key`: the property that the daemon sets in what it makes; `unguarded`: records may be
-- made that nothing tells from others.
--
-- Links between records. `_writable` has for `associate` and `disassociate` the objects that records
-- of an object may be linked with. A row may name a record by the row that makes it, and waits until
-- that one is done; while it does it is not in the index of those whose turn may be.
-- A row that makes a record may link it, too. It is linked once it is in the mirror, with one object
-- after the other, and is done when it shows all of that: `linking` says with which object it is now,
-- and from then on the row goes the way of a row of op 'associate' for its result_id.
ALTER TABLE @schema@.outbox ADD COLUMN first_sent_at timestamptz,
  ADD COLUMN depends_on bigint[], ADD COLUMN linking text;
CREATE INDEX outbox_match_queued
  ON @schema@.outbox (object, match_property, lower(match_value), turn)
  WHERE state = 'queued' AND match_value IS NOT NULL;
CREATE INDEX outbox_match_under_way
  ON @schema@.outbox (object, match_property, lower(match_value))
  WHERE state IN ('sending', 'written', 'unknown') AND match_value IS NOT NULL;
CREATE INDEX outbox_result ON @schema@.outbox (object, result_id)
  WHERE record_id IS NULL AND result_id IS NOT NULL;
CREATE INDEX outbox_depends ON @schema@.outbox USING gin (depends_on)
  WHERE state = 'queued' AND reason = 'depends';

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

-- The row that a link names by its key, or by its id with a minus before it; NULL: by neither.
CREATE FUNCTION @schema@._outbox_named(link jsonb) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN link ? 'key'
      THEN (SELECT o.id FROM @schema@.outbox o WHERE o.key = link ->> 'key')
    WHEN (link ->> 'id')::bigint < 0 THEN -(link ->> 'id')::bigint END
$$;
COMMENT ON FUNCTION @schema@._outbox_named IS 'The row of outbox by which a link names its other end';

-- What links there can be between two objects, whichever of them they are read from.
CREATE FUNCTION @schema@._outbox_labels(one text, other text)
RETURNS SETOF @schema@.association_labels
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT * FROM @schema@.association_labels a
    WHERE a.from_type = one AND a.to_type = other OR a.from_type = other AND a.to_type = one
$$;
COMMENT ON FUNCTION @schema@._outbox_labels IS 'What links there can be between two objects';

-- The object whose records a row that has just come to an end is to be linked with next.
CREATE FUNCTION @schema@._outbox_links_next(ended @schema@.outbox) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT o.name FROM (
      SELECT l.link ->> 'object' AS name, min(l.place) AS place
        FROM jsonb_array_elements(ended.associations) WITH ORDINALITY l(link, place)
        WHERE ended.op IN ('create', 'upsert') GROUP BY 1) o
    WHERE ended.linking IS NULL OR o.place > (SELECT min(l.place)
      FROM jsonb_array_elements(ended.associations) WITH ORDINALITY l(link, place)
      WHERE l.link ->> 'object' = ended.linking)
    ORDER BY o.place LIMIT 1
$$;
COMMENT ON FUNCTION @schema@._outbox_links_next IS
  'The object with whose records the record that a row of outbox made is to be linked next';

-- Refuses what is no list of links, and returns the rows that have to be done before. They are there
-- already, so there is no circle.
CREATE FUNCTION @schema@._outbox_check_links(new_row @schema@.outbox) RETURNS bigint[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  r CONSTANT @schema@.outbox := new_row;
  link jsonb;
  other text;
  named @schema@.outbox;
  depends bigint[] := '{}';
BEGIN
  IF r.associations IS NULL AND r.op NOT IN ('associate', 'disassociate') THEN
    RETURN depends;
  ELSIF r.associations IS NULL OR jsonb_typeof(r.associations) <> 'array'
      OR jsonb_array_length(CASE jsonb_typeof(r.associations) WHEN 'array' THEN r.associations END)
        NOT BETWEEN 1 AND 100 THEN
    PERFORM @schema@._outbox_refuse('associations are not a list of 1 to 100 links',
      'Write [{"object": "companies", "id": 9}], with a "label" where it is to have one.');
  END IF;
  FOR link IN SELECT e FROM jsonb_array_elements(r.associations) e LOOP
    IF jsonb_typeof(link) <> 'object' OR EXISTS (SELECT FROM jsonb_each(CASE jsonb_typeof(link)
         WHEN 'object' THEN link ELSE '{"": 0}' END) p WHERE CASE
         WHEN p.key IN ('object', 'key') THEN jsonb_typeof(p.value) <> 'string'
         WHEN p.key = 'label' THEN jsonb_typeof(p.value) NOT IN ('string', 'null')
         WHEN p.key = 'id' THEN jsonb_typeof(p.value) <> 'number'
           OR p.value #>> '{}' !~ '^-?[1-9][0-9]{0,17}$'
         ELSE true END) OR NOT link ? 'object' OR (link ? 'id') = (link ? 'key') THEN
      PERFORM @schema@._outbox_refuse(format('"%s" names no record to be linked',
          left(link::text, 200)),
        'Write {"object": "companies", "id": 9}; instead of "id", "key" names the record of another '
        'row, as does minus the id of that row; "label" is a text.');
    END IF;
    other := link ->> 'object';
    IF NOT EXISTS (SELECT FROM @schema@._writable w WHERE w.object = r.object
                   AND w.op = 'associate' AND w.property = other) THEN
      PERFORM @schema@._outbox_refuse(
        format('%s may not be linked with "%s"', r.object, other), coalesce(
        'They may be with: ' || (SELECT string_agg(w.property, ', ' ORDER BY w.property)
          FROM @schema@._writable w WHERE w.object = r.object AND w.op = 'associate') || '.',
        format('Name it in write.objects.%s.associate of the configuration.', r.object)), '42501');
    ELSIF other <> coalesce(r.associations -> 0 ->> 'object', '')
        AND r.op IN ('associate', 'disassociate') THEN
      PERFORM @schema@._outbox_refuse('a row links a record with records of one object',
        'Insert a row for each of the objects.');
    ELSIF NOT EXISTS (SELECT FROM @schema@._outbox_labels(r.object, other)) THEN
      PERFORM @schema@._outbox_refuse(
        format('no links of %s with %s are known', r.object, other),
        'association_labels has none: HubSpot does not link the two, or the mirror has not read '
        'their links yet.');
    ELSIF link ->> 'label' IS NOT NULL AND NOT EXISTS (
        SELECT FROM @schema@._outbox_labels(r.object, other) l WHERE l.label = link ->> 'label') THEN
      PERFORM @schema@._outbox_refuse(
        format('links of %s with %s have no label "%s"', r.object, other, link ->> 'label'),
        coalesce('These are in association_labels: ' || (
          SELECT string_agg(DISTINCT l.label, ', ')
          FROM @schema@._outbox_labels(r.object, other) l) || '.',
          'association_labels has none: leave it out.'));
    END IF;
    CONTINUE WHEN NOT link ? 'key' AND (link ->> 'id')::bigint > 0;
    SELECT * INTO named FROM @schema@.outbox o WHERE o.id = @schema@._outbox_named(link);
    IF NOT FOUND THEN
      PERFORM @schema@._outbox_refuse(
        format('%s names a row that is not there', link::text),
        'Insert the row that makes the record first.');
    ELSIF named.object <> other OR named.op = 'archive' THEN
      PERFORM @schema@._outbox_refuse(
        format('row %s gives no record of %s', named.id, other),
        format('It is a row of op ''%s'' of %s.', named.op, named.object));
    END IF;
    depends := depends || named.id;
  END LOOP;
  RETURN depends;
END $$;
COMMENT ON FUNCTION @schema@._outbox_check_links IS
  'Refuses associations that cannot be carried out; the rows of outbox that have to be done before';

CREATE FUNCTION @schema@._outbox_check_place(new_row @schema@.outbox) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  r CONSTANT @schema@.outbox := new_row;
BEGIN
  IF r.op IN ('update', 'archive', 'associate', 'disassociate') THEN
    IF r.record_id IS NULL OR r.record_id = 0 THEN
      PERFORM @schema@._outbox_refuse(
        format('an %s needs the record_id of the record', r.op),
        format('It is the id of a row of @schema@.%I.', r.object));
    ELSIF r.record_id < 0 AND NOT EXISTS (SELECT FROM @schema@.outbox o WHERE o.id = -r.record_id
        AND o.object = r.object AND o.op IN ('create', 'upsert')) THEN
      PERFORM @schema@._outbox_refuse(
        format('record_id %s names no row that makes a record of %s', r.record_id, r.object),
        'It is the id of a record, or minus the id of the row of outbox that makes it.');
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
  IF e.state = 'done' THEN
    UPDATE @schema@.outbox o SET reason = NULL WHERE o.id IN (
      SELECT w.id FROM @schema@.outbox w WHERE w.depends_on @> ARRAY[ended]
        AND w.state = 'queued' AND w.reason = 'depends' FOR NO KEY UPDATE SKIP LOCKED);
  END IF;
END $$;
COMMENT ON FUNCTION @schema@._outbox_go IS 'Lets those that waited for a row have their turn';

-- A row may be tried only (rule W25): it ends where its request would leave. Such a row neither waits
-- for others of its record nor holds them up. `_writable` has `dry_run` of each object where all rows
-- are tried only.
CREATE OR REPLACE FUNCTION @schema@._outbox_insert() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  names text[];
  denied text;
  made bigint;
BEGIN
  IF NEW.op IS NULL OR NEW.op NOT IN ('update', 'create', 'upsert', 'archive', 'associate',
                                        'disassociate') THEN
    PERFORM @schema@._outbox_refuse(format('op "%s" is not known', NEW.op),
      'Known are update, create, upsert, archive, associate and disassociate.');
  ELSIF NOT EXISTS (SELECT FROM @schema@._writable w
                    WHERE w.object = NEW.object AND w.op = NEW.op) THEN
    PERFORM @schema@._outbox_refuse(format('nothing of "%s" may be %s', NEW.object,
        CASE NEW.op WHEN 'upsert' THEN 'upserted' ELSE NEW.op || 'd' END), coalesce(
      'These objects may be: ' || (SELECT string_agg(DISTINCT w.object, ', ')
        FROM @schema@._writable w WHERE w.op = NEW.op) || '.',
      'Allow it by write.enabled and write.objects in the configuration of the portal.'), '42501');
  ELSIF NEW.associations IS NOT NULL AND NEW.op IN ('update', 'archive') THEN
    PERFORM @schema@._outbox_refuse(format('op "%s" takes no associations', NEW.op),
      'Leave them out, and insert a row of op ''associate'' for the record.');
  ELSIF NEW.on_conflict NOT IN ('hold', 'ours', 'theirs') THEN
    PERFORM @schema@._outbox_refuse(format('on_conflict "%s" is not known', NEW.on_conflict),
      'Write ''hold'', ''ours'' or ''theirs'', or leave it out.');
  ELSIF octet_length(NEW.key) NOT BETWEEN 1 AND 1000 THEN
    PERFORM @schema@._outbox_refuse('a key has 1 to 1000 bytes',
      'Choose a shorter key; leave it out for none.');
  ELSIF NEW.op IN ('archive', 'associate', 'disassociate') THEN
    IF NEW.properties IS NOT NULL OR NEW.base IS NOT NULL THEN
      PERFORM @schema@._outbox_refuse(
        format('an %s takes neither properties nor base', NEW.op), 'Leave them out.');
    END IF;
  ELSIF NEW.properties IS NULL OR jsonb_typeof(NEW.properties) <> 'object'
      OR NEW.properties = '{}' THEN
    PERFORM @schema@._outbox_refuse(format('op "%s" needs properties', NEW.op),
      'Write a JSON object from HubSpot''s names of properties to values.');
  ELSIF octet_length(NEW.properties::text) > 1048576 THEN
    PERFORM @schema@._outbox_refuse('properties are larger than 1 MiB',
      'HubSpot takes at most 65,536 characters for a property.');
  ELSIF NEW.op = 'create' AND NEW.base IS NOT NULL THEN
    PERFORM @schema@._outbox_refuse('a create is based on nothing', 'Leave out base.');
  END IF;
  PERFORM @schema@._outbox_check_place(NEW);
  NEW.depends_on := @schema@._outbox_check_links(NEW);
  IF NEW.record_id < 0 THEN
    SELECT o.result_id INTO made FROM @schema@.outbox o
      WHERE o.id = -NEW.record_id AND o.state = 'done';
    IF made IS NULL THEN
      NEW.depends_on := NEW.depends_on || -NEW.record_id;
    ELSE
      NEW.record_id := made;
    END IF;
  END IF;
  NEW.depends_on := nullif(NEW.depends_on, '{}');
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
    IF NEW.record_id IS NOT NULL AND NEW.op IN ('update', 'upsert') THEN
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
  -- What is inserted while a portal only tries is not sent later, either.
  IF EXISTS (SELECT FROM @schema@._writable w
             WHERE w.object = NEW.object AND w.op = 'dry_run') THEN
    NEW.dry_run := true;
  END IF;
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
  NEW.linking := NULL;
  RETURN NEW;
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
      result_id = CASE WHEN o.op NOT IN ('create', 'upsert') OR o.linking IS NOT NULL
        THEN o.result_id END,
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

REVOKE EXECUTE ON FUNCTION
  @schema@._outbox_find, @schema@._outbox_guard, @schema@._outbox_go,
  @schema@._outbox_check_place, @schema@.outbox_retry, @schema@.outbox_resolve,
  @schema@._outbox_named, @schema@._outbox_labels, @schema@._outbox_links_next,
  @schema@._outbox_check_links FROM PUBLIC;
