-- IAM's three kinds of identities in one table, as they have nearly everything in common; what only a role has is NULL
-- elsewhere. Tags are a JSON object.
ALTER TABLE users RENAME TO identities;
ALTER TABLE identities RENAME COLUMN user_id TO identity_id;
ALTER TABLE identities RENAME COLUMN user_name TO name;
ALTER TABLE identities
    ADD COLUMN kind text NOT NULL DEFAULT 'user' CHECK (kind IN ('user', 'group', 'role')),
    ADD COLUMN tags jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN boundary_arn text REFERENCES managed_policies,
    ADD COLUMN trust_policy text,
    ADD COLUMN description text,
    ADD COLUMN max_session_seconds integer,
    ADD COLUMN service_name text,
    ADD COLUMN last_used_at timestamptz,
    ADD COLUMN last_used_region text,
    ADD CONSTRAINT identities_of_roles CHECK (
        (kind = 'role') = (trust_policy IS NOT NULL)
        AND (kind = 'role') = (max_session_seconds IS NOT NULL)
        AND (kind = 'role' OR (description IS NULL AND service_name IS NULL AND last_used_at IS NULL))
        AND (kind <> 'group' OR (boundary_arn IS NULL AND tags = '{}')));
ALTER TABLE identities ALTER COLUMN kind DROP DEFAULT;
DROP INDEX users_by_name;
-- Names are told apart without regard to case, and shown as they were given. Lists are in this order.
CREATE UNIQUE INDEX identities_by_name ON identities (account_id, kind, lower(name) COLLATE "C");
CREATE INDEX identities_by_boundary ON identities (boundary_arn) WHERE boundary_arn IS NOT NULL;

ALTER TABLE user_policies RENAME TO inline_policies;
ALTER TABLE inline_policies RENAME COLUMN user_id TO identity_id;
ALTER TABLE attached_user_policies RENAME TO attached_policies;
ALTER TABLE attached_policies RENAME COLUMN user_id TO identity_id;
CREATE INDEX attached_policies_by_policy ON attached_policies (policy_arn);

CREATE TABLE group_members (
    group_id text NOT NULL REFERENCES identities,
    user_id text NOT NULL REFERENCES identities,
    PRIMARY KEY (group_id, user_id)
);
CREATE INDEX group_members_by_user ON group_members (user_id);

ALTER TABLE access_keys
    ADD COLUMN last_used_at timestamptz,
    ADD COLUMN last_used_region text,
    ADD COLUMN last_used_service text;

ALTER TABLE managed_policies
    ADD COLUMN description text,
    ADD COLUMN tags jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN updated_at timestamptz,
    ADD COLUMN next_version integer NOT NULL DEFAULT 2;
UPDATE managed_policies SET updated_at = created_at;
ALTER TABLE managed_policies ALTER COLUMN updated_at SET NOT NULL;
CREATE INDEX managed_policies_by_account ON managed_policies (account_id, lower(policy_name) COLLATE "C");

-- Who vouches for web identities: the issuer's URL without its scheme is the name.
CREATE TABLE oidc_providers (
    account_id text NOT NULL REFERENCES accounts,
    url text NOT NULL,
    client_ids text[] NOT NULL,
    thumbprints text[] NOT NULL,
    tags jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, url)
);

CREATE TABLE account_aliases (
    alias text PRIMARY KEY,
    account_id text NOT NULL UNIQUE REFERENCES accounts
);

-- What other services must ask for again: of whom something changed. They follow it by the number; the lock of
-- note_change.sql makes the order of the numbers that of the commits, so that nobody reads past one.
CREATE TABLE identity_changes (
    change_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- The unique id of a user or role, `account:` and an account's id, or `*`.
    subject text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now()
);
