SELECT min(change_id) AS first, max(change_id) AS last
FROM identity_changes
