-- Writing back: what is put into `outbox` is carried out in HubSpot, and the same row says what
-- became of it. Made in portals that may write only.
DO $$
DECLARE
  taken pg_catalog.text;
BEGIN
  SELECT string_agg(c.relname, ', ' ORDER BY c.relname) INTO taken FROM pg_catalog.pg_class c
    WHERE c.relnamespace = '@schema@'::regnamespace AND c.relname IN ('outbox', 'outbox_log');
  IF taken IS NOT NULL THEN
    RAISE EXCEPTION 'hubmirror needs the names of tables that hold a custom type: %; move them to '
      'another schema, or drop the portal (hubmirror portal drop) and mirror it again, which gives '
      'the type a table of another name', taken USING ERRCODE = '42P07';
  END IF;
END $$;

-- What may be written: as the configuration allows it and HubSpot can take it. Kept by the daemon.
CREATE TABLE @schema@._writable (
  object text NOT NULL,
  property text NOT NULL,
  op text NOT NULL,
  rule text,
  PRIMARY KEY (object, op, property));
COMMENT ON TABLE @schema@._writable IS
  'What may be written back: the properties that the configuration allows and HubSpot can take';

-- Up to dry_run the columns are the caller's, the others are filled in by the trigger and by the
-- daemon. A retry takes a new turn.
CREATE TABLE @schema@.outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  key text UNIQUE,
  object text NOT NULL,
  op text NOT NULL,
  record_id bigint,
  match_property text,
  match_value text,
  properties jsonb,
  associations jsonb,
  base jsonb,
  on_conflict text,
  not_before timestamptz,
  dry_run boolean,
  state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'sending', 'written', 'unknown',
    'conflict', 'rejected', 'failed', 'done', 'cancelled')),
  reason text,
  message text,
  http_status integer,
  correlation_id text,
  attempts integer NOT NULL DEFAULT 0,
  result_id bigint,
  sent jsonb,
  answered jsonb,
  differs jsonb,
  feed_seq bigint,
  guard uuid,
  turn bigint NOT NULL,
  created_by name,
  created_at timestamptz NOT NULL,
  retried_at timestamptz,
  sent_at timestamptz,
  answered_at timestamptz,
  done_at timestamptz);
COMMENT ON TABLE @schema@.outbox IS
  'What is to be written to HubSpot, and what became of it';
-- Whose turn may be. Those that wait for an earlier row of their record, or for their time, are not
-- in it, so that no number of them slows down the others.
CREATE INDEX outbox_ready ON @schema@.outbox (object, turn)
  WHERE state = 'queued' AND (reason IS NULL OR reason NOT IN ('order', 'not_before'));
CREATE INDEX outbox_timed ON @schema@.outbox (object, not_before)
  WHERE state = 'queued' AND reason = 'not_before';
CREATE INDEX outbox_queued ON @schema@.outbox (object, record_id, turn) WHERE state = 'queued';
CREATE INDEX outbox_under_way ON @schema@.outbox (object, record_id)
  WHERE state IN ('sending', 'written', 'unknown');
CREATE INDEX outbox_sent ON @schema@.outbox (object, sent_at)
  WHERE state IN ('sending', 'unknown', 'written');
CREATE INDEX outbox_record ON @schema@.outbox (object, record_id, turn);
CREATE INDEX outbox_ended ON @schema@.outbox (done_at) WHERE state IN ('done', 'cancelled');

-- A UTC day has a partition of its own, _outbox_log_20261231. What comes on a day that has none,
-- because the daemon was away, is in _outbox_log_rest.
CREATE TABLE @schema@.outbox_log (
  day date NOT NULL DEFAULT (clock_timestamp() AT TIME ZONE 'UTC')::date,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  outbox_id bigint NOT NULL,
  attempt integer NOT NULL,
  event text NOT NULL,
  request_id text,
  http_status integer,
  category text,
  correlation_id text,
  before jsonb,
  sent jsonb,
  by text) PARTITION BY RANGE (day);
CREATE INDEX outbox_log_row ON @schema@.outbox_log (outbox_id, at);
COMMENT ON TABLE @schema@.outbox_log IS
  'Who wrote what to HubSpot: one row for each thing that happened to a row of outbox';
