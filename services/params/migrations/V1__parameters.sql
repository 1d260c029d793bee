-- Parameters, their versions and their tags. Names are compared byte by byte, as the lists that are ordered by them continue.

-- One row for each ARN: `path` is the name without its leading slash, as the ARN has it, and `parent` is the path of the
-- level above ('' at the root).
CREATE TABLE parameters (
    parameter_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    region       text COLLATE "C" NOT NULL,
    account_id   text COLLATE "C" NOT NULL,
    path         text COLLATE "C" NOT NULL,
    parent       text COLLATE "C" NOT NULL,
    name         text COLLATE "C" NOT NULL,
    version      bigint NOT NULL CHECK (version > 0),
    UNIQUE (region, account_id, path)
);

-- One level of a hierarchy, in order. The parent stands first, so that this index never looks good for finding one path.
CREATE INDEX parameters_of_parent ON parameters (parent, region, account_id, path);

-- Each version keeps all that was set with it. The plaintext of a SecureString is never here.
CREATE TABLE parameter_versions (
    parameter_id    bigint NOT NULL REFERENCES parameters ON DELETE CASCADE,
    version         bigint NOT NULL,
    type            text NOT NULL CHECK (type IN ('String', 'StringList', 'SecureString')),
    tier            text NOT NULL CHECK (tier IN ('Standard', 'Advanced')),
    data_type       text NOT NULL,
    value           text,
    ciphertext      bytea,
    key_id          text,
    description     text,
    allowed_pattern text,
    modified_at     timestamptz NOT NULL,
    modified_by     text NOT NULL,
    PRIMARY KEY (parameter_id, version),
    CONSTRAINT parameter_versions_value CHECK (
        CASE WHEN type = 'SecureString'
            THEN value IS NULL AND ciphertext IS NOT NULL AND key_id IS NOT NULL
            ELSE value IS NOT NULL AND ciphertext IS NULL AND key_id IS NULL
        END
    )
);

CREATE TABLE parameter_tags (
    parameter_id bigint NOT NULL REFERENCES parameters ON DELETE CASCADE,
    key          text COLLATE "C" NOT NULL,
    value        text NOT NULL,
    PRIMARY KEY (parameter_id, key)
);
