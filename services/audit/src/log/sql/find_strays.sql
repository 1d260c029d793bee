WITH known AS (
  SELECT block_id FROM sequenced_blocks WHERE day = $1
   UNION ALL
  SELECT block_id FROM unsequenced_blocks WHERE day = $1
)
SELECT 'events' AS name, event_id, block_id
  FROM events
 WHERE event_time >= $2 AND event_time < $3 AND block_id NOT IN (SELECT block_id FROM known)
 UNION ALL
SELECT DISTINCT 'event_resources', resource.event_id, NULL::bigint
  FROM event_resources AS resource
 WHERE resource.event_time >= $2 AND resource.event_time < $3
   AND NOT EXISTS (
    SELECT
      FROM events AS event
     WHERE event.event_id = resource.event_id AND event.event_time = resource.event_time
  )
 UNION ALL
SELECT 'record_blocks', NULL::uuid, block_id
  FROM record_blocks
 WHERE day = $1 AND block_id NOT IN (SELECT block_id FROM known)
 LIMIT 1000
