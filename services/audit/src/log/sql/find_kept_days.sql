SELECT to_date(right(partition.relname, 8), 'YYYYMMDD') AS day
  FROM pg_inherits
  JOIN pg_class AS partition ON partition.oid = inhrelid
 WHERE inhparent = 'record_blocks'::regclass
 ORDER BY day
