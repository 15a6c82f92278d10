CREATE TABLE @schema@._portal (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  portal_id bigint NOT NULL,
  layout_version integer NOT NULL,
  budget jsonb);
COMMENT ON TABLE @schema@._portal IS 'Whose schema this is, and the requests it made today';

CREATE TABLE @schema@._owner (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  instance text NOT NULL,
  renewed_at timestamptz NOT NULL);
COMMENT ON TABLE @schema@._owner IS 'The daemon that writes here; another may take over after 60 s of silence';

CREATE TABLE @schema@._stream_state (
  object text NOT NULL,
  job text NOT NULL,
  state text,
  reason text,
  cursor jsonb,
  verified_until timestamptz,
  last_complete_at timestamptz,
  last_error text,
  last_error_at timestamptz,
  rows_done bigint NOT NULL DEFAULT 0,
  rows_expected bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (object, job));
COMMENT ON TABLE @schema@._stream_state IS
  'How far each job of each object has come; the job ''stream'' is the object as a whole: its state, and its live rows as rows_done';

CREATE TABLE @schema@._pending (
  object text NOT NULL,
  id bigint NOT NULL,
  cause text NOT NULL,
  nominated timestamptz,
  absent_since timestamptz,
  attempts integer NOT NULL DEFAULT 0,
  not_before timestamptz,
  added_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (object, id));
COMMENT ON TABLE @schema@._pending IS 'Records to be looked at by themselves before the mirror is sure of them';

CREATE TABLE @schema@._quarantine (
  object text NOT NULL,
  id bigint NOT NULL,
  sqlstate text NOT NULL,
  reason text NOT NULL,
  record jsonb NOT NULL,
  added_at timestamptz NOT NULL DEFAULT now(),
  attempts integer NOT NULL DEFAULT 1,
  PRIMARY KEY (object, id));
COMMENT ON TABLE @schema@._quarantine IS 'Records the database refused, whole, with its reason';

CREATE TABLE @schema@._seen (
  object text NOT NULL,
  id bigint NOT NULL,
  noted_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (object, id));
COMMENT ON TABLE @schema@._seen IS 'Ids met by a walk whose order cannot be trusted';

CREATE TABLE @schema@.account (
  portal_id bigint PRIMARY KEY,
  account_type text,
  time_zone text,
  utc_offset_ms bigint,
  company_currency text,
  additional_currencies text[],
  ui_domain text,
  data_hosting_location text,
  _synced_at timestamptz NOT NULL DEFAULT now());
COMMENT ON TABLE @schema@.account IS 'The HubSpot account';

CREATE TABLE @schema@.properties (
  object text NOT NULL,
  name text NOT NULL,
  position integer NOT NULL,
  column_name text NOT NULL,
  storage text NOT NULL,
  column_type text NOT NULL,
  state text NOT NULL,
  blocked_by text,
  type text,
  field_type text,
  label text,
  group_name text,
  description text,
  data_sensitivity text,
  referenced_object_type text,
  calculated boolean NOT NULL,
  hubspot_defined boolean NOT NULL,
  external_options boolean NOT NULL,
  has_unique_value boolean NOT NULL,
  hidden boolean NOT NULL,
  archived boolean NOT NULL,
  PRIMARY KEY (object, name));
COMMENT ON TABLE @schema@.properties IS 'Every property and where its values are: a column of the table, or its _overflow';

CREATE TABLE @schema@.property_options (
  object text NOT NULL,
  property text NOT NULL,
  position integer NOT NULL,
  value text NOT NULL,
  label text,
  description text,
  display_order bigint NOT NULL,
  hidden boolean NOT NULL,
  PRIMARY KEY (object, property, position));
COMMENT ON TABLE @schema@.property_options IS 'The values an enumeration may have';

CREATE TABLE @schema@.property_groups (
  object text NOT NULL,
  name text NOT NULL,
  label text,
  display_order bigint NOT NULL,
  archived boolean NOT NULL,
  PRIMARY KEY (object, name));
COMMENT ON TABLE @schema@.property_groups IS 'The groups HubSpot shows properties in';
