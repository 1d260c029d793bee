//! Statements in the forms that AWS's guide and published samples have, with `{eds}` for the store.

/// They are translated, and the service's tests run them.
pub(crate) const RUN: &[&str] = &[
    "SELECT * FROM {eds} LIMIT 10;",
    "SELECT * FROM {eds} WHERE eventtime >= '2026-01-05 13:51:00' AND eventtime <= '2026-12-19 13:51:00'",
    "SELECT userIdentity.principalid, eventName FROM {eds} WHERE userIdentity.principalid IS NOT NULL AND \
     eventTime > '2026-01-22 00:00:00' AND eventTime < '2026-12-23 00:00:00' AND eventName='CreateKey'",
    "SELECT eventID, eventName, eventSource, eventTime FROM {eds} WHERE userIdentity.username = 'bob'",
    "SELECT eventSource, eventName, COUNT(*) AS apiCount FROM {eds} WHERE eventTime > '2026-01-01 00:00:00' \
     GROUP BY eventSource, eventName ORDER BY apiCount DESC",
    "SELECT eventTime, useridentity.arn, awsRegion FROM {eds} WHERE awsRegion in ('us-east-1', 'us-west-2') AND \
     eventName = 'Decrypt'",
    "SELECT element_at(responseElements, 'queryId'), element_at(requestParameters, 'queryStatement') FROM {eds} \
     WHERE eventName='StartQuery' AND eventSource = 'cloudtrail.amazonaws.com' AND responseElements IS NOT NULL",
    "SELECT eventName, count(*) FROM {eds} WHERE eventTime > '2026-01-01 00:00:00' GROUP BY 1",
    "SELECT count(*) AS \"calls\", errorCode FROM {eds} WHERE errorCode IS NOT NULL GROUP BY errorCode ORDER BY 1 DESC",
    "SELECT DISTINCT requestParameters['keyId'], eventTime FROM {eds} WHERE element_at(requestParameters, 'keyId') \
     IN ('alias/a', 'alias/b') AND eventName IS NOT NULL",
    "SELECT day_of_week(eventTime) AS weekday, COUNT(*) AS eventCount FROM {eds} WHERE eventCategory = 'Data' GROUP \
     BY day_of_week(eventTime) ORDER BY day_of_week(eventTime)",
    "SELECT eventName, userIdentity.arn AS user, element_at(requestParameters, 'keyId') k FROM {eds} WHERE \
     element_at(requestParameters, 'policy') LIKE '%\"*\"%' -- public\nUNION ALL SELECT eventName, userIdentity.arn AS \
     user, json_extract_scalar(element_at(requestParameters, 'constraints'), '$.encryptionContextSubset.team') k \
     FROM {eds} WHERE eventName = 'CreateGrant' ORDER BY eventName DESC",
    "SELECT awsRegion, json_extract_scalar(eventjson, '$.requestParameters.tags[0].tagKey') as key, eventTime FROM \
     {eds} WHERE eventName in ('TagResource','UntagResource') order by key, eventTime desc",
    "SELECT eventid, eventtime, userIdentity.sessioncontext.sessionissuer.arn as RoleARN FROM {eds} WHERE \
     userIdentity.type = 'AssumedRole' and errorcode IS NULL and userIdentity.sessioncontext.sessionissuer.arn = \
     element_at(resources,1).arn",
    "SELECT COUNT(*) AS apiCount, eventName, recipientAccountId, userIdentity.principalid FROM {eds} WHERE \
     userIdentity.principalId LIKE '%alice@example.com' GROUP BY eventName, recipientAccountId, \
     userIdentity.principalid ORDER BY apiCount DESC",
    "SELECT tlsDetails.tlsVersion, count(*) FROM {eds} GROUP BY tlsDetails.tlsVersion",
    "SELECT eventTime, eventName FROM {eds} WHERE eventTime > date_add('hour', -24, current_timestamp) LIMIT 50",
    "SELECT eventTime FROM {eds} WHERE eventTime > timestamp '2026-01-01 00:00:00' AND eventTime < now() - interval '1' hour",
    "SELECT eventTime FROM {eds} WHERE eventTime >= from_iso8601_timestamp('2026-01-01T00:00:00Z')",
    "SELECT eventTime FROM {eds} WHERE date(eventTime) BETWEEN date '2026-01-01' AND current_date",
    "SELECT eventName FROM {eds} WHERE any_match(resources, r -> r.ARN LIKE '%key/%' AND r.type = 'AWS::KMS::Key')",
    "SELECT eventName FROM {eds} WHERE none_match(resources, r -> r.accountId = '444455556666')",
    "SELECT eventName, r.arn FROM {eds} CROSS JOIN UNNEST(resources) AS t(r)",
    "SELECT approx_distinct(userIdentity.arn), min(eventTime), max(eventTime) FROM {eds}",
    "SELECT eventName, sum(CASE WHEN errorCode IS NULL THEN 0 ELSE 1 END) * 100.0 / count(*) FROM {eds} GROUP BY 1",
    "SELECT eventName, count_if(errorCode IS NOT NULL), count(*) FILTER (WHERE readOnly = true) FROM {eds} GROUP BY 1",
    "SELECT a.eventName, b.eventName FROM {eds} a LEFT JOIN {eds} AS b ON a.eventId = b.sharedEventId",
    "SELECT eventName FROM (SELECT eventName, count(*) AS n FROM {eds} GROUP BY 1) WHERE n > 10",
    "SELECT eventName FROM {eds} EXCEPT SELECT eventName FROM {eds} WHERE errorCode IS NOT NULL",
    "SELECT eventName FROM {eds} WHERE userIdentity.arn NOT IN (SELECT userIdentity.arn FROM {eds} WHERE readOnly)",
    "SELECT eventName, row_number() OVER (PARTITION BY eventSource ORDER BY eventTime DESC) AS place FROM {eds}",
    "SELECT coalesce(errorCode, 'none'), lower(eventName), substr(eventID, 1, 8), length(userAgent) FROM {eds}",
    "SELECT concat(eventSource, '/', eventName) || ':' || awsRegion FROM {eds}",
    "SELECT regexp_extract(userAgent, 'aws-cli/([0-9.]+)', 1), regexp_like(userAgent, 'boto') FROM {eds}",
    "SELECT split_part(userIdentity.arn, '/', 2), if(readOnly, 'read', 'write') FROM {eds}",
    "SELECT cast(eventTime AS date), cast(element_at(requestParameters, 'numberOfBytes') AS bigint) FROM {eds}",
    "SELECT try_cast(element_at(requestParameters, 'numberOfBytes') AS integer) FROM {eds}",
    "SELECT date_format(eventTime, '%Y-%m-%d %H:00'), count(*) FROM {eds} GROUP BY 1 ORDER BY 1",
    "SELECT hour(eventTime), extract(day FROM eventTime), date_diff('minute', min(eventTime), max(eventTime)) FROM {eds} \
     GROUP BY 1, 2",
    "SELECT cardinality(resources), map_keys(requestParameters), contains(map_keys(requestParameters), 'keyId') FROM {eds}",
    "SELECT json_extract(eventJson, '$.userIdentity') FROM {eds}",
    "SELECT eventName FROM {eds} WHERE eventID = '0b7e2a9c-1111-4222-8333-944455556666'",
    "SELECT eventName FROM {eds} WHERE NOT (readOnly = true) AND eventName NOT LIKE 'Get%' ORDER BY eventTime ASC NULLS FIRST",
    "SELECT userIdentity.type, greatest(count(*), 1), round(avg(length(eventName)), 2) FROM {eds} GROUP BY userIdentity.type",
    "SELECT e.* FROM {eds} e WHERE e.errorCode IS NOT DISTINCT FROM 'AccessDeniedException' OFFSET 5 LIMIT 5",
    "SELECT from_unixtime(to_unixtime(eventTime)), to_iso8601(eventTime) FROM {eds}",
];
