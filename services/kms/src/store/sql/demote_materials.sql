UPDATE key_materials SET is_current = false, material_state = 'NON_CURRENT'
WHERE region = $1 AND account_id = $2 AND key_id = $3 AND is_current AND key_material_id <> $4
