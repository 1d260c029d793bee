SELECT query_id, stores, statement, columns, status, error, created_at, result_rows,
       (1000 * extract(epoch FROM coalesce(ended_at, now()) - started_at))::bigint AS run_ms
  FROM lake_queries
 WHERE account = $1 AND query_id = $2 AND created_at > $3
