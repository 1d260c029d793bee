INSERT INTO sequenced_blocks (first_leaf, block_id, day, leaves, own_leaves)
SELECT *
  FROM unnest($1::bigint[], $2::bigint[], $3::date[], $4::int[], $5::int[])
