SELECT p.parameter_id, p.name, v.version, v.type, v.tier, v.data_type, v.key_id, v.description,
    v.allowed_pattern, v.modified_at, v.modified_by, v.value, v.ciphertext,
    array(
        SELECT label FROM parameter_labels l
        WHERE l.parameter_id = v.parameter_id AND l.version = v.version
        ORDER BY label
    ) AS labels
FROM parameters p
JOIN parameter_versions v ON v.parameter_id = p.parameter_id
WHERE p.region = $1 AND p.account_id = $2 AND p.parameter_id = $3 AND v.version > $4
ORDER BY v.version
LIMIT $5
