UPDATE secret_rotations SET due_at = NULL, rotation_token_digest = NULL
WHERE secret_id = $1 AND rotation_fence = $2
