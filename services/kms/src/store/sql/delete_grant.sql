DELETE FROM grants
WHERE region = $1 AND account_id = $2 AND key_id = $3 AND grant_id = $4
