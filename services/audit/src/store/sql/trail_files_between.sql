SELECT object, account, region, delivered_at, hash, oldest_event, newest_event
  FROM trail_files
 WHERE account = $1
   AND region = $2
   AND delivered_at >= $3
   AND delivered_at < $4
 ORDER BY delivered_at, object
