UPDATE lake_queries
   SET status = 'FAILED', error = 'the service ended while the query ran', ended_at = now()
 WHERE status IN ('QUEUED', 'RUNNING') AND leased_until < now()
