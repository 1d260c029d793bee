SELECT grant_id FROM grants
WHERE region = $1 AND account_id = $2 AND key_id = $3 AND request_digest = $4
