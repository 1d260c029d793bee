SELECT block_id
  FROM sequenced_blocks
 WHERE day = $1 AND block_id >= $2
 ORDER BY block_id
OFFSET $3
 LIMIT 1
