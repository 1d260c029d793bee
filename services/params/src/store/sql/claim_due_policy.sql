SELECT d.since_version, d.number, d.type AS policy_type, d.policy, d.set_at, p.parameter_id, p.account_id, p.name,
    v.type, v.description
FROM parameter_policies d
JOIN parameters p ON p.parameter_id = d.parameter_id
JOIN parameter_versions v ON v.parameter_id = p.parameter_id AND v.version = p.version
WHERE d.region = $1 AND d.due_at <= $2
ORDER BY d.due_at
LIMIT 1
-- A parameter that is just being changed is looked at again a moment later.
FOR UPDATE OF d, p SKIP LOCKED
