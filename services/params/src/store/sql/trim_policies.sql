DELETE FROM parameter_policies WHERE parameter_id = $1 AND until_version <= $2
