UPDATE secrets SET deleted_at = $2, deletion_date = $3, last_changed_at = $4
WHERE secret_id = $1
