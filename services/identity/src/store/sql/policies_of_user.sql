SELECT policy_name, NULL::text AS policy_arn, document
FROM user_policies
WHERE user_id = $1
UNION ALL
SELECT p.policy_name, p.policy_arn, v.document
FROM attached_user_policies a
JOIN managed_policies p USING (policy_arn)
JOIN managed_policy_versions v ON v.policy_arn = p.policy_arn AND v.version_id = p.default_version
WHERE a.user_id = $1
ORDER BY policy_arn NULLS FIRST, policy_name
