UPDATE identities r
SET last_used_at = u.at, last_used_region = u.region
FROM unnest($1::text[], $2::timestamptz[], $3::text[]) AS u (id, at, region)
WHERE r.identity_id = u.id AND r.kind = 'role' AND (r.last_used_at IS NULL OR r.last_used_at < u.at)
