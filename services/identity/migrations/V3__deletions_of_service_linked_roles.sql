-- Deletions of service-linked roles, which are done when they are answered; a caller may ask later.
CREATE TABLE service_linked_role_deletions (
    task_id text PRIMARY KEY,
    account_id text NOT NULL REFERENCES accounts,
    deleted_at timestamptz NOT NULL
);
