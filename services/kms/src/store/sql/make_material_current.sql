UPDATE key_materials SET is_current = true, material_state = 'CURRENT', rotation_date = $5, rotation_type = $6
WHERE region = $1 AND account_id = $2 AND key_id = $3 AND key_material_id = $4
