SELECT *
FROM (
    SELECT p.policy_arn, p.policy_id, p.account_id, p.policy_name, p.path, p.default_version, p.description, p.tags,
    p.created_at, p.updated_at,
    (SELECT count(*) FROM attached_policies a JOIN identities i USING (identity_id)
        WHERE a.policy_arn = p.policy_arn AND i.account_id = $1) AS attachments,
    (SELECT count(*) FROM identities i
        WHERE i.boundary_arn = p.policy_arn AND i.account_id = $1) AS boundaries
    FROM managed_policies p
    WHERE (($2 AND p.account_id = $1) OR ($3 AND p.account_id IS NULL))
      AND p.policy_id COLLATE "C" > $4
      AND starts_with(p.path, $5)
) found
WHERE (NOT $6 OR attachments > 0)
  AND (NOT $7 OR boundaries > 0)
  AND (NOT $8 OR attachments > 0 OR boundaries > 0)
  AND (NOT $10 OR account_id IS NOT NULL OR attachments > 0 OR boundaries > 0)
ORDER BY policy_id COLLATE "C"
LIMIT $9
