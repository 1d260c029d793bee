SELECT first_leaf, block_id, day, leaves, own_leaves
  FROM sequenced_blocks
 WHERE first_leaf >= coalesce((SELECT max(first_leaf) FROM sequenced_blocks WHERE first_leaf <= $1), 0)
   AND first_leaf < $2
 ORDER BY first_leaf
 LIMIT $3
