SELECT place.block_id, block.records
  FROM sequenced_blocks AS place
  LEFT JOIN record_blocks AS block ON block.block_id = place.block_id AND block.day = place.day
 WHERE place.first_leaf >= $1
   AND place.first_leaf < $2
 ORDER BY place.first_leaf
