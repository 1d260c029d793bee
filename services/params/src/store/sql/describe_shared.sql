-- As describe.sql, for what other accounts share with this one.
SELECT p.parameter_id, p.name, v.version, v.type, v.tier, v.data_type, v.key_id, v.description,
    v.allowed_pattern, v.modified_at, v.modified_by, p.account_id, r.policy AS resource_policy, s.location,
    array(SELECT key FROM parameter_tags t WHERE t.parameter_id = p.parameter_id ORDER BY key) AS tag_keys,
    array(SELECT value FROM parameter_tags t WHERE t.parameter_id = p.parameter_id ORDER BY key) AS tag_values
FROM parameter_shares s
JOIN LATERAL (SELECT * FROM parameters WHERE parameter_id = s.parameter_id OFFSET 0) p ON true
JOIN LATERAL (SELECT * FROM parameter_resource_policies WHERE parameter_id = s.parameter_id OFFSET 0) r ON true
-- OFFSET 0 keeps the planner from joining the whole tables, as it would while it has no statistics of them.
JOIN LATERAL (
    SELECT * FROM parameter_versions WHERE parameter_id = p.parameter_id AND version = p.version OFFSET 0
) v ON true
WHERE s.region = $1 AND s.shared_with = $2 AND s.location > $3
    AND ($4::text[] IS NULL OR v.type = ANY ($4))
    AND ($5::text[] IS NULL OR v.key_id = ANY ($5))
    AND ($6::text[] IS NULL OR EXISTS (SELECT FROM unnest($6) AS prefix WHERE starts_with(v.key_id, prefix)))
    AND ($7::text[] IS NULL OR v.tier = ANY ($7))
    AND ($8::text[] IS NULL OR p.path = ANY ($8))
    AND ($9::text[] IS NULL OR EXISTS (SELECT FROM unnest($9) AS prefix WHERE starts_with(p.path, prefix)))
    AND ($10::text[] IS NULL OR EXISTS (SELECT FROM unnest($10) AS part WHERE position(part IN p.name) > 0))
    AND ($11::text[] IS NULL OR EXISTS (SELECT FROM unnest($11) AS prefix WHERE starts_with(p.path, prefix)))
    AND ($12::text[] IS NULL OR p.parent = ANY ($12))
    AND ($13::text[] IS NULL OR v.data_type = ANY ($13))
    -- Of each tag that is asked for, one of the values.
    AND NOT EXISTS (
        SELECT FROM unnest($14::text[]) AS asked (key)
        WHERE NOT EXISTS (
            SELECT FROM parameter_tags t
            JOIN unnest($14, $15::text[], $16::boolean[]) AS wanted (key, value, is_prefix) ON wanted.key = t.key
            WHERE t.parameter_id = p.parameter_id AND t.key = asked.key
                AND CASE WHEN wanted.is_prefix THEN starts_with(t.value, wanted.value) ELSE t.value = wanted.value END
        )
    )
ORDER BY s.location
LIMIT $17
