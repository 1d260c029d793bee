SELECT event.ordinal, block.first_leaf, block.block_id, block.day, block.leaves, block.own_leaves
  FROM events AS event
  JOIN sequenced_blocks AS block USING (block_id)
 WHERE event.event_id = $1
 ORDER BY event.event_time
 LIMIT 1
