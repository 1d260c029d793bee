INSERT INTO lake_queries (query_id, account, stores, statement, columns, status, created_at, leased_until)
SELECT $1, $2, $3, $4, $5, 'QUEUED', $6, now() + interval '30 seconds'
 WHERE (SELECT count(*) FROM lake_queries WHERE account = $2 AND status IN ('QUEUED', 'RUNNING')) < $7
