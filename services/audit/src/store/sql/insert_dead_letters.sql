INSERT INTO dead_letters (source, position, event_id, partition_key, payload, trace_parent, reason)
SELECT *
  FROM unnest($1::text[], $2::bigint[], $3::uuid[], $4::bytea[], $5::bytea[], $6::text[], $7::text[])
    ON CONFLICT DO NOTHING
