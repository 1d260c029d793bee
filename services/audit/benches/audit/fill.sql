-- Events as KMS writes them, of 500 sessions and 5,000 keys, made by their number: of a day with so many, which begins with
-- the number `first`, those behind `since`. STABLE, so that it is planned as part of the
-- query around it, and a record is made only where one is asked for.
CREATE FUNCTION pg_temp.made(day date, first bigint, events bigint, since bigint, wanted bigint)
RETURNS TABLE (number bigint, event_time timestamptz, event_id uuid, event_name text, caller text, key_arn text, record text)
LANGUAGE sql STABLE AS $$
    SELECT number, event_time, event_id, event_name, caller, key_arn,
           format('{"eventVersion":"1.11","userIdentity":{"type":"AssumedRole","principalId":"AROA%1$s:app-%2$s",'
               || '"arn":"arn:aws:sts::111122223333:assumed-role/application-%2$s/app-%2$s","accountId":"111122223333",'
               || '"accessKeyId":"ASIA%1$s","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROA%1$s",'
               || '"arn":"arn:aws:iam::111122223333:role/application-%2$s","accountId":"111122223333","userName":"application-%2$s"},'
               || '"attributes":{"creationDate":"2026-01-31T23:59:59Z","mfaAuthenticated":"false"}}},"eventTime":"%3$s",'
               || '"eventSource":"kms.amazonaws.com","eventName":"%4$s","awsRegion":"us-east-1","sourceIPAddress":"192.0.2.%5$s",'
               || '"userAgent":"aws-sdk-java/2.31.0 Linux/6.1","requestParameters":{"keySpec":"AES_256","keyId":"%6$s",'
               || '"encryptionContext":{"tenant":"%2$s","purpose":"storage"}},"responseElements":null,'
               || '"additionalEventData":{"keyMaterialId":"%7$s"},"requestID":"%8$s","eventID":"%9$s","readOnly":%10$s,'
               || '"resources":[{"accountId":"111122223333","type":"AWS::KMS::Key","ARN":"%6$s"}],"eventType":"AwsApiCall",'
               || '"managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management"}',
               lpad(caller, 16, '0'), caller, to_char(event_time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), event_name,
               number % 250, key_arn, md5(key_arn), digest::uuid, event_id, (event_name <> 'CreateKey')::text)
      FROM (
        SELECT number, event_time, digest,
               (lpad(to_hex((extract(epoch FROM event_time) * 1000)::bigint), 12, '0') || '7' || substr(digest, 1, 3)
                || '8' || substr(digest, 4, 15))::uuid AS event_id,
               CASE WHEN mixed % 1000 = 0 THEN 'CreateKey' WHEN mixed % 1000 < 5 THEN 'DescribeKey'
                    WHEN mixed % 1000 < 300 THEN 'Decrypt' WHEN mixed % 1000 < 400 THEN 'Encrypt'
                    ELSE 'GenerateDataKey' END AS event_name,
               ((mixed >> 20) % 500)::text AS caller,
               'arn:aws:kms:us-east-1:111122223333:key/' || md5(((mixed >> 40) % 5000)::text)::uuid AS key_arn
          FROM (
            SELECT first + nth AS number, md5((first + nth)::text) AS digest,
                   hashint8extended(first + nth, 0) & 9223372036854775807 AS mixed,
                   date_trunc('second', day::timestamp AT TIME ZONE 'UTC' + nth * interval '1 day' / events) AS event_time
              FROM generate_series(since, since + wanted - 1) AS nth
          ) AS numbered
      ) AS event
$$;
