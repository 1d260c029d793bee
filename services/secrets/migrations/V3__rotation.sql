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
    ALTER COLUMN managed_key DROP NOT NULL,
    ADD CONSTRAINT secret_versions_value
        CHECK (num_nulls(sealed_value, encrypted_data_key, kms_key_arn, managed_key) IN (0, 4));

-- A secret with its labels, its tags and its rotation, in one row. OFFSET 0 keeps the planner from joining the whole
-- tables, as it would while it has no statistics of them.
DROP VIEW secret_details;
CREATE VIEW secret_details AS
SELECT s.*, l.stages, l.stage_versions, t.tag_keys, t.tag_values,
    r.rotation_enabled, r.rotation_function, r.rotation_days, r.rotation_expression, r.rotation_hours, r.last_rotated_at,
    r.window_opens_at, r.window_closes_at, r.run_kind, r.run_version, r.run_step, r.run_failures, r.run_given_up, r.run_error,
    r.rotation_fence
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
