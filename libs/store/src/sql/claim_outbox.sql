SELECT event_id, partition_key, payload, trace_parent
  FROM audit_outbox
 WHERE created_at <= clock_timestamp() - make_interval(secs => $1)
 ORDER BY created_at, event_id
 LIMIT $2
   FOR UPDATE SKIP LOCKED
