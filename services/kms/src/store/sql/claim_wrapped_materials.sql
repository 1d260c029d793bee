SELECT region, account_id, key_id, key_material_id, wrapped
FROM key_materials
WHERE domain_key_id = $1 AND (region, account_id, key_id, key_material_id) > ($2, $3, $4, $5)
ORDER BY region, account_id, key_id, key_material_id
LIMIT $6
FOR UPDATE SKIP LOCKED
