SELECT event_time, event_id, block_id, ordinal
  FROM events
 WHERE account = $1
   AND region = $2
   AND event_time >= $3
   AND event_time <= $4
   AND (event_time, event_id) < ($4, $5)
   AND event_name = $7
   AND lookup_key(account, region, event_name) = lookup_key($1, $2, $7)
 ORDER BY event_time DESC, event_id DESC
 LIMIT $6
