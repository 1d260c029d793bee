UPDATE parameters SET version = $2 WHERE parameter_id = $1
