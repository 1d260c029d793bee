UPDATE parameter_policies
SET until_version = $2, due_at = NULL
WHERE parameter_id = $1 AND until_version IS NULL
