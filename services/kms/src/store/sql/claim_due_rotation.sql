SELECT account_id, key_id, key_spec, key_usage, origin, key_manager, key_state, description, created_at, deletion_date,
       pending_window_days, rotation_period_days, next_rotation_date, on_demand_rotations, on_demand_started_at,
       primary_region, replica_regions, custom_key_store_id, xks_key_id
FROM keys
WHERE region = $1 AND next_rotation_date <= $2 AND key_state = 'Enabled'
  AND (primary_region IS NULL OR primary_region = region)
ORDER BY next_rotation_date
LIMIT 1
FOR UPDATE SKIP LOCKED
