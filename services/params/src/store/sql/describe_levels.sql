-- Of each level no more than a page, so that the index stops there.
SELECT described.*
FROM unnest($14::text[], $15::text[]) AS range (first, behind)
CROSS JOIN (SELECT DISTINCT unnest($16::text[])) AS level (parent)
CROSS JOIN LATERAL (
    SELECT p.*
    FROM current_parameters p
    WHERE p.region = $1 AND p.account_id = $2 AND p.parent = level.parent
        AND p.path > $3 AND p.path >= range.first AND p.path < range.behind
