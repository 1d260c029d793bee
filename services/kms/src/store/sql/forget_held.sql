DELETE FROM replica_materials
WHERE region = $1 AND account_id = $2 AND key_id = $3
