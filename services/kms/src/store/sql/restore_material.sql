UPDATE key_materials
SET domain_key_id = $5, wrapped = $6, valid_to = $7, description = coalesce($8, description)
WHERE region = $1 AND account_id = $2 AND key_id = $3 AND key_material_id = $4
