WITH claimed AS (
    UPDATE secret_rotations SET rotation_fence = rotation_fence + 1, due_at = $3
    WHERE secret_id = ANY (ARRAY(
        SELECT secret_id FROM secret_rotations
        WHERE rotation_region = $1 AND due_at <= $2
        ORDER BY due_at
        LIMIT $4
        FOR UPDATE SKIP LOCKED
    ))
    RETURNING secret_id, rotation_fence
)
SELECT oldest_due_at, secret_id, rotation_fence
FROM (SELECT min(due_at) AS oldest_due_at FROM secret_rotations WHERE rotation_region = $1 AND due_at <= $2) oldest
LEFT JOIN claimed ON true
