SELECT p.policy_id, p.policy_name, p.policy_arn
FROM attached_policies a
JOIN managed_policies p USING (policy_arn)
WHERE a.identity_id = $1 AND p.policy_id > $2 COLLATE "C" AND starts_with(p.path, $3)
ORDER BY p.policy_id COLLATE "C"
LIMIT $4
