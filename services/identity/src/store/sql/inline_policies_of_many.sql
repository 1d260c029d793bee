SELECT identity_id, policy_name, document
FROM inline_policies
WHERE identity_id = ANY ($1)
ORDER BY policy_name COLLATE "C"
