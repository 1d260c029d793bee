SELECT change_id, subject
FROM identity_changes
WHERE change_id > $1
ORDER BY change_id
LIMIT 1000
