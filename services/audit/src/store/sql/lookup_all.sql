-- Of the two kinds of events each has its part of the index; whichever are newer.
SELECT event_time, event_id, block_id, ordinal
  FROM (
    (SELECT event_time, event_id, block_id, ordinal
       FROM events
      WHERE account = $1
        AND region = $2
        AND event_time >= $3
        AND event_time <= $4
        AND (event_time, event_id) < ($4, $5)
        AND read_only
        AND lookup_key(account, region, read_only::text) = lookup_key($1, $2, 'true')
      ORDER BY event_time DESC, event_id DESC
      LIMIT $6)
     UNION ALL
    (SELECT event_time, event_id, block_id, ordinal
       FROM events
      WHERE account = $1
        AND region = $2
        AND event_time >= $3
        AND event_time <= $4
        AND (event_time, event_id) < ($4, $5)
        AND NOT read_only
        AND lookup_key(account, region, read_only::text) = lookup_key($1, $2, 'false')
      ORDER BY event_time DESC, event_id DESC
      LIMIT $6)
  ) AS both_kinds
 ORDER BY event_time DESC, event_id DESC
 LIMIT $6
