UPDATE keys SET on_demand_rotations = $4, on_demand_started_at = $5
WHERE region = $1 AND account_id = $2 AND key_id = $3
