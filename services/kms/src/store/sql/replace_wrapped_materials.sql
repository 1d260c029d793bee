UPDATE key_materials m
SET domain_key_id = $2, wrapped = n.wrapped
FROM unnest($3::text[], $4::text[], $5::text[], $6::bytea[], $7::bytea[])
     AS n (region, account_id, key_id, key_material_id, wrapped)
WHERE m.region = n.region AND m.account_id = n.account_id AND m.key_id = n.key_id
  AND m.key_material_id = n.key_material_id AND m.domain_key_id = $1
