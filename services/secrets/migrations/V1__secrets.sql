-- A secret, its versions (sealed values), the labels that tell the versions apart, and its tags.
-- Names are compared byte by byte, as the lists that are ordered by them continue.

CREATE TABLE secrets (
    secret_id        uuid PRIMARY KEY,
    region           text COLLATE "C" NOT NULL,
    account_id       text COLLATE "C" NOT NULL,
    name             text COLLATE "C" NOT NULL,
    -- What the ARN has behind the name: of two secrets that had one name, a policy can mean one.
    suffix           text COLLATE "C" NOT NULL,
    description      text,
    -- As the caller gave it; none for the AWS managed key.
    kms_key_id       text,
    owning_service   text COLLATE "C",
    created_at       timestamptz NOT NULL,
    last_changed_at  timestamptz NOT NULL,
    last_accessed_on date,
    deleted_at       timestamptz,
    deletion_date    timestamptz,
    CONSTRAINT secrets_name UNIQUE (region, account_id, name),
    CONSTRAINT secrets_deletion CHECK ((deleted_at IS NULL) = (deletion_date IS NULL))
);

-- One for each order in which the list is asked for; the order by name has the constraint's.
CREATE INDEX secrets_by_creation ON secrets (region, account_id, created_at, secret_id);
CREATE INDEX secrets_by_change ON secrets (region, account_id, last_changed_at, secret_id);
CREATE INDEX secrets_by_access
    ON secrets (region, account_id, (coalesce(last_accessed_on, DATE '0001-01-01')), secret_id);

-- What the purging worker looks for.
CREATE INDEX secrets_deletion_due ON secrets (region, deletion_date) WHERE deletion_date IS NOT NULL;

CREATE TABLE secret_versions (
    secret_id          uuid NOT NULL REFERENCES secrets ON DELETE CASCADE,
    version_id         text COLLATE "C" NOT NULL,
    sealed_value       bytea NOT NULL,
    -- The key that sealed it, encrypted by KMS under the key of kms_key_arn.
    encrypted_data_key bytea NOT NULL,
    kms_key_arn        text NOT NULL,
    created_at         timestamptz NOT NULL,
    last_accessed_on   date,
    PRIMARY KEY (secret_id, version_id)
);

CREATE INDEX secret_versions_by_age ON secret_versions (secret_id, created_at, version_id);

-- The primary key is what makes a label, AWSCURRENT above all, belong to one version only. A version that has a label
-- can't be deleted, but with the whole secret.
CREATE TABLE secret_version_stages (
    secret_id     uuid NOT NULL REFERENCES secrets ON DELETE CASCADE,
    version_stage text COLLATE "C" NOT NULL,
    version_id    text COLLATE "C" NOT NULL,
    PRIMARY KEY (secret_id, version_stage),
    FOREIGN KEY (secret_id, version_id) REFERENCES secret_versions (secret_id, version_id)
);

CREATE INDEX secret_version_stages_of_version ON secret_version_stages (secret_id, version_id);

CREATE TABLE secret_tags (
    secret_id uuid NOT NULL REFERENCES secrets ON DELETE CASCADE,
    tag_key   text COLLATE "C" NOT NULL,
    tag_value text NOT NULL,
    PRIMARY KEY (secret_id, tag_key)
);

-- A secret with its labels and tags, in one row.
CREATE VIEW secret_details AS
SELECT s.*, l.stages, l.stage_versions, t.tag_keys, t.tag_values
FROM secrets s
CROSS JOIN LATERAL (
    SELECT array_agg(version_stage ORDER BY version_stage) AS stages,
           array_agg(version_id ORDER BY version_stage) AS stage_versions
    FROM secret_version_stages
    WHERE secret_id = s.secret_id
) l
CROSS JOIN LATERAL (
    SELECT array_agg(tag_key ORDER BY tag_key) AS tag_keys,
           array_agg(tag_value ORDER BY tag_key) AS tag_values
    FROM secret_tags
    WHERE secret_id = s.secret_id
) t;
