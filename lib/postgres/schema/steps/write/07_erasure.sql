-- A row that never got a record names a person by a unique value at most (rule W24): an erasure finds
-- it among those few.
CREATE INDEX outbox_nameless ON @schema@.outbox (object)
  WHERE record_id IS NULL AND result_id IS NULL;
