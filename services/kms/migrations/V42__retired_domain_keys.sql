-- Domain keys are rotated: one that is retired stays until nothing is wrapped by it any more.

ALTER TABLE domain_keys ADD COLUMN retired_at timestamptz;

UPDATE domain_keys SET retired_at = now() WHERE NOT active;

ALTER TABLE domain_keys ADD CONSTRAINT domain_keys_retired CHECK (active = (retired_at IS NULL));

-- The rows that a domain key wraps, in their order.
DROP INDEX key_materials_of_domain_key;
CREATE INDEX key_materials_of_domain_key ON key_materials (domain_key_id, region, account_id, key_id, key_material_id)
    WHERE domain_key_id IS NOT NULL;
