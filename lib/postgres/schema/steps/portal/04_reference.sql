-- The tables that model/source/reference.h describes. A test compares their columns with it.
CREATE TABLE @schema@.owners (
  id bigint PRIMARY KEY,
  user_id bigint,
  user_id_including_inactive bigint,
  email text,
  first_name text,
  last_name text,
  type text,
  teams jsonb,
  created_at timestamptz,
  updated_at timestamptz,
  archived boolean NOT NULL GENERATED ALWAYS AS (archived_at IS NOT NULL) STORED,
  archived_at timestamptz,
  _synced_at timestamptz NOT NULL DEFAULT now());
COMMENT ON TABLE @schema@.owners IS
  'Who records are assigned to: hubspot_owner_id is an id of these. Deactivated ones are archived; archived_at is when that was seen';

CREATE TABLE @schema@.teams (
  id bigint PRIMARY KEY,
  name text,
  user_ids jsonb,
  secondary_user_ids jsonb,
  archived boolean NOT NULL GENERATED ALWAYS AS (archived_at IS NOT NULL) STORED,
  archived_at timestamptz,
  _synced_at timestamptz NOT NULL DEFAULT now());
COMMENT ON TABLE @schema@.teams IS 'Teams of the account, with the ids of their users';

CREATE TABLE @schema@.account_users (
  id bigint PRIMARY KEY,
  email text,
  first_name text,
  last_name text,
  role_ids jsonb,
  primary_team_id bigint,
  secondary_team_ids jsonb,
  super_admin boolean,
  archived boolean NOT NULL GENERATED ALWAYS AS (archived_at IS NOT NULL) STORED,
  archived_at timestamptz,
  _synced_at timestamptz NOT NULL DEFAULT now());
COMMENT ON TABLE @schema@.account_users IS
  'Users of the account''s settings; owners.user_id is an id of these';

CREATE TABLE @schema@.pipelines (
  object text NOT NULL,
  id text NOT NULL,
  label text,
  display_order bigint,
  created_at timestamptz,
  updated_at timestamptz,
  archived boolean NOT NULL GENERATED ALWAYS AS (archived_at IS NOT NULL) STORED,
  archived_at timestamptz,
  _synced_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (object, id));
COMMENT ON TABLE @schema@.pipelines IS 'Pipelines of object types; deleted ones are archived';

CREATE TABLE @schema@.pipeline_stages (
  object text NOT NULL,
  pipeline_id text NOT NULL,
  id text NOT NULL,
  label text,
  display_order bigint,
  metadata jsonb,
  created_at timestamptz,
  updated_at timestamptz,
  archived boolean NOT NULL GENERATED ALWAYS AS (archived_at IS NOT NULL) STORED,
  archived_at timestamptz,
  _synced_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (object, pipeline_id, id));
COMMENT ON TABLE @schema@.pipeline_stages IS
  'Stages of pipelines; metadata as HubSpot sends it: probability, isClosed, ticketState';

CREATE TABLE @schema@.lists (
  id bigint PRIMARY KEY,
  name text,
  object_type_id text,
  processing_type text,
  processing_status text,
  list_version bigint,
  created_by_id bigint,
  updated_by_id bigint,
  created_at timestamptz,
  updated_at timestamptz,
  filters_updated_at timestamptz,
  archived boolean NOT NULL GENERATED ALWAYS AS (archived_at IS NOT NULL) STORED,
  archived_at timestamptz,
  _synced_at timestamptz NOT NULL DEFAULT now());
COMMENT ON TABLE @schema@.lists IS 'Lists; deleted ones are archived';

CREATE TABLE @schema@.list_memberships (
  list_id bigint NOT NULL,
  record_id bigint NOT NULL,
  joined_at timestamptz,
  left_at timestamptz,
  _synced_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (list_id, record_id));
CREATE INDEX list_memberships_record ON @schema@.list_memberships (record_id);
COMMENT ON TABLE @schema@.list_memberships IS
  'Members of lists: joined_at is HubSpot''s, left_at is when they were seen to have left';

CREATE TABLE @schema@.marketing_events (
  id bigint PRIMARY KEY,
  event_name text,
  event_type text,
  event_organizer text,
  event_description text,
  event_url text,
  external_event_id text,
  event_status text,
  event_cancelled boolean,
  event_completed boolean,
  start_date_time timestamptz,
  end_date_time timestamptz,
  registrants bigint,
  attendees bigint,
  cancellations bigint,
  no_shows bigint,
  custom_properties jsonb,
  created_at timestamptz,
  updated_at timestamptz,
  archived boolean NOT NULL GENERATED ALWAYS AS (archived_at IS NOT NULL) STORED,
  archived_at timestamptz,
  _synced_at timestamptz NOT NULL DEFAULT now());
COMMENT ON TABLE @schema@.marketing_events IS 'Marketing events with their counters';
