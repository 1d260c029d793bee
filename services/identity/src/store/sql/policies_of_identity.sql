WITH holders AS (
    SELECT $1::text AS identity_id
    UNION ALL
    SELECT group_id FROM group_members WHERE user_id = $1
)
SELECT policy_name, NULL::text AS policy_arn, document
FROM inline_policies
JOIN holders USING (identity_id)
UNION
SELECT p.policy_name, p.policy_arn, v.document
FROM attached_policies a
JOIN holders USING (identity_id)
JOIN managed_policies p USING (policy_arn)
JOIN managed_policy_versions v ON v.policy_arn = p.policy_arn AND v.version_id = p.default_version
ORDER BY policy_arn NULLS FIRST, policy_name
