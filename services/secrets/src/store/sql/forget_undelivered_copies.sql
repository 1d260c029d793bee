DELETE FROM secret_copies
WHERE secret_id = $1 AND replica_region = $2 AND (refusal IS NOT NULL OR sealed_value IS NOT NULL)
