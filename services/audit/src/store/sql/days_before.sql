SELECT day
  FROM (
    SELECT to_date(substring(partition.relname FROM '^events_(\d{8})$'), 'YYYYMMDD') AS day
      FROM pg_inherits
      JOIN pg_class AS partition ON partition.oid = inhrelid
     WHERE inhparent = 'events'::regclass
  ) AS days
 WHERE day < $1
 ORDER BY day
