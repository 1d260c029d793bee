SELECT * FROM secret_details
WHERE secret_id = $1
