UPDATE managed_policies
SET next_version = next_version + 1
WHERE policy_arn = $1
RETURNING next_version - 1 AS number
