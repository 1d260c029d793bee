SELECT asked.position, p.parameter_id, p.name, v.version, v.type, v.tier, v.data_type, v.key_id, v.description,
    v.allowed_pattern, v.modified_at, v.modified_by, v.value, v.ciphertext,
    array(SELECT key FROM parameter_tags t WHERE t.parameter_id = p.parameter_id ORDER BY key) AS tag_keys,
    array(SELECT value FROM parameter_tags t WHERE t.parameter_id = p.parameter_id ORDER BY key) AS tag_values,
    (SELECT policy FROM parameter_resource_policies r WHERE r.parameter_id = p.parameter_id) AS resource_policy
FROM unnest($2::text[], $3::text[], $4::bigint[], $5::text[]) WITH ORDINALITY
    AS asked (account_id, path, version, label, position)
-- OFFSET 0 keeps the planner from joining the whole tables, as it would while it has no statistics of them.
JOIN LATERAL (
    SELECT * FROM parameters WHERE region = $1 AND account_id = asked.account_id AND path = asked.path OFFSET 0
) p ON true
LEFT JOIN LATERAL (
    SELECT *
    FROM parameter_versions
    WHERE parameter_id = p.parameter_id
        AND version = CASE
            WHEN asked.version IS NOT NULL THEN asked.version
            WHEN asked.label IS NULL THEN p.version
            ELSE (SELECT version FROM parameter_labels l WHERE l.parameter_id = p.parameter_id AND l.label = asked.label)
        END
    OFFSET 0
) v ON true
ORDER BY asked.position
