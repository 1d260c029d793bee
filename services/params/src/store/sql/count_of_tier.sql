-- No further than the limit, however many there are.
SELECT count(*) FROM (
    SELECT FROM parameters WHERE region = $1 AND account_id = $2 AND tier = $3 LIMIT $4
) AS counted
