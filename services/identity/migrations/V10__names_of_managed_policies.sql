-- Names are unique in an account whatever the path, and told apart without regard to case, as those of identities. Those
-- that every account finds have no account, and are told apart by their ARNs.
DROP INDEX managed_policies_by_account;
CREATE UNIQUE INDEX managed_policies_by_name ON managed_policies (account_id, lower(policy_name) COLLATE "C");
-- Lists are in the order of ids.
CREATE INDEX managed_policies_by_id ON managed_policies (account_id, policy_id COLLATE "C");
