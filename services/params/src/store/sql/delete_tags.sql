DELETE FROM parameter_tags WHERE parameter_id = $1 AND key = ANY ($2)
