COPY events (
    event_time, event_id, block_id, ordinal, account, region, event_name, event_source, username, access_key_id,
    read_only, error_code, principal_arn, source_ip_address, resource_type, resource_name
)
FROM STDIN (FORMAT binary)
