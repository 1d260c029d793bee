DELETE FROM parameter_versions WHERE parameter_id = $1 AND version <= $2
