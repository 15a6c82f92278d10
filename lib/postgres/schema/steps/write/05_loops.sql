-- A record that is written again and again waits for a person (rule W15): its row is `queued`, `loop`,
-- out of the index of those whose turn may be, and those after it wait for it.
DROP INDEX @schema@.outbox_ready;
CREATE INDEX outbox_ready ON @schema@.outbox (object, turn)
  WHERE state = 'queued'
    AND (reason IS NULL OR reason NOT IN ('order', 'not_before', 'depends', 'loop'));
CREATE INDEX outbox_loops ON @schema@.outbox (object, record_id)
  WHERE state = 'queued' AND reason = 'loop';

CREATE TABLE @schema@._write_released (
  object text NOT NULL,
  record_id bigint NOT NULL,
  sent_at timestamptz NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (object, record_id));
COMMENT ON TABLE @schema@._write_released IS
  'Records that were written again and again and then released: what was sent until then no longer counts';
