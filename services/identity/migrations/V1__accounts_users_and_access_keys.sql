-- Accounts, who acts in them, by which access keys, under which policies. An ARN is derived from its parts, except
-- that of a managed policy, which is the policy's identity.

CREATE TABLE accounts (
    account_id text PRIMARY KEY CHECK (account_id ~ '^[0-9]{12}$'),
    account_name text NOT NULL,
    status text NOT NULL CHECK (status IN ('Active', 'Closed')),
    created_at timestamptz NOT NULL
);

CREATE TABLE users (
    user_id text PRIMARY KEY,
    account_id text NOT NULL REFERENCES accounts,
    user_name text NOT NULL,
    path text NOT NULL,
    created_at timestamptz NOT NULL,
    UNIQUE (account_id, user_id)
);

-- Names of users are told apart without regard to case, and shown as they were given.
CREATE UNIQUE INDEX users_by_name ON users (account_id, lower(user_name));

-- Our own services. The scopes are the signing names for which they may ask for derived keys.
CREATE TABLE service_principals (
    service_name text PRIMARY KEY,
    signing_scopes text[] NOT NULL,
    created_at timestamptz NOT NULL
);

-- An access key belongs to an account's root user (an account alone), to a user, or to a service. Its secret is sealed
-- for this id and this owner: moved to another row, it does not open.
CREATE TABLE access_keys (
    access_key_id text PRIMARY KEY,
    account_id text REFERENCES accounts,
    user_id text,
    service_name text REFERENCES service_principals,
    status text NOT NULL CHECK (status IN ('Active', 'Inactive')),
    sealed_secret bytea NOT NULL,
    created_at timestamptz NOT NULL,
    FOREIGN KEY (account_id, user_id) REFERENCES users (account_id, user_id),
    CHECK ((account_id IS NULL) <> (service_name IS NULL)),
    CHECK (user_id IS NULL OR account_id IS NOT NULL)
);

CREATE INDEX access_keys_by_owner ON access_keys (account_id, user_id);
CREATE INDEX access_keys_by_service ON access_keys (service_name) WHERE service_name IS NOT NULL;

-- Without an account: those that every account finds, such as arn:aws:iam::aws:policy/AdministratorAccess.
CREATE TABLE managed_policies (
    policy_arn text PRIMARY KEY,
    policy_id text NOT NULL UNIQUE,
    account_id text REFERENCES accounts,
    policy_name text NOT NULL,
    path text NOT NULL,
    default_version text NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE managed_policy_versions (
    policy_arn text NOT NULL REFERENCES managed_policies,
    version_id text NOT NULL,
    document text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (policy_arn, version_id)
);

CREATE TABLE user_policies (
    user_id text NOT NULL REFERENCES users,
    policy_name text NOT NULL,
    document text NOT NULL,
    PRIMARY KEY (user_id, policy_name)
);

CREATE TABLE attached_user_policies (
    user_id text NOT NULL REFERENCES users,
    policy_arn text NOT NULL REFERENCES managed_policies,
    PRIMARY KEY (user_id, policy_arn)
);

-- The keys that seal secrets, wrapped by the root key. The newest seals; all open.
CREATE TABLE sealing_keys (
    key_number integer PRIMARY KEY,
    root_key_id text NOT NULL,
    wrapped_key bytea NOT NULL,
    created_at timestamptz NOT NULL
);

-- The keys of forward tokens, sealed by a sealing key and rotated.
CREATE TABLE token_keys (
    key_number integer PRIMARY KEY,
    sealed_key bytea NOT NULL,
    created_at timestamptz NOT NULL
);
