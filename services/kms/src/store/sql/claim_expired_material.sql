SELECT k.account_id, k.key_id, k.key_spec, k.key_usage, k.origin, k.key_manager, k.key_state, k.description, k.created_at,
       k.deletion_date, k.pending_window_days, k.rotation_period_days, k.next_rotation_date, k.on_demand_rotations,
       k.on_demand_started_at, k.primary_region, k.replica_regions, k.custom_key_store_id, k.xks_key_id,
       m.key_material_id, m.material_state, m.description, m.imported, m.valid_to, m.rotation_date, m.rotation_type,
       m.created_at
FROM key_materials m
JOIN keys k ON k.region = m.region AND k.account_id = m.account_id AND k.key_id = m.key_id
WHERE m.region = $1 AND m.valid_to <= $2 AND m.wrapped IS NOT NULL
ORDER BY m.valid_to
LIMIT 1
-- A request has locked the key before it changes a material.
FOR UPDATE OF k, m SKIP LOCKED
