DELETE FROM lake_queries
 WHERE query_id IN (SELECT query_id FROM lake_queries WHERE created_at < $1 ORDER BY created_at LIMIT 100)
