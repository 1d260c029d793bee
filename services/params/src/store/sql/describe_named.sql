-- Each by its path, not by looking at all.
SELECT described.*
FROM (SELECT DISTINCT unnest($17::text[])) AS asked (path)
CROSS JOIN LATERAL (
    SELECT p.*
    FROM current_parameters p
    WHERE p.region = $1 AND p.account_id = $2 AND p.path = asked.path AND p.path > $3
