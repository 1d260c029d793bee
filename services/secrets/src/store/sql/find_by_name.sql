SELECT * FROM secret_details
WHERE region = $1 AND account_id = $2 AND name = $3