CREATE TABLE @schema@._outbox_log_rest PARTITION OF @schema@.outbox_log DEFAULT;
COMMENT ON TABLE @schema@._outbox_log_rest IS 'What outbox_log has of days without a partition';

CREATE TABLE @schema@._echo (
  object text NOT NULL,
  id bigint NOT NULL,
  property text NOT NULL,
  value_hash bigint NOT NULL,
  outbox_id bigint NOT NULL,
  until timestamptz NOT NULL,
  PRIMARY KEY (object, id, property, value_hash, outbox_id));
COMMENT ON TABLE @schema@._echo IS
  'Values that were written from here, by which they are known when HubSpot shows them';

CREATE TABLE @schema@._write_state (
  object text PRIMARY KEY,
  held boolean NOT NULL DEFAULT false,
  reason text,
  since timestamptz NOT NULL DEFAULT clock_timestamp());
COMMENT ON TABLE @schema@._write_state IS 'Objects whose writing is held until a person releases it';

-- The functions run as the owner of the mirror, for roles that may write nothing themselves. So
-- each finds PostgreSQL's own things only, names all else with its schema, and may be called by
-- nobody until it is granted.

-- Behind a login that several share, `role` is who it is.
CREATE FUNCTION @schema@._outbox_user() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(nullif(current_setting('role', true), 'none'), session_user::text)
$$;
COMMENT ON FUNCTION @schema@._outbox_user IS 'Who acts: the role that is set, else who is logged in';

