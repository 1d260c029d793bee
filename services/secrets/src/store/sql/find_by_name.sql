SELECT * FROM secret_details LEFT JOIN secret_rotations USING (secret_id)
WHERE region = $1 AND account_id = $2 AND name = $3
