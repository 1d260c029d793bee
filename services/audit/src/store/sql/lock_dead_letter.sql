SELECT source, position, event_id, partition_key, payload, trace_parent, reason, stored_at, replayed_at
  FROM dead_letters
 WHERE source = $1
   AND position = $2
   FOR UPDATE
