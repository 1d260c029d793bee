UPDATE lake_queries
   SET status = 'RUNNING', started_at = now(), leased_until = now() + interval '30 seconds'
 WHERE query_id = $1 AND status = 'QUEUED'
