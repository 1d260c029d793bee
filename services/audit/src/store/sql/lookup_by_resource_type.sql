-- An event may name several resources of one type, or one twice: it is listed once.
SELECT event_time, event_id, block_id, ordinal
  FROM (
    (SELECT event_time, event_id, block_id, ordinal
       FROM events
      WHERE account = $1
        AND region = $2
        AND event_time >= $3
        AND event_time <= $4
        AND (event_time, event_id) < ($4, $5)
        AND resource_type = $7
        AND lookup_key(account, region, resource_type) = lookup_key($1, $2, $7)
      ORDER BY event_time DESC, event_id DESC
      LIMIT $6)
     UNION
    (SELECT event.event_time, event.event_id, event.block_id, event.ordinal
       FROM (
         SELECT DISTINCT event_time, event_id
           FROM event_resources
          WHERE account = $1
            AND region = $2
            AND event_time >= $3
            AND event_time <= $4
            AND (event_time, event_id) < ($4, $5)
            AND resource_type = $7
            AND lookup_key(account, region, resource_type) = lookup_key($1, $2, $7)
          ORDER BY event_time DESC, event_id DESC
          LIMIT $6
       ) AS further
      CROSS JOIN LATERAL (
        -- OFFSET 0: by index for each.
        SELECT * FROM events WHERE event_id = further.event_id AND event_time = further.event_time OFFSET 0
      ) AS event)
  ) AS named
 ORDER BY event_time DESC, event_id DESC
 LIMIT $6
