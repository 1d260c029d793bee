-- The key hierarchy. The root key, which is not here, wraps domain keys; a domain key wraps key materials.

CREATE TABLE domain_keys (
    domain_key_id uuid PRIMARY KEY,
    wrapped       bytea NOT NULL,
    active        boolean NOT NULL,
    created_at    timestamptz NOT NULL
);

-- One wraps what is new; those before it stay for what they wrapped.
CREATE UNIQUE INDEX domain_keys_active ON domain_keys (active) WHERE active;

-- Names are compared byte by byte, as the lists that are ordered by them continue.
CREATE TABLE keys (
    region        text COLLATE "C" NOT NULL,
    account_id    text COLLATE "C" NOT NULL,
    key_id        text COLLATE "C" NOT NULL,
    key_spec      text NOT NULL,
    key_usage     text NOT NULL,
    origin        text NOT NULL,
    key_manager   text NOT NULL,
    key_state     text NOT NULL,
    description   text NOT NULL,
    policy        text NOT NULL,
    created_at    timestamptz NOT NULL,
    deletion_date timestamptz,
    PRIMARY KEY (region, account_id, key_id),
    CONSTRAINT keys_deletion_date CHECK ((key_state = 'PendingDeletion') = (deletion_date IS NOT NULL))
);

-- What the deletion worker looks for.
CREATE INDEX keys_deletion_due ON keys (region, deletion_date) WHERE deletion_date IS NOT NULL;

-- Rotation adds a material and makes it the current one; the former ones still decrypt.
CREATE TABLE key_materials (
    region          text COLLATE "C" NOT NULL,
    account_id      text COLLATE "C" NOT NULL,
    key_id          text COLLATE "C" NOT NULL,
    key_material_id bytea NOT NULL,
    domain_key_id   uuid NOT NULL REFERENCES domain_keys,
    wrapped         bytea NOT NULL,
    is_current      boolean NOT NULL,
    created_at      timestamptz NOT NULL,
    PRIMARY KEY (region, account_id, key_id, key_material_id),
    FOREIGN KEY (region, account_id, key_id) REFERENCES keys ON DELETE CASCADE
);

CREATE UNIQUE INDEX key_materials_current ON key_materials (region, account_id, key_id) WHERE is_current;

CREATE TABLE aliases (
    region          text COLLATE "C" NOT NULL,
    account_id      text COLLATE "C" NOT NULL,
    alias_name      text COLLATE "C" NOT NULL,
    key_id          text COLLATE "C" NOT NULL,
    created_at      timestamptz NOT NULL,
    last_updated_at timestamptz NOT NULL,
    PRIMARY KEY (region, account_id, alias_name),
    FOREIGN KEY (region, account_id, key_id) REFERENCES keys ON DELETE CASCADE
);

CREATE INDEX aliases_of_key ON aliases (region, account_id, key_id, alias_name);

CREATE TABLE key_tags (
    region     text COLLATE "C" NOT NULL,
    account_id text COLLATE "C" NOT NULL,
    key_id     text COLLATE "C" NOT NULL,
    tag_key    text COLLATE "C" NOT NULL,
    tag_value  text NOT NULL,
    PRIMARY KEY (region, account_id, key_id, tag_key),
    FOREIGN KEY (region, account_id, key_id) REFERENCES keys ON DELETE CASCADE
);
