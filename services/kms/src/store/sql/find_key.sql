SELECT k.key_id, k.key_spec, k.key_usage, k.origin, k.key_manager, k.key_state, k.description, k.created_at,
       k.deletion_date, k.pending_window_days, k.rotation_period_days, k.next_rotation_date, k.on_demand_rotations,
       k.on_demand_started_at, k.primary_region, k.replica_regions, k.custom_key_store_id, k.xks_key_id,
       k.policy, t.tag_keys, t.tag_values, a.alias_names
FROM keys k
CROSS JOIN LATERAL (
    SELECT array_agg(tag_key ORDER BY tag_key) AS tag_keys, array_agg(tag_value ORDER BY tag_key) AS tag_values
    FROM key_tags
    WHERE region = k.region AND account_id = k.account_id AND key_id = k.key_id
) t
CROSS JOIN LATERAL (
    SELECT array_agg(alias_name ORDER BY alias_name) AS alias_names
    FROM aliases
    WHERE region = k.region AND account_id = k.account_id AND key_id = k.key_id
) a
WHERE k.region = $1 AND k.account_id = $2 AND k.key_id = $3
