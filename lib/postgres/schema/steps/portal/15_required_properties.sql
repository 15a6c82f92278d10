-- What HubSpot makes no record of a custom type without.
ALTER TABLE @schema@.object_types ADD COLUMN required_properties jsonb;
