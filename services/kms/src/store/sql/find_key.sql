SELECT k.key_id, k.key_spec, k.key_usage, k.origin, k.key_manager, k.key_state, k.description, k.created_at,
       k.deletion_date, m.ids, m.domain_keys, m.wrapped
FROM keys k
CROSS JOIN LATERAL (
    -- The current material comes first.
    SELECT array_agg(key_material_id ORDER BY is_current DESC, created_at DESC) AS ids,
           array_agg(domain_key_id ORDER BY is_current DESC, created_at DESC) AS domain_keys,
           array_agg(wrapped ORDER BY is_current DESC, created_at DESC) AS wrapped
    FROM key_materials
    WHERE region = k.region AND account_id = k.account_id AND key_id = k.key_id
) m
WHERE k.region = $1 AND k.account_id = $2 AND k.key_id = $3
