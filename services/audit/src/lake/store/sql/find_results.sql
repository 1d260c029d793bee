SELECT ordinal, cells FROM lake_results WHERE query_id = $1 AND ordinal > $2 ORDER BY ordinal LIMIT $3
