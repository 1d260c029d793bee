INSERT INTO parameter_policies (
    parameter_id, since_version, number, region, type, policy, status, set_at, after_seconds, due_at
)
SELECT $1, $2, given.number, $3, given.type, given.policy, 'Pending', $4, given.after_seconds,
    coalesce(given.due_at, $4::timestamptz + given.after_seconds * interval '1 second')
FROM unnest($5::text[], $6::text[], $7::bigint[], $8::timestamptz[])
    WITH ORDINALITY AS given (type, policy, after_seconds, due_at, number)
