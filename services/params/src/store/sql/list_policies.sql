SELECT parameter_id, since_version, until_version, type, policy, status
FROM parameter_policies
WHERE parameter_id = ANY ($1) AND (until_version IS NULL OR until_version > $2)
ORDER BY parameter_id, since_version, number
