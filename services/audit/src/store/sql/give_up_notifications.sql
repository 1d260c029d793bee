-- Kafka is waited for as long as it takes.
UPDATE notifications
   SET given_up_at = clock_timestamp()
 WHERE given_up_at IS NULL
   AND target <> 'kafka'
   AND created_at < clock_timestamp() - make_interval(secs => $1)
RETURNING target, id, attempts, last_error
