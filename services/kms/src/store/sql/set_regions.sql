UPDATE keys SET primary_region = $4, replica_regions = $5
WHERE region = $1 AND account_id = $2 AND key_id = $3
