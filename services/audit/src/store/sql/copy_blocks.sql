COPY record_blocks (block_id, day, records) FROM STDIN (FORMAT binary)
