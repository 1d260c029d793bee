-- No further than the limit, however many there are. The tier stands here, so that plans know how many have it.
SELECT count(*) FROM (
    SELECT FROM parameters WHERE region = $1 AND account_id = $2 AND tier = 'Advanced' LIMIT $3
) AS counted
