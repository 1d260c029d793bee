INSERT INTO key_last_usage AS u (region, account_id, key_id, operation, used_at, event_id, request_id)
SELECT k.region, k.account_id, k.key_id, n.operation, n.used_at, n.event_id, n.request_id
FROM unnest($2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::uuid[], $7::uuid[])
     AS n (account_id, key_id, operation, used_at, event_id, request_id)
JOIN keys k ON k.region = $1 AND k.account_id = n.account_id AND k.key_id = n.key_id
-- Whoever else writes these rows meets them in the same order.
ORDER BY k.account_id, k.key_id
ON CONFLICT (region, account_id, key_id) DO UPDATE
SET operation = excluded.operation, used_at = excluded.used_at, event_id = excluded.event_id,
    request_id = excluded.request_id
WHERE excluded.used_at > u.used_at
