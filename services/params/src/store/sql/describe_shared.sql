-- What other accounts share with this one.
SELECT p.*, r.policy AS resource_policy, s.location,
    array(SELECT key FROM parameter_tags t WHERE t.parameter_id = p.parameter_id ORDER BY key) AS tag_keys,
    array(SELECT value FROM parameter_tags t WHERE t.parameter_id = p.parameter_id ORDER BY key) AS tag_values
FROM parameter_shares s
JOIN LATERAL (SELECT * FROM current_parameters WHERE parameter_id = s.parameter_id OFFSET 0) p ON true
JOIN LATERAL (SELECT * FROM parameter_resource_policies WHERE parameter_id = s.parameter_id OFFSET 0) r ON true
WHERE s.region = $1 AND s.shared_with = $2 AND s.location > $3
