-- What stops writing until a person looks (rule W20). One row for each object and each reason; an
-- empty object is the whole portal. Nothing was ever in the table that it replaces.
DROP TABLE @schema@._write_state;
CREATE TABLE @schema@._write_state (
  object text NOT NULL,
  reason text NOT NULL,
  message text NOT NULL,
  since timestamptz NOT NULL DEFAULT clock_timestamp(),
  by text,
  PRIMARY KEY (object, reason));
COMMENT ON TABLE @schema@._write_state IS
  'Why nothing of an object is written until a person releases it; an empty object is the portal';

-- A daemon that is not in it works on a copy of the database, or has lost its state directory.
CREATE TABLE @schema@._write_instances (
  instance text PRIMARY KEY,
  since timestamptz NOT NULL DEFAULT clock_timestamp());
COMMENT ON TABLE @schema@._write_instances IS 'The daemons that may write, if they own the portal';

CREATE TABLE @schema@._write_minutes (
  object text NOT NULL,
  op text NOT NULL,
  at timestamptz NOT NULL,
  rows bigint NOT NULL,
  PRIMARY KEY (object, op, at));
COMMENT ON TABLE @schema@._write_minutes IS 'How many rows were sent in each minute of the last hour';

CREATE TABLE @schema@._write_refusals (
  object text PRIMARY KEY,
  at timestamptz NOT NULL,
  ended bigint NOT NULL,
  refused jsonb NOT NULL);
COMMENT ON TABLE @schema@._write_refusals IS
  'How many of the last rows of an object HubSpot refused, by reason; what is older than the last hundred weighs no more than they do';

-- Few rows are in it, however many are done.
CREATE INDEX outbox_stopped ON @schema@.outbox (object, state)
  WHERE state IN ('conflict', 'failed', 'rejected');
