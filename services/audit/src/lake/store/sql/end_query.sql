UPDATE lake_queries
   SET status = $2, error = $3, result_rows = $4, ended_at = now()
 WHERE query_id = $1 AND status IN ('QUEUED', 'RUNNING')
