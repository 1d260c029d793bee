SELECT key_material_id, material_state, description, imported, valid_to, rotation_date, rotation_type, created_at,
       domain_key_id, wrapped
FROM key_materials
WHERE region = $1 AND account_id = $2 AND key_id = $3
-- The current material comes first.
ORDER BY is_current DESC, created_at DESC
