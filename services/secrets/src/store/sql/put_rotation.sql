INSERT INTO secret_rotations (
    secret_id, rotation_region, rotation_enabled, rotation_function, rotation_days, rotation_expression, rotation_hours,
    last_rotated_at, window_opens_at, window_closes_at,
    run_kind, run_version, run_step, run_failures, run_given_up, run_error, due_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
ON CONFLICT (secret_id) DO UPDATE SET
    rotation_enabled = excluded.rotation_enabled,
    rotation_function = excluded.rotation_function,
    rotation_days = excluded.rotation_days,
    rotation_expression = excluded.rotation_expression,
    rotation_hours = excluded.rotation_hours,
    last_rotated_at = excluded.last_rotated_at,
    window_opens_at = excluded.window_opens_at,
    window_closes_at = excluded.window_closes_at,
    run_kind = excluded.run_kind,
    run_version = excluded.run_version,
    run_step = excluded.run_step,
    run_failures = excluded.run_failures,
    run_given_up = excluded.run_given_up,
    run_error = excluded.run_error,
    rotation_token_digest = NULL,
    rotation_fence = secret_rotations.rotation_fence + 1,
    due_at = excluded.due_at
