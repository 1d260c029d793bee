UPDATE key_materials SET material_state = $5
WHERE region = $1 AND account_id = $2 AND key_id = $3 AND key_material_id = $4
