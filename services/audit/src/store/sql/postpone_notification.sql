UPDATE notifications
   SET next_attempt_at = clock_timestamp() + make_interval(secs => $3),
       last_error = $4
 WHERE target = $1
   AND sequence = $2
   AND given_up_at IS NULL
