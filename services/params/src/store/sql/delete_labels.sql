DELETE FROM parameter_labels WHERE parameter_id = $1 AND version = $2 AND label = ANY ($3) RETURNING label
