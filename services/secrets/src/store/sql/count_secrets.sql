-- No further than the limit, however many there are.
SELECT count(*) FROM (
    SELECT FROM secrets WHERE region = $1 AND account_id = $2 LIMIT $3
) AS counted
