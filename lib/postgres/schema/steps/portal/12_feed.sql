-- The change feed: what changed in the portal, in order, and who has read how far. These tables
-- stand in every portal, whether its feed is on or not, so that all portals have one layout and a
-- feed that is switched on later finds its place. Without a feed they cost a few rows of
-- PostgreSQL's catalog: there is no partition, and no statement ever touches them.
DO $$
DECLARE
  taken pg_catalog.text;
BEGIN
  SELECT string_agg(c.relname, ', ' ORDER BY c.relname) INTO taken FROM pg_catalog.pg_class c
    WHERE c.relnamespace = '@schema@'::regnamespace
      AND c.relname IN ('changes', 'stage_changes', 'feed_consumers', 'webhook_dead');
  IF taken IS NOT NULL THEN
    RAISE EXCEPTION 'hubmirror needs the names of tables that hold a custom type: %; move them to '
      'another schema, or drop the portal (hubmirror portal drop) and mirror it again, which gives '
      'the type a table of another name', taken USING ERRCODE = '42P07';
  END IF;
END $$;

-- A UTC day D owns the numbers from D * 2^34 up to (D + 1) * 2^34, and has a partition of its own,
-- _changes_20261231.
CREATE TABLE @schema@.changes (
  seq bigint NOT NULL,
  tx bigint NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  object text,
  id bigint,
  op text NOT NULL,
  to_object text,
  to_id bigint,
  pipeline text,
  changed_at timestamptz,
  before jsonb,
  after jsonb,
  cause text,
  origin text,
  outbox_ids bigint[],
  PRIMARY KEY (seq)) PARTITION BY RANGE (seq);
CREATE INDEX changes_record ON @schema@.changes (object, id, seq);
COMMENT ON TABLE @schema@.changes IS
  'The change feed: what changed in the portal, in the order in which it was written here';

-- The claim that last began an epoch of the feed: the one after it sees by that whether it was on.
ALTER TABLE @schema@._portal ADD COLUMN feed_claim bigint;

-- raised_at: a partition is dropped an hour after dropped_to has risen past it, at the earliest.
CREATE TABLE @schema@._feed (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  dropped_to bigint NOT NULL,
  raised_at timestamptz NOT NULL DEFAULT clock_timestamp());
INSERT INTO @schema@._feed (dropped_to) VALUES (0);
COMMENT ON TABLE @schema@._feed IS
  'How far the change feed has been dropped: whoever stands below dropped_to has missed entries';

CREATE TABLE @schema@.feed_consumers (
  name text PRIMARY KEY CHECK (name ~ '^[A-Za-z0-9_.-]{1,63}$'),
  seq bigint NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  acked_at timestamptz);
COMMENT ON TABLE @schema@.feed_consumers IS
  'Who reads the change feed by name, and how far; written by feed_start, feed_ack, feed_reset and feed_drop';

-- Entries that put a record into a stage, with the names that people know stages by.
CREATE VIEW @schema@.stage_changes AS
  SELECT c.seq, c.at, c.changed_at, c.object, c.id, c.pipeline,
         c.before ->> k.stage AS from_stage, c.after ->> k.stage AS to_stage,
         (SELECT s.label FROM @schema@.pipeline_stages s WHERE s.object = c.object
           AND s.pipeline_id = coalesce(c.before ->> k.pipeline, c.pipeline)
           AND s.id = c.before ->> k.stage) AS from_label,
         (SELECT s.label FROM @schema@.pipeline_stages s WHERE s.object = c.object
           AND s.pipeline_id = c.pipeline AND s.id = c.after ->> k.stage) AS to_label,
         c.origin
  FROM @schema@.changes c,
       LATERAL (SELECT CASE c.object WHEN 'deals' THEN 'dealstage' ELSE 'hs_pipeline_stage' END,
                       CASE c.object WHEN 'deals' THEN 'pipeline' ELSE 'hs_pipeline' END)
         AS k (stage, pipeline)
  WHERE c.after ? k.stage;
COMMENT ON VIEW @schema@.stage_changes IS
  'The entries of the change feed that put a record into a stage, with the labels of stages';

