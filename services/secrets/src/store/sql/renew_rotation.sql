UPDATE secret_rotations SET due_at = $3, rotation_token_digest = $4
WHERE secret_id = $1 AND rotation_fence = $2
