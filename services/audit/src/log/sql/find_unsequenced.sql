SELECT block_id, day, leaves, own_leaves, leaf_hashes
  FROM unsequenced_blocks
 ORDER BY block_id
 LIMIT $1
