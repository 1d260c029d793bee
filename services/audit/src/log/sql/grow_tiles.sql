INSERT INTO log_tiles AS tile (level, tile_index, width, data)
SELECT *
  FROM unnest($1::smallint[], $2::bigint[], $3::smallint[], $4::bytea[])
    ON CONFLICT (level, tile_index) DO UPDATE
   SET width = excluded.width, data = excluded.data
 WHERE tile.width < excluded.width
