-- An event may name several resources of one type, or one twice: it is listed once.
WITH found AS (
    SELECT DISTINCT event_time, event_id
      FROM event_resources
     WHERE account = $1
       AND region = $2
       AND event_time >= $3
       AND event_time <= $4
       AND (event_time, event_id) < ($4, $5)
       AND resource_name = $7
     ORDER BY event_time DESC, event_id DESC
     LIMIT $6
)
SELECT events.event_time, events.event_id, events.record
  FROM found
  JOIN events USING (event_time, event_id)
 ORDER BY event_time DESC, event_id DESC
