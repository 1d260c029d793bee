SELECT policy_name
FROM inline_policies
WHERE identity_id = $1 AND policy_name COLLATE "C" > $2
ORDER BY policy_name COLLATE "C"
LIMIT $3
