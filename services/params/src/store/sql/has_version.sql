SELECT EXISTS (SELECT FROM parameter_versions WHERE parameter_id = $1 AND version = $2) AS found
