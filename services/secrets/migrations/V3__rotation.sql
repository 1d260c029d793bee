-- How secrets are rotated, and the rotation that runs: one row for each secret whose rotation was ever set up.
-- No name of a column is also one of secrets, as both are read together.

CREATE TABLE secret_rotations (
    secret_id             uuid PRIMARY KEY REFERENCES secrets ON DELETE CASCADE,
    rotation_region       text COLLATE "C" NOT NULL,
    rotation_enabled      boolean NOT NULL,
    rotation_function     text COLLATE "C" NOT NULL,
    -- The schedule: one of the two, or none.
    rotation_days         smallint,
    rotation_expression   text,
    rotation_hours        smallint,
    last_rotated_at       timestamptz,
    -- The next window.
    window_opens_at       timestamptz,
    window_closes_at      timestamptz,
    -- The rotation that runs, or the test of one.
    run_kind              text COLLATE "C",
    run_version           text COLLATE "C",
    run_step              text COLLATE "C",
    run_failures          integer,
    run_given_up          boolean,
    run_error             text,
    -- SHA-256 of the token that the function was last called with.
    rotation_token_digest bytea,
    -- Counts the claims of this row; a claim holds while it stays the same, and until due_at.
    rotation_fence        bigint NOT NULL DEFAULT 0,
    -- When a replica is to look at it next; none when there is nothing to do.
    due_at                timestamptz,
    CONSTRAINT secret_rotations_window CHECK ((window_opens_at IS NULL) = (window_closes_at IS NULL)),
    CONSTRAINT secret_rotations_run CHECK (num_nulls(run_kind, run_version, run_step, run_failures, run_given_up) IN (0, 5))
);

-- What a tick asks for.
CREATE INDEX secret_rotations_due ON secret_rotations (rotation_region, due_at) WHERE due_at IS NOT NULL;

-- A rotation begins with a version that has no value yet: its function makes that.
ALTER TABLE secret_versions
    ALTER COLUMN sealed_value DROP NOT NULL,
    ALTER COLUMN encrypted_data_key DROP NOT NULL,
    ALTER COLUMN kms_key_arn DROP NOT NULL,
    ADD CONSTRAINT secret_versions_value
        CHECK (num_nulls(sealed_value, encrypted_data_key, kms_key_arn) IN (0, 3));
