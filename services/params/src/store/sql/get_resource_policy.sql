SELECT policy_id, policy_hash, policy FROM parameter_resource_policies WHERE parameter_id = $1
