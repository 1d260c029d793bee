SELECT epoch, updating_to FROM primary_changes
WHERE region = $1 AND account_id = $2 AND key_id = $3
