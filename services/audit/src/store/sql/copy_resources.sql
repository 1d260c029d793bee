COPY event_resources (event_time, event_id, ordinal, account, region, resource_type, resource_name)
FROM STDIN (FORMAT binary)
