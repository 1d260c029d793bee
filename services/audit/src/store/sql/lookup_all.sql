-- Of the two kinds of events each has its index; whichever are newer.
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
      ORDER BY event_time DESC, event_id DESC
      LIMIT $6)
  ) AS both_kinds
 ORDER BY event_time DESC, event_id DESC
 LIMIT $6
