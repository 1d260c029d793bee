SELECT block_id, event_time, event_id, ordinal, account, region, event_name, event_source, username, access_key_id,
       read_only, error_code, principal_arn, source_ip_address, resource_type, resource_name
  FROM events
 WHERE block_id = ANY($1::bigint[])
   AND event_time >= $2
   AND event_time < $3
 ORDER BY block_id, ordinal, event_id
