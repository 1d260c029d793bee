-- Rows as PutParameter makes them, for the account and Region of those that it has made.
INSERT INTO parameters (region, account_id, path, parent, name, version)
SELECT model.region, model.account_id, made.path, regexp_replace(made.path, '/[^/]*$', ''), '/' || made.path, 1
FROM (SELECT region, account_id FROM parameters ORDER BY path LIMIT 1) model,
    LATERAL (
        SELECT CASE
            WHEN n % 10 = 0 THEN 'one/subtree/p' || lpad(n::text, 7, '0')
            ELSE 'other/g' || lpad((n / 100)::text, 5, '0') || '/p' || lpad(n::text, 7, '0')
        END AS path
        FROM generate_series($1::bigint, $2::bigint) n
    ) made
