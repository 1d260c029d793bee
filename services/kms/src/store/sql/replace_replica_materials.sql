WITH gone AS (
    DELETE FROM replica_materials
    WHERE region = $1 AND account_id = $2 AND key_id = $3 AND replica_region = $4 AND key_material_id <> ALL ($5)
)
INSERT INTO replica_materials (region, account_id, key_id, replica_region, key_material_id)
SELECT $1, $2, $3, $4, unnest($5::bytea[])
ON CONFLICT DO NOTHING
