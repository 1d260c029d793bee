SELECT 1 FROM secret_rotations
WHERE secret_id = $1 AND run_version = $2 AND rotation_token_digest = $3
