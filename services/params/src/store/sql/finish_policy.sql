UPDATE parameter_policies
SET status = 'Finished', due_at = NULL
WHERE parameter_id = $1 AND since_version = $2 AND number = $3
