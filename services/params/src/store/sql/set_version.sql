UPDATE parameters SET version = $2, tier = $3 WHERE parameter_id = $1