-- The texts of HubSpot for values of JSON: digits as they are, what is chosen joined by `;`.
CREATE FUNCTION @schema@._outbox_text(value jsonb) RETURNS text
LANGUAGE sql IMMUTABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(CASE jsonb_typeof(value)
    WHEN 'array' THEN (SELECT string_agg(v, ';' ORDER BY n)
                       FROM jsonb_array_elements_text(value) WITH ORDINALITY a(v, n))
    WHEN 'object' THEN (SELECT string_agg(v, ';' ORDER BY n)
                        FROM jsonb_array_elements_text(value -> 'add') WITH ORDINALITY a(v, n))
    ELSE value #>> '{}' END, '')
$$;
COMMENT ON FUNCTION @schema@._outbox_text IS 'A value of outbox.properties in HubSpot''s spelling';

-- Two rows may name a record by different ids: one was merged into the other.
CREATE FUNCTION @schema@._outbox_same(object text, record bigint) RETURNS bigint[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  ids bigint[];
BEGIN
  IF to_regclass(format('@schema@.%I', object)) IS NULL THEN
    RETURN ARRAY[record];
  END IF;
  EXECUTE format(
    'SELECT array_agg(DISTINCT i.id) FROM (SELECT $1 UNION ALL '
    'SELECT t.merged_into FROM @schema@.%1$I t WHERE t.id = $1 AND t.merged_into IS NOT NULL '
    'UNION ALL SELECT l.id FROM @schema@.%1$I l WHERE l.merged_into = coalesce('
    '(SELECT t.merged_into FROM @schema@.%1$I t WHERE t.id = $1), $1)) i(id)', object)
    INTO ids USING record;
  RETURN ids;
END $$;
COMMENT ON FUNCTION @schema@._outbox_same IS 'The ids by which a record is known after merges';

-- Lets the next row of a record have its turn.
CREATE FUNCTION @schema@._outbox_next(object text, record bigint) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  UPDATE @schema@.outbox o SET reason = NULL WHERE o.id = (
    SELECT n.id
    FROM unnest(@schema@._outbox_same(_outbox_next.object, _outbox_next.record)) same(id),
         LATERAL (SELECT w.id, w.turn FROM @schema@.outbox w WHERE w.object = _outbox_next.object
           AND w.record_id = same.id AND w.state = 'queued' AND w.reason = 'order'
           ORDER BY w.turn LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED) n
    ORDER BY n.turn LIMIT 1)
$$;
COMMENT ON FUNCTION @schema@._outbox_next IS 'Lets the next row of a record have its turn';

-- What HubSpot shows of these properties, as far as the mirror knows it, in HubSpot's spelling.
CREATE FUNCTION @schema@._outbox_base(object text, record bigint, properties text[]) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD' AS $$
DECLARE
  pairs text;
  base jsonb;
BEGIN
  IF to_regclass(format('@schema@.%I', object)) IS NULL THEN
    RETURN '{}';
  END IF;
  SELECT string_agg(format(
      '%1$L, coalesce(t._rejected ->> %1$L, %2$s)', p.name,
      CASE WHEN p.storage <> 'column' THEN format('t._overflow ->> %L', p.name)
           WHEN p.column_type = 'timestamptz' THEN
             format('to_char(t.%I, ''YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'')', p.column_name)
           ELSE format('t.%I::text', p.column_name) END), ', ')
    INTO pairs FROM @schema@.properties p
    WHERE p.object = _outbox_base.object AND p.name = ANY (properties) AND p.state = 'current';
  IF pairs IS NULL THEN
    RETURN '{}';
  END IF;
  EXECUTE format(
    'SELECT jsonb_build_object(%s) FROM @schema@.%I t WHERE t.id = coalesce('
    '(SELECT m.merged_into FROM @schema@.%2$I m WHERE m.id = $1), $1)'
    ' AND t.erased_at IS NULL AND t.purged_at IS NULL', pairs, object)
    INTO base USING record;
  RETURN coalesce(base, '{}');
END $$;
COMMENT ON FUNCTION @schema@._outbox_base IS 'What the mirror has of properties that are to be written';

CREATE FUNCTION @schema@._outbox_refuse(what text, hint text, code text DEFAULT '22023') RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE EXCEPTION '%', what USING ERRCODE = code, HINT = hint;
END $$;
COMMENT ON FUNCTION @schema@._outbox_refuse IS 'Refuses a row of outbox';

CREATE FUNCTION @schema@._outbox_check_value(property text, value jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  list jsonb := value;
BEGIN
  IF jsonb_typeof(value) = 'object' THEN
    IF (SELECT array_agg(k) FROM jsonb_object_keys(value) k) IS DISTINCT FROM ARRAY['add'] THEN
      PERFORM @schema@._outbox_refuse(
        format('the value of "%s" is a JSON object that is not {"add": [..]}', property),
        'Give a string, a number, true, false, null to clear it, or a list of strings.');
    END IF;
    list := value -> 'add';
    IF jsonb_typeof(list) <> 'array' OR jsonb_array_length(list) = 0 THEN
      PERFORM @schema@._outbox_refuse(format('"%s" is to add nothing', property),
        'Write {"add": ["choice"]}, or leave the property out.');
    END IF;
  END IF;
  IF jsonb_typeof(list) = 'array' AND EXISTS (
       SELECT FROM jsonb_array_elements(list) e WHERE jsonb_typeof(e) <> 'string'
         OR e #>> '{}' = '' OR strpos(e #>> '{}', ';') > 0) THEN
    PERFORM @schema@._outbox_refuse(
      format('the list for "%s" holds something else than choices', property),
      'Each is a string that is not empty and has no ";", which separates choices in HubSpot.');
  END IF;
END $$;
COMMENT ON FUNCTION @schema@._outbox_check_value IS 'Refuses a value of outbox.properties that HubSpot has no spelling for';

CREATE FUNCTION @schema@._outbox_insert() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  names text[];
  denied text;
BEGIN
  IF NEW.op IS DISTINCT FROM 'update' THEN
    PERFORM @schema@._outbox_refuse(format('op "%s" is not known', NEW.op),
      'This release writes updates of records that exist: op ''update''.');
  ELSIF NOT EXISTS (SELECT FROM @schema@._writable w
                    WHERE w.object = NEW.object AND w.op = NEW.op) THEN
    PERFORM @schema@._outbox_refuse(format('nothing of "%s" may be updated', NEW.object), coalesce(
      'These objects may be: ' || (SELECT string_agg(DISTINCT w.object, ', ')
        FROM @schema@._writable w WHERE w.op = NEW.op) || '.',
      'Allow it by write.enabled and write.objects in the configuration of the portal.'), '42501');
  ELSIF NEW.match_property IS NOT NULL OR NEW.match_value IS NOT NULL
      OR NEW.associations IS NOT NULL OR NEW.dry_run
      OR NEW.on_conflict <> 'hold' THEN
    PERFORM @schema@._outbox_refuse('a column is set that this release does not carry out',
      'Leave out match_property, match_value, associations and dry_run; on_conflict is ''hold''.');
  ELSIF NEW.record_id IS NULL OR NEW.record_id <= 0 THEN
    PERFORM @schema@._outbox_refuse('an update needs the record_id of the record',
      format('It is the id of a row of @schema@.%I.', NEW.object));
  ELSIF octet_length(NEW.key) NOT BETWEEN 1 AND 1000 THEN
    PERFORM @schema@._outbox_refuse('a key has 1 to 1000 bytes',
      'Choose a shorter key; leave it out for none.');
  ELSIF NEW.properties IS NULL OR jsonb_typeof(NEW.properties) <> 'object'
      OR NEW.properties = '{}' THEN
    PERFORM @schema@._outbox_refuse('an update needs properties',
      'Write a JSON object from HubSpot''s names of properties to values.');
  ELSIF octet_length(NEW.properties::text) > 1048576 THEN
    PERFORM @schema@._outbox_refuse('properties are larger than 1 MiB',
      'HubSpot takes at most 65,536 characters for a property.');
  END IF;
  SELECT array_agg(k ORDER BY k) INTO names FROM jsonb_object_keys(NEW.properties) k;
  SELECT n INTO denied FROM unnest(names) n WHERE NOT EXISTS (SELECT FROM @schema@._writable w
    WHERE w.object = NEW.object AND w.op = NEW.op AND w.property = n) LIMIT 1;
  IF denied IS NOT NULL THEN
    PERFORM @schema@._outbox_refuse(
      format('property "%s" of %s may not be written', denied, NEW.object),
      format('Name it in write.objects.%s.update of the configuration. It must be mirrored, and '
        'not calculated by HubSpot.', NEW.object), '42501');
  END IF;
  PERFORM @schema@._outbox_check_value(p.key, p.value) FROM jsonb_each(NEW.properties) p;
  IF NEW.base IS NULL THEN
    NEW.base := @schema@._outbox_base(NEW.object, NEW.record_id, names);
  ELSIF jsonb_typeof(NEW.base) <> 'object' OR NOT NEW.properties ?& ARRAY(
      SELECT jsonb_object_keys(CASE jsonb_typeof(NEW.base) WHEN 'object' THEN NEW.base END)) THEN
    PERFORM @schema@._outbox_refuse('base has something else than values of the same properties',
      'Leave it out, and it is what the mirror has now.');
  ELSE
    PERFORM @schema@._outbox_check_value(p.key, p.value) FROM jsonb_each(NEW.base) p;
  END IF;
  -- Whoever may insert other columns, by owning the table or by replication, is not believed.
  NEW.on_conflict := coalesce(NEW.on_conflict, 'hold');
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
  NEW.sent_at := NULL;
  NEW.answered_at := NULL;
  NEW.done_at := NULL;
  RETURN NEW;
END $$;
COMMENT ON FUNCTION @schema@._outbox_insert IS 'Checks a new row of outbox and fills in what is not the caller''s';
CREATE TRIGGER outbox_insert BEFORE INSERT ON @schema@.outbox
  FOR EACH ROW EXECUTE FUNCTION @schema@._outbox_insert();
-- Also for rows that come by logical replication.
ALTER TABLE @schema@.outbox ENABLE ALWAYS TRIGGER outbox_insert;

CREATE FUNCTION @schema@._outbox_there(id bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM @schema@.outbox o WHERE o.id = _outbox_there.id) THEN
    RAISE EXCEPTION 'there is no row % in outbox', coalesce(id::text, 'NULL')
      USING ERRCODE = '42704', HINT = 'Give the id that the insert returned; rows that are done are '
      'kept for as long as write.keep says.';
  END IF;
END $$;
COMMENT ON FUNCTION @schema@._outbox_there IS 'Refuses the id of no row of outbox';

-- Only rows in these states are locked: no commit of the mirror waits for one of them.
CREATE FUNCTION @schema@.outbox_cancel(id bigint) RETURNS boolean
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
  PERFORM @schema@._outbox_next(ended.object, ended.record_id);
  INSERT INTO @schema@.outbox_log (outbox_id, attempt, event, by)
    VALUES (ended.id, ended.attempts, 'cancelled', @schema@._outbox_user());
  RETURN true;
END $$;
COMMENT ON FUNCTION @schema@.outbox_cancel IS
  'Gives up a row of outbox that is queued, in conflict or failed; false: it is in another state';

CREATE FUNCTION @schema@.outbox_retry(id bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  again @schema@.outbox;
BEGIN
  PERFORM @schema@._outbox_there(outbox_retry.id);
  UPDATE @schema@.outbox o SET state = 'queued', reason = NULL, message = NULL, http_status = NULL,
      correlation_id = NULL, done_at = NULL, retried_at = clock_timestamp(),
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
COMMENT ON FUNCTION @schema@.outbox_retry IS
  'Puts a row of outbox that is failed or in conflict at the end of the queue, with the same base; false: it is in another state';

CREATE FUNCTION @schema@.outbox_wait(id bigint DEFAULT NULL, key text DEFAULT NULL,
                                     timeout interval DEFAULT '10 s') RETURNS SETOF @schema@.outbox
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  until CONSTANT timestamptz := clock_timestamp() + outbox_wait.timeout;
  stands @schema@.outbox;
  written text;
  now_at bigint := pg_snapshot_xmax(pg_current_snapshot())::text::bigint;
  high bigint;
BEGIN
  IF outbox_wait.timeout IS NULL OR outbox_wait.timeout > interval '60 s' THEN
    PERFORM @schema@._outbox_refuse('outbox_wait waits for at most 60 seconds',
      'Call it again to wait longer.');
  ELSIF (outbox_wait.id IS NULL) = (outbox_wait.key IS NULL) THEN
    PERFORM @schema@._outbox_refuse('outbox_wait needs the id of a row, or its key',
      'Write outbox_wait(id => 5) or outbox_wait(key => ''crm/4711'').');
  ELSIF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'outbox_wait would wait in vain: this transaction sees nothing new'
      USING ERRCODE = '25000', HINT = 'Call it in a transaction of its own, READ COMMITTED.';
  END IF;
  LOOP
    SELECT * INTO stands FROM @schema@.outbox o
      WHERE o.id = outbox_wait.id OR o.key = outbox_wait.key;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'there is no such row in outbox' USING ERRCODE = '42704',
        HINT = 'Rows that are done are kept for as long as write.keep says.';
    END IF;
    IF written IS NULL THEN
      SELECT o.xmin::text INTO written FROM @schema@.outbox o WHERE o.id = stands.id;
      -- xmin lacks the upper half, and may be a little ahead of the snapshot.
      high := (now_at >> 32) + CASE
        WHEN written::bigint > (now_at & 4294967295) + 2147483648 THEN -1
        WHEN written::bigint < (now_at & 4294967295) - 2147483648 THEN 1 ELSE 0 END;
      IF high >= 0 AND written::bigint >= 3 AND
         pg_xact_status(((high << 32) + written::bigint)::text::xid8) = 'in progress' THEN
        RAISE EXCEPTION 'outbox_wait would wait in vain: the row is not committed yet'
          USING ERRCODE = '25000', HINT = 'Commit the transaction that inserted it first.';
      END IF;
    END IF;
    IF stands.state NOT IN ('queued', 'sending', 'written', 'unknown')
       OR clock_timestamp() >= until THEN
      RETURN NEXT stands;
      RETURN;
    END IF;
    PERFORM pg_sleep(0.05);
  END LOOP;
END $$;
COMMENT ON FUNCTION @schema@.outbox_wait IS
  'A row of outbox as soon as it has ended, or as it stands when the time is up; by its id or key, after commit';

REVOKE EXECUTE ON FUNCTION
  @schema@._outbox_user, @schema@._outbox_text, @schema@._outbox_same, @schema@._outbox_next,
  @schema@._outbox_base, @schema@._outbox_refuse, @schema@._outbox_check_value,
  @schema@._outbox_insert, @schema@._outbox_there, @schema@.outbox_cancel, @schema@.outbox_retry,
  @schema@.outbox_wait
  FROM PUBLIC;
