SELECT count(*) FROM replica_materials
WHERE region = $1 AND account_id = $2 AND key_id = $3 AND key_material_id = $4 AND replica_region = ANY ($5)
