SELECT event_id, ordinal, account, region, resource_type, resource_name
  FROM event_resources
 WHERE event_id = ANY($1::uuid[])
   AND event_time >= $2
   AND event_time < $3
 ORDER BY event_id, ordinal
