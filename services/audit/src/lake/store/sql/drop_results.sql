DELETE FROM lake_results WHERE query_id = $1
