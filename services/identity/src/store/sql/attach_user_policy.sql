INSERT INTO attached_user_policies (user_id, policy_arn)
VALUES ($1, $2)
ON CONFLICT DO NOTHING
