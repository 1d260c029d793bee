INSERT INTO events (
    event_time, event_id, account, region, event_name, event_source, username, access_key_id, read_only, error_code,
    record
)
SELECT *
  FROM unnest(
    $1::timestamptz[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bool[],
    $10::text[], $11::bytea[]
  )
    ON CONFLICT DO NOTHING
