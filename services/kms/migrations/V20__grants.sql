-- Permissions that are given to one principal on one key. They go with their key.

CREATE TABLE grants (
    region             text COLLATE "C" NOT NULL,
    account_id         text COLLATE "C" NOT NULL,
    key_id             text COLLATE "C" NOT NULL,
    grant_id           bytea NOT NULL,
    name               text,
    grantee_principal  text COLLATE "C" NOT NULL,
    retiring_principal text COLLATE "C",
    issuing_account    text NOT NULL,
    operations         text[] NOT NULL,
    -- The encryption contexts that it is bound to.
    context_equals     jsonb,
    context_subset     jsonb,
    created_at         timestamptz NOT NULL,
    -- Of all that a grant with a name was asked for with, so that asking again makes no second one.
    request_digest     bytea,
    PRIMARY KEY (region, account_id, key_id, grant_id),
    FOREIGN KEY (region, account_id, key_id) REFERENCES keys ON DELETE CASCADE
);

-- What decides on a request, for a key with many grants.
CREATE INDEX grants_of_grantee ON grants (region, account_id, key_id, grantee_principal, grant_id);

-- What a principal may retire, across keys and accounts.
CREATE INDEX grants_retirable ON grants (region, retiring_principal, account_id, key_id, grant_id)
    WHERE retiring_principal IS NOT NULL;

CREATE UNIQUE INDEX grants_named ON grants (region, account_id, key_id, request_digest)
    WHERE request_digest IS NOT NULL;
