SELECT asked.position, p.parameter_id, p.name, v.version, v.type, v.tier, v.data_type, v.key_id, v.description, v.allowed_pattern,
    v.modified_at, v.modified_by,
    v.value, v.ciphertext
FROM unnest($3::text[], $4::bigint[]) WITH ORDINALITY AS asked (path, version, position)
JOIN parameters p ON p.region = $1 AND p.account_id = $2 AND p.path = asked.path
LEFT JOIN parameter_versions v
    ON v.parameter_id = p.parameter_id AND v.version = coalesce(asked.version, p.version)
ORDER BY asked.position
