COPY unsequenced_blocks (block_id, day, leaves, own_leaves, leaf_hashes) FROM STDIN (FORMAT binary)
