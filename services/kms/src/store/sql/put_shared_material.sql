INSERT INTO key_materials (region, account_id, key_id, key_material_id, domain_key_id, wrapped, is_current, created_at,
                           material_state, imported, rotation_date, rotation_type)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (region, account_id, key_id, key_material_id) DO UPDATE
SET is_current = excluded.is_current, material_state = excluded.material_state,
    rotation_date = excluded.rotation_date, rotation_type = excluded.rotation_type
