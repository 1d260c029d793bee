SELECT user_id, user_name, path
FROM users
WHERE account_id = $1 AND lower(user_name) = lower($2)
