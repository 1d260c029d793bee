INSERT INTO attached_policies (identity_id, policy_arn)
VALUES ($1, $2)
ON CONFLICT DO NOTHING
