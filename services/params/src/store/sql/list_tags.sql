SELECT t.key, t.value
FROM parameters p
JOIN parameter_tags t ON t.parameter_id = p.parameter_id
WHERE p.region = $1 AND p.account_id = $2 AND p.parameter_id = $3
ORDER BY t.key
