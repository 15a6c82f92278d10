-- A row that never got a record names a person by a unique value at most (rule W24): an erasure finds
-- it among those few.
CREATE INDEX outbox_nameless ON @schema@.outbox (object)
  WHERE record_id IS NULL AND result_id IS NULL;

-- Who says that nothing was made says so of all attempts until then, and waits for nothing more.
CREATE OR REPLACE FUNCTION @schema@.outbox_resolve(id bigint, created bigint DEFAULT NULL)
RETURNS boolean
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
      reason = CASE WHEN outbox_resolve.created IS NOT NULL THEN 'created' END,
      not_before = NULL,
      first_sent_at = CASE WHEN outbox_resolve.created IS NOT NULL THEN o.first_sent_at END
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
