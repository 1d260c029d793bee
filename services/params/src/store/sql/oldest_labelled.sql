SELECT min(version) AS version FROM parameter_labels WHERE parameter_id = $1 AND version <= $2
