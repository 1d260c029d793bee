INSERT INTO parameter_resource_policies (parameter_id, policy_id, policy_hash, policy)
VALUES ($1, $2, $3, $4)
ON CONFLICT (parameter_id) DO UPDATE SET policy_hash = excluded.policy_hash, policy = excluded.policy
