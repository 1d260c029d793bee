SELECT p.policy_arn, p.policy_id, p.account_id, p.policy_name, p.path, p.default_version, p.description, p.tags,
    p.created_at, p.updated_at,
    (SELECT count(*) FROM attached_policies a JOIN identities i USING (identity_id)
        WHERE a.policy_arn = p.policy_arn AND i.account_id = $1) AS attachments,
    (SELECT count(*) FROM identities i
        WHERE i.boundary_arn = p.policy_arn AND i.account_id = $1) AS boundaries
FROM managed_policies p
WHERE (p.account_id = $1 OR p.account_id IS NULL) AND p.policy_arn = $2
