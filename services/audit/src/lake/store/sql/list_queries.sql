SELECT query_id, status, created_at
  FROM lake_queries
 WHERE account = $1 AND $2 = ANY (stores) AND created_at >= $3 AND created_at <= $4
   AND ($5::text IS NULL OR status = $5) AND (created_at, query_id) < ($6, $7)
 ORDER BY created_at DESC, query_id DESC
 LIMIT $8
