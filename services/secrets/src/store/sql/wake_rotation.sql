UPDATE secret_rotations SET due_at = $2
WHERE secret_id = $1 AND rotation_enabled AND due_at IS NULL
