SELECT count(*) AS count, min(asked_at) AS oldest FROM secret_tellings
WHERE region = $1 AND peer_region = $2
