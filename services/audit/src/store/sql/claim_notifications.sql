-- The oldest of each resource that is due. Whoever claims it has until next_attempt_at.
WITH due AS MATERIALIZED (
    SELECT n.sequence
      FROM notifications AS n
     WHERE n.target = $1
       AND n.given_up_at IS NULL
       AND n.next_attempt_at <= clock_timestamp()
       AND NOT EXISTS (
               SELECT FROM notifications AS earlier
                WHERE earlier.target = n.target
                  AND earlier.resource = n.resource
                  AND earlier.given_up_at IS NULL
                  AND earlier.sequence < n.sequence)
     ORDER BY n.sequence
     LIMIT $2
       FOR UPDATE SKIP LOCKED
)
UPDATE notifications AS n
   SET attempts = n.attempts + 1,
       next_attempt_at = clock_timestamp() + make_interval(secs => $3)
  FROM due
 WHERE n.target = $1
   AND n.sequence = due.sequence
RETURNING n.sequence, n.id, n.resource, n.body, n.attempts
