INSERT INTO event_resources (event_time, event_id, ordinal, account, region, resource_type, resource_name)
SELECT *
  FROM unnest($1::timestamptz[], $2::uuid[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[])
    ON CONFLICT DO NOTHING