-- The functions run as the owner of the mirror, for roles that may write nothing themselves. So
-- each finds PostgreSQL's own things only, names all else with its schema, and may be called by
-- nobody until it is granted.

-- Locks the row of a consumer and returns where it stands. Who comes second does not wait.
CREATE FUNCTION @schema@._feed_lock(consumer text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  stands bigint;
BEGIN
  SELECT c.seq INTO stands FROM @schema@.feed_consumers c WHERE c.name = consumer
    FOR UPDATE NOWAIT;
  IF stands IS NULL THEN
    RAISE EXCEPTION 'there is no consumer "%" of this feed', consumer USING ERRCODE = '42704',
      HINT = 'Start it with feed_start, which also says where it begins.';
  END IF;
  RETURN stands;
END $$;
COMMENT ON FUNCTION @schema@._feed_lock IS
  'Where a consumer of the change feed stands; its row stays locked until the transaction ends';

CREATE FUNCTION @schema@._feed_lost(consumer text, stands bigint, dropped bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE EXCEPTION
    'consumer "%" has missed entries: it stands at %, and all up to % are dropped',
    consumer, stands, dropped USING ERRCODE = 'HM001',
    HINT = format('Read the tables again, from the moment of feed_reset(%L) on, which lets it go '
      'on from now; hubmirror feed reset PORTAL %s --to now does the same.', consumer, consumer);
END $$;
COMMENT ON FUNCTION @schema@._feed_lost IS
  'Says that a consumer of the change feed has missed entries, by an error HM001';

-- The number to stand at for all that comes after now, and for all that is still kept.
CREATE FUNCTION @schema@._feed_now() RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT greatest((SELECT max(c.seq) FROM @schema@.changes c),
                  (SELECT f.dropped_to FROM @schema@._feed f))
$$;
COMMENT ON FUNCTION @schema@._feed_now IS 'The number of the last entry of the change feed';

CREATE FUNCTION @schema@._feed_oldest() RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce((SELECT min(c.seq) - 1 FROM @schema@.changes c WHERE c.seq > f.dropped_to),
                  f.dropped_to) FROM @schema@._feed f
$$;
COMMENT ON FUNCTION @schema@._feed_oldest IS
  'The number before the oldest entry of the change feed that is kept';

-- Refuses numbers that would be lost at once, or that no entry has had yet.
CREATE FUNCTION @schema@._feed_place(wanted bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  first CONSTANT bigint := (SELECT f.dropped_to FROM @schema@._feed f);
  last CONSTANT bigint := @schema@._feed_now();
BEGIN
  IF wanted IS NULL THEN
    RETURN last;
  ELSIF wanted = 0 THEN
    RETURN @schema@._feed_oldest();
  ELSIF wanted < first OR wanted > last THEN
    RAISE EXCEPTION 'a consumer cannot stand at %: the feed reaches from % to %', wanted, first, last
      USING ERRCODE = '22003',
      HINT = 'Leave the number out for now, or give 0 for the oldest entry that is kept.';
  END IF;
  RETURN wanted;
END $$;
COMMENT ON FUNCTION @schema@._feed_place IS
  'The number a consumer of the change feed may stand at: NULL is now, 0 the oldest entry';

CREATE FUNCTION @schema@.feed_start(consumer text, from_seq bigint DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO @schema@.feed_consumers (name, seq)
    SELECT consumer, @schema@._feed_place(from_seq)
    WHERE NOT EXISTS (SELECT FROM @schema@.feed_consumers o WHERE o.name = consumer)
    ON CONFLICT DO NOTHING;
  RETURN (SELECT c.seq FROM @schema@.feed_consumers c WHERE c.name = consumer);
END $$;
COMMENT ON FUNCTION @schema@.feed_start IS
  'Starts a consumer of the change feed, from now on or from from_seq (0: the oldest entry kept), and returns its number; one that is there stays where it is';

CREATE FUNCTION @schema@.feed_read(consumer text, most integer DEFAULT 500)
RETURNS SETOF @schema@.changes
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  stands CONSTANT bigint := @schema@._feed_lock(consumer);
  follows bigint;
  dropped bigint;
BEGIN
  IF most IS NULL OR most < 1 OR most > 10000 THEN
    RAISE EXCEPTION 'feed_read hands out 1 to 10000 entries at once, not %', most
      USING ERRCODE = '22023', HINT = 'Leave the number out for 500.';
  END IF;
  -- From here on the feed is locked against dropping until this transaction ends. What had been
  -- dropped before shows in dropped_to, which is therefore asked after the entries; or, where the
  -- snapshot of a REPEATABLE READ transaction is too old for that, in the first entry there is.
  SELECT coalesce(CASE c.op WHEN 'epoch' THEN (c.after ->> 'follows')::bigint END, c.seq - 1)
    INTO follows FROM @schema@.changes c WHERE c.seq > stands ORDER BY c.seq LIMIT 1;
  SELECT f.dropped_to INTO dropped FROM @schema@._feed f;
  IF greatest(dropped, follows) > stands THEN
    PERFORM @schema@._feed_lost(consumer, stands, greatest(dropped, follows));
  END IF;
  RETURN QUERY SELECT c.* FROM @schema@.changes c WHERE c.seq > stands ORDER BY c.seq LIMIT most;
END $$;
COMMENT ON FUNCTION @schema@.feed_read IS
  'The next entries of the change feed for a consumer, oldest first; locks the consumer, fails with 55P03 where another reader has it, and with HM001 where entries are missed';

CREATE FUNCTION @schema@.feed_ack(consumer text, seq bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  stands CONSTANT bigint := @schema@._feed_lock(consumer);
  last CONSTANT bigint := @schema@._feed_now();
  dropped CONSTANT bigint := (SELECT f.dropped_to FROM @schema@._feed f);
BEGIN
  IF feed_ack.seq IS NULL OR feed_ack.seq > last THEN
    RAISE EXCEPTION 'consumer "%" cannot have read up to %: the last entry is %',
      consumer, feed_ack.seq, last USING ERRCODE = '22003',
      HINT = 'Give the seq of the last entry that was worked on.';
  ELSIF stands < dropped AND feed_ack.seq < dropped THEN
    PERFORM @schema@._feed_lost(consumer, stands, dropped);
  ELSIF feed_ack.seq <= stands THEN
    RETURN stands;
  END IF;
  UPDATE @schema@.feed_consumers c SET seq = feed_ack.seq, acked_at = clock_timestamp()
    WHERE c.name = consumer;
  RETURN feed_ack.seq;
END $$;
COMMENT ON FUNCTION @schema@.feed_ack IS
  'Notes that a consumer has worked on all entries of the change feed up to seq; forwards only. Returns where it stands';

CREATE FUNCTION @schema@.feed_reset(consumer text, to_seq bigint DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  place CONSTANT bigint := @schema@._feed_place(to_seq);
BEGIN
  PERFORM @schema@._feed_lock(consumer);
  UPDATE @schema@.feed_consumers c SET seq = place WHERE c.name = consumer;
  RETURN place;
END $$;
COMMENT ON FUNCTION @schema@.feed_reset IS
  'Lets a consumer of the change feed go on from now, or from to_seq (0: the oldest entry kept), backwards too. Returns where it stands';

CREATE FUNCTION @schema@.feed_drop(consumer text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM FROM @schema@.feed_consumers c WHERE c.name = consumer FOR UPDATE NOWAIT;
  DELETE FROM @schema@.feed_consumers c WHERE c.name = consumer;
  RETURN FOUND;
END $$;
COMMENT ON FUNCTION @schema@.feed_drop IS
  'Forgets a consumer of the change feed, which then keeps no entries; false: there was none';

REVOKE EXECUTE ON FUNCTION
  @schema@._feed_lock, @schema@._feed_lost, @schema@._feed_now, @schema@._feed_oldest,
  @schema@._feed_place, @schema@.feed_start, @schema@.feed_read, @schema@.feed_ack,
  @schema@.feed_reset, @schema@.feed_drop
  FROM PUBLIC;
