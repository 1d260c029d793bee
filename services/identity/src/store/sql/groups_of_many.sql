SELECT m.user_id, m.group_id, g.name
FROM group_members m
JOIN identities g ON g.identity_id = m.group_id
WHERE m.user_id = ANY ($1)
ORDER BY lower(g.name) COLLATE "C"
