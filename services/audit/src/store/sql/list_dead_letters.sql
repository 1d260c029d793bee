SELECT source, position, event_id, partition_key, payload, trace_parent, reason, stored_at, replayed_at
  FROM dead_letters
 WHERE (source, position) > ($1, $2)
   AND ($3 OR replayed_at IS NULL)
 ORDER BY source, position
 LIMIT $4
