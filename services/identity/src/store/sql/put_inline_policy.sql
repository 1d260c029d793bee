INSERT INTO inline_policies (identity_id, policy_name, document)
VALUES ($1, $2, $3)
ON CONFLICT (identity_id, policy_name) DO UPDATE SET document = excluded.document
