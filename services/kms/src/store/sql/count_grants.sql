SELECT count(*) FROM (
    SELECT FROM grants
    WHERE region = $1 AND account_id = $2 AND key_id = $3
    LIMIT $4
) counted
