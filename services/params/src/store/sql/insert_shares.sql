INSERT INTO parameter_shares (shared_with, region, location, parameter_id)
SELECT shared_with, p.region, p.account_id || '/' || p.path, p.parameter_id
FROM parameters p, unnest($2::text[]) AS shared_with
WHERE p.parameter_id = $1 AND shared_with <> p.account_id
