UPDATE access_keys k
SET last_used_at = u.at, last_used_region = u.region, last_used_service = u.service
FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[]) AS u (id, at, region, service)
WHERE k.access_key_id = u.id AND (k.last_used_at IS NULL OR k.last_used_at < u.at)
