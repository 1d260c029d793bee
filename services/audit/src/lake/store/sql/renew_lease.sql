UPDATE lake_queries
   SET leased_until = now() + interval '30 seconds'
 WHERE query_id = $1 AND status IN ('QUEUED', 'RUNNING')
