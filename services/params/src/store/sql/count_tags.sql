SELECT count(*) FROM parameter_tags WHERE parameter_id = $1
