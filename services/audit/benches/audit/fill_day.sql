-- A day of events and records; $1 the day, $2 its first event's number, $3 how many, in full blocks.
WITH blocks AS (
    INSERT INTO record_blocks
    SELECT 1 + $2::bigint / 64 + block, $1,
           ARRAY(SELECT convert_to(record, 'UTF8') FROM pg_temp.made($1, $2, $3, block * 64, 64) ORDER BY number)
      FROM generate_series(0, $3::bigint / 64 - 1) AS block
)
INSERT INTO events
SELECT event_time, event_id, 1 + number / 64, 1 + number % 64, '111122223333', 'us-east-1', event_name, 'kms.amazonaws.com',
       'app-' || caller, 'ASIA' || lpad(caller, 16, '0'), event_name <> 'CreateKey', NULL,
       'arn:aws:sts::111122223333:assumed-role/application-' || caller || '/app-' || caller, '192.0.2.' || number % 250,
       'AWS::KMS::Key', key_arn
  FROM pg_temp.made($1, $2, $3, 0, $3)
