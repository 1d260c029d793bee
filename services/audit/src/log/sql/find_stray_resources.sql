SELECT DISTINCT 'event_resources' AS name, resource.event_id, NULL::bigint AS block_id
  FROM event_resources AS resource
 WHERE resource.event_time >= $1 AND resource.event_time < $2
   AND NOT EXISTS (
    SELECT
      FROM events AS event
     WHERE event.event_id = resource.event_id AND event.event_time = resource.event_time
  )
 LIMIT 1000
