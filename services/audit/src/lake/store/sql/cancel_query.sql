UPDATE lake_queries
   SET status = 'CANCELLED', ended_at = now()
 WHERE account = $1 AND query_id = $2 AND status IN ('QUEUED', 'RUNNING')
