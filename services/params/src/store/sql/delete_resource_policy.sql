DELETE FROM parameter_resource_policies WHERE parameter_id = $1
