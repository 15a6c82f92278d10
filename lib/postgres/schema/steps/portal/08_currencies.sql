-- What analysts need besides records: exchange rates, and the names of types instead of their ids.
CREATE TABLE @schema@.currencies (
  id text PRIMARY KEY,
  currency text,
  company_currency text,
  rate numeric,
  effective_at timestamptz,
  visible boolean,
  created_at timestamptz,
  updated_at timestamptz,
  archived boolean NOT NULL GENERATED ALWAYS AS (archived_at IS NOT NULL) STORED,
  archived_at timestamptz,
  _synced_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX currencies_currency ON @schema@.currencies (currency, effective_at);
COMMENT ON TABLE @schema@.currencies IS
  'Exchange rates of the account: an amount in currency times rate is one in company_currency, from effective_at on';
ALTER TABLE @schema@.lists ADD COLUMN object text;
