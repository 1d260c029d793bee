INSERT INTO key_materials (region, account_id, key_id, key_material_id, domain_key_id, wrapped, is_current, created_at,
                           material_state, description, imported, valid_to, rotation_date, rotation_type)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
