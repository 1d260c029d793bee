SELECT source, position, event_id, partition_key, payload, trace_parent, reason, stored_at, replayed_at
  FROM dead_letters
 WHERE published_at IS NULL
 ORDER BY stored_at
 LIMIT $1
   FOR UPDATE SKIP LOCKED
