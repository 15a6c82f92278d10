CREATE TABLE @schema@.associations (
  from_type text NOT NULL,
  from_id bigint NOT NULL,
  to_type text NOT NULL,
  to_id bigint NOT NULL,
  category text NOT NULL,
  type_id bigint NOT NULL,
  label text,
  first_seen_at timestamptz NOT NULL,
  removed_at timestamptz,
  PRIMARY KEY (from_type, from_id, to_type, to_id, category, type_id));
CREATE INDEX associations_to ON @schema@.associations (to_type, to_id, from_type);
COMMENT ON TABLE @schema@.associations IS
  'Which records are linked, read from the type with the lower objectTypeId; removed_at: the link is gone';

CREATE TABLE @schema@.association_labels (
  from_type text NOT NULL,
  to_type text NOT NULL,
  category text NOT NULL,
  type_id bigint NOT NULL,
  label text,
  PRIMARY KEY (from_type, to_type, category, type_id));
COMMENT ON TABLE @schema@.association_labels IS 'What links between two types there can be';

CREATE TABLE @schema@._due (
  object text NOT NULL,
  job text NOT NULL,
  id bigint NOT NULL,
  since timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (object, job, id));
COMMENT ON TABLE @schema@._due IS 'Records that a job is to look at soon, because they were written';
