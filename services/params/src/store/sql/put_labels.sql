INSERT INTO parameter_labels (parameter_id, version, label)
SELECT $1, $2, unnest($3::text[])
ON CONFLICT (parameter_id, label) DO UPDATE SET version = excluded.version
