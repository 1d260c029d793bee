INSERT INTO user_policies (user_id, policy_name, document)
VALUES ($1, $2, $3)
ON CONFLICT (user_id, policy_name) DO UPDATE SET document = excluded.document
