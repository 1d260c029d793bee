DELETE FROM log_checkpoints AS old
 WHERE made_at < $1
   AND EXISTS (
    SELECT
      FROM log_checkpoints AS later
     WHERE later.size > old.size AND date_trunc('hour', later.made_at) = date_trunc('hour', old.made_at)
  )
