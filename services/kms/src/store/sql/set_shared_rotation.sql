UPDATE keys SET rotation_period_days = $4, next_rotation_date = $5, on_demand_rotations = $6, on_demand_started_at = $7
WHERE region = $1 AND account_id = $2 AND key_id = $3
