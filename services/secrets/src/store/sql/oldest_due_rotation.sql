SELECT min(due_at) AS due_at FROM secret_rotations
WHERE rotation_region = $1 AND due_at IS NOT NULL
