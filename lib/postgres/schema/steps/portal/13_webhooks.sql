-- Where the webhooks of the change feed stand. A row is made by the daemon for each that the
-- configuration names, and goes with it. Neither table holds anything of a record but its number in
-- the feed: what is sent is read from there when it is sent, so that a retry lacks what was erased
-- meanwhile.
CREATE TABLE @schema@._webhook (
  name text PRIMARY KEY,
  seq bigint NOT NULL,
  state text NOT NULL DEFAULT 'on' CHECK (state IN ('on', 'stopped')),
  reason text,
  failures integer NOT NULL DEFAULT 0,
  failing_since timestamptz,
  refusals integer NOT NULL DEFAULT 0,
  refused_since timestamptz,
  dead_in_row integer NOT NULL DEFAULT 0,
  delivered_at timestamptz,
  moves bigint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp());
COMMENT ON TABLE @schema@._webhook IS
  'How far each webhook of the change feed has been told, and how its receiver takes it';

CREATE TABLE @schema@.webhook_dead (
  webhook text NOT NULL,
  seq bigint NOT NULL,
  attempts integer NOT NULL,
  status integer NOT NULL,
  reason text,
  first_at timestamptz,
  last_at timestamptz,
  PRIMARY KEY (webhook, seq));
COMMENT ON TABLE @schema@.webhook_dead IS
  'Entries of the change feed that the receiver of a webhook refused for good, by their numbers';
