INSERT INTO log_checkpoints (size, root, note, made_at)
VALUES ($1, $2, $3, $4)
    ON CONFLICT (size) DO NOTHING
