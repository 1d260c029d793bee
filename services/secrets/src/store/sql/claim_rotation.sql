UPDATE secret_rotations SET rotation_fence = rotation_fence + 1, due_at = $3
WHERE secret_id = (
    SELECT secret_id FROM secret_rotations
    WHERE rotation_region = $1 AND due_at <= $2
    ORDER BY due_at
    LIMIT 1
    FOR UPDATE SKIP LOCKED
)
RETURNING secret_id, rotation_fence
