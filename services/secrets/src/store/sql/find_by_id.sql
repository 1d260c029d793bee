SELECT * FROM secret_details LEFT JOIN secret_rotations USING (secret_id)
WHERE secret_id = $1
