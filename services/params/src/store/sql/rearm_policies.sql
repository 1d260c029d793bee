UPDATE parameter_policies
SET status = 'Pending', due_at = $2::timestamptz + after_seconds * interval '1 second'
WHERE parameter_id = $1 AND until_version IS NULL AND after_seconds IS NOT NULL
