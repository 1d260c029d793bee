SELECT identity_id AS subject FROM identities WHERE identity_id = $1 AND kind <> 'group'
UNION ALL
SELECT user_id FROM group_members WHERE group_id = $1
