-- What was written from here is known by it when HubSpot shows it (rule W14): so the feed says whose
-- change an entry is.
ALTER TABLE @schema@._echo ADD COLUMN names_record boolean NOT NULL DEFAULT false;
COMMENT ON TABLE @schema@._echo IS
  'What was written from here and not seen since: hashes of values, by which entries of changes are known as own';
CREATE INDEX _echo_row ON @schema@._echo (outbox_id);

-- A value as the feed has it, of which equal ones have one hash: numbers by what they amount to,
-- times as times, choices in any order, addresses without case. One that is long is known by the
-- digest that the feed has of it.
CREATE FUNCTION @schema@._echo_hash(object text, property text, value jsonb) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD' AS $$
DECLARE
  raw CONSTANT text := CASE jsonb_typeof(value) WHEN 'null' THEN '' ELSE value #>> '{}' END;
  kind record;
  plain text := raw;
BEGIN
  IF jsonb_typeof(value) = 'object' THEN
    RETURN ('x' || left(value ->> 'sha256', 16))::bit(64)::bigint;
  END IF;
  SELECT p.column_type, p.type, p.field_type, p.text_display_hint INTO kind
    FROM @schema@.properties p
    WHERE p.object = _echo_hash.object AND p.name = _echo_hash.property;
  -- Nobody's address is longer, and the feed has longer texts as they are.
  IF raw <> '' AND octet_length(raw) <= 1000 THEN
    BEGIN
      IF kind.type = 'enumeration' AND kind.field_type = 'checkbox' THEN
        SELECT coalesce(string_agg(DISTINCT part COLLATE "C", ';' ORDER BY part COLLATE "C"), '')
          INTO plain FROM unnest(string_to_array(raw, ';')) part WHERE part <> '';
      ELSIF kind.column_type IN ('numeric', 'bigint') THEN
        plain := trim_scale(raw::numeric)::text;
      ELSIF kind.column_type = 'timestamptz' THEN
        plain := trim_scale(extract(epoch FROM raw::timestamptz))::text;
      ELSIF kind.column_type = 'date' THEN
        plain := raw::date::text;
      ELSIF kind.column_type = 'boolean' THEN
        plain := raw::boolean::text;
      ELSIF _echo_hash.property = 'email' OR kind.text_display_hint = 'email' THEN
        plain := lower(raw COLLATE "C");
      END IF;
    EXCEPTION WHEN data_exception THEN
      plain := raw;
    END;
  END IF;
  RETURN ('x' || left(encode(sha256(convert_to(plain, 'UTF8')), 'hex'), 16))::bit(64)::bigint;
END $$;
COMMENT ON FUNCTION @schema@._echo_hash IS 'The hash of a value, the same for all spellings of it';
REVOKE EXECUTE ON FUNCTION @schema@._echo_hash FROM PUBLIC;
