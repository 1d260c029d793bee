SELECT (SELECT count(*) FROM identities WHERE account_id = $1 AND kind = 'user') AS users,
    (SELECT count(*) FROM identities WHERE account_id = $1 AND kind = 'group') AS groups,
    (SELECT count(*) FROM identities WHERE account_id = $1 AND kind = 'role') AS roles,
    (SELECT count(*) FROM managed_policies WHERE account_id = $1) AS policies,
    (SELECT count(*) FROM managed_policy_versions JOIN managed_policies USING (policy_arn)
        WHERE account_id = $1) AS policy_versions,
    (SELECT count(*) FROM oidc_providers WHERE account_id = $1) AS providers,
    (SELECT count(*) FROM access_keys WHERE account_id = $1 AND user_id IS NULL) AS root_access_keys
