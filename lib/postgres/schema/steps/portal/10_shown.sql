-- How HubSpot shows values to people, and its own counts for lists. The next reading finds the
-- present rows changed and fills them in.
ALTER TABLE @schema@.properties
  ADD COLUMN display_order bigint NOT NULL DEFAULT -1,
  ADD COLUMN currency_property_name text,
  ADD COLUMN show_currency_symbol boolean NOT NULL DEFAULT false,
  ADD COLUMN number_display_hint text,
  ADD COLUMN text_display_hint text,
  ADD COLUMN date_display_hint text;
ALTER TABLE @schema@.lists
  ADD COLUMN size bigint,
  ADD COLUMN folder_name text,
  ADD COLUMN reference_count bigint,
  ADD COLUMN last_record_added_at timestamptz,
  ADD COLUMN last_record_removed_at timestamptz;
