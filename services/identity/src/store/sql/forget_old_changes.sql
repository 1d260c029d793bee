DELETE FROM identity_changes
WHERE change_id < (SELECT max(change_id) FROM identity_changes WHERE changed_at < now() - interval '1 hour')
