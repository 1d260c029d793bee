INSERT INTO users (user_id, account_id, user_name, path, created_at)
VALUES ($1, $2, $3, $4, $5)
