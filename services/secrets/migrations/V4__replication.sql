-- Secrets that are in several Regions: which are replicas, which have some, and what the other Regions are still to be told.
-- No name of a column that a secret is read with is also one of another table of it.

ALTER TABLE secrets
    -- Of a replica: where its primary secret is, and which replication made it.
    ADD COLUMN primary_region text COLLATE "C",
    ADD COLUMN replication_id uuid,
    -- Of a primary secret: whether it has, or had, replicas. Spares the others the look.
    ADD COLUMN is_replicated boolean NOT NULL DEFAULT false,
    ADD CONSTRAINT secrets_replica CHECK (num_nulls(primary_region, replication_id) IN (0, 2)),
    ADD CONSTRAINT secrets_replicated CHECK (primary_region IS NULL OR NOT is_replicated);

-- The Regions that a primary secret is replicated to.
CREATE TABLE secret_replicas (
    secret_id           uuid NOT NULL REFERENCES secrets ON DELETE CASCADE,
    replica_region      text COLLATE "C" NOT NULL,
    -- Tells this replication from an earlier one to the same Region.
    replica_id          uuid NOT NULL,
    -- As the caller named it, or as the replica has it now; none for the AWS managed key of the Region.
    replica_key_id      text,
    -- Whether a secret of the same name may be replaced.
    replica_overwrites  boolean NOT NULL,
    -- Whether the Region has confirmed that the replica was made.
    replica_made        boolean NOT NULL DEFAULT false,
    replica_status      text COLLATE "C" NOT NULL,
    replica_message     text,
    replica_accessed_on date,
    PRIMARY KEY (secret_id, replica_region)
);

-- What the other Regions have of a secret's versions. A copy is sealed under a KMS key of its Region, and kept until the
-- Region has it. A version without a row is still to be sealed.
CREATE TABLE secret_copies (
    secret_id          uuid NOT NULL,
    replica_region     text COLLATE "C" NOT NULL,
    version_id         text COLLATE "C" NOT NULL,
    sealed_value       bytea,
    encrypted_data_key bytea,
    kms_key_arn        text,
    managed_key        boolean,
    -- Why it can't be sealed.
    refusal            text,
    PRIMARY KEY (secret_id, replica_region, version_id),
    FOREIGN KEY (secret_id, replica_region) REFERENCES secret_replicas ON DELETE CASCADE,
    FOREIGN KEY (secret_id, version_id) REFERENCES secret_versions ON DELETE CASCADE,
    CONSTRAINT secret_copies_sealed CHECK (num_nulls(sealed_value, encrypted_data_key, kms_key_arn, managed_key) IN (0, 4)),
    CONSTRAINT secret_copies_refused CHECK (refusal IS NULL OR sealed_value IS NULL)
);

-- Which Region is to be told of which secret: how that is, is read when it is told. A row outlives its secret.
CREATE SEQUENCE secret_tellings_numbers;
CREATE TABLE secret_tellings (
    region      text COLLATE "C" NOT NULL,
    account_id  text COLLATE "C" NOT NULL,
    name        text COLLATE "C" NOT NULL,
    suffix      text COLLATE "C" NOT NULL,
    peer_region text COLLATE "C" NOT NULL,
    -- Changes with each new reason to tell.
    generation  bigint NOT NULL,
    due_at      timestamptz NOT NULL,
    attempts    integer NOT NULL DEFAULT 0,
    PRIMARY KEY (region, account_id, name, suffix, peer_region)
);

-- What the delivery to one Region looks for.
CREATE INDEX secret_tellings_due ON secret_tellings (region, peer_region, due_at);

-- The newest message of another Region about a secret that was heeded, and the replication that made a replica here last. It
-- outlives the secret, so that no old message brings one back.
CREATE TABLE secret_tellings_received (
    region      text COLLATE "C" NOT NULL,
    account_id  text COLLATE "C" NOT NULL,
    name        text COLLATE "C" NOT NULL,
    suffix      text COLLATE "C" NOT NULL,
    peer_region text COLLATE "C" NOT NULL,
    number      bigint NOT NULL,
    made        uuid,
    PRIMARY KEY (region, account_id, name, suffix, peer_region)
);

-- A secret with its labels, its tags, its rotation and the Regions of its replicas, in one row.
DROP VIEW secret_details;
CREATE VIEW secret_details AS
SELECT s.*, l.stages, l.stage_versions, t.tag_keys, t.tag_values,
    r.rotation_enabled, r.rotation_function, r.rotation_days, r.rotation_expression, r.rotation_hours, r.last_rotated_at,
    r.window_opens_at, r.window_closes_at, r.run_kind, r.run_version, r.run_step, r.run_failures, r.run_given_up, r.run_error,
    r.rotation_fence,
    CASE WHEN s.is_replicated THEN ARRAY(
        SELECT replica_region FROM secret_replicas WHERE secret_id = s.secret_id ORDER BY replica_region
    ) END AS replica_regions
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
) t
LEFT JOIN LATERAL (
    SELECT * FROM secret_rotations WHERE secret_id = s.secret_id OFFSET 0
) r ON true;
