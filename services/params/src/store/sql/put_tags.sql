INSERT INTO parameter_tags (parameter_id, key, value)
SELECT $1, tag.key, tag.value
FROM unnest($2::text[], $3::text[]) AS tag (key, value)
ON CONFLICT (parameter_id, key) DO UPDATE SET value = excluded.value
