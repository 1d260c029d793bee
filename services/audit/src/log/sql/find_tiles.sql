SELECT level, tile_index, data
  FROM log_tiles
  JOIN unnest($1::smallint[], $2::bigint[]) AS wanted (level, tile_index) USING (level, tile_index)
