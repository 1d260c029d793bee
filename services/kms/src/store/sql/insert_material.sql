INSERT INTO key_materials (region, account_id, key_id, key_material_id, domain_key_id, wrapped, is_current, created_at)
VALUES ($1, $2, $3, $4, $5, $6, true, $7)
