SELECT asked.position, p.parameter_id, p.name, v.version, v.type, v.tier, v.data_type, v.key_id, v.description,
    v.allowed_pattern, v.modified_at, v.modified_by, v.value, v.ciphertext,
    array(SELECT key FROM parameter_tags t WHERE t.parameter_id = p.parameter_id ORDER BY key) AS tag_keys,
    array(SELECT value FROM parameter_tags t WHERE t.parameter_id = p.parameter_id ORDER BY key) AS tag_values
FROM unnest($3::text[], $4::bigint[]) WITH ORDINALITY AS asked (path, version, position)
-- OFFSET 0 keeps the planner from joining the whole tables, as it would while it has no statistics of them.
JOIN LATERAL (
    SELECT * FROM parameters WHERE region = $1 AND account_id = $2 AND path = asked.path OFFSET 0
) p ON true
LEFT JOIN LATERAL (
    SELECT *
    FROM parameter_versions
    WHERE parameter_id = p.parameter_id AND version = coalesce(asked.version, p.version)
    OFFSET 0
) v ON true
ORDER BY asked.position
