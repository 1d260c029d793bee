SELECT 'events' AS name, event.event_id, event.block_id
  FROM events AS event
 WHERE event.event_time >= $2 AND event.event_time < $3 AND event.block_id >= $4 AND event.block_id < $5
   AND NOT EXISTS (SELECT FROM sequenced_blocks AS known WHERE known.block_id = event.block_id AND known.day = $1)
   AND NOT EXISTS (SELECT FROM unsequenced_blocks AS known WHERE known.block_id = event.block_id AND known.day = $1)
 UNION ALL
SELECT 'record_blocks', NULL::uuid, block.block_id
  FROM record_blocks AS block
 WHERE block.day = $1 AND block.block_id >= $4 AND block.block_id < $5
   AND NOT EXISTS (SELECT FROM sequenced_blocks AS known WHERE known.block_id = block.block_id AND known.day = $1)
   AND NOT EXISTS (SELECT FROM unsequenced_blocks AS known WHERE known.block_id = block.block_id AND known.day = $1)
 LIMIT 1000
