-- CloudTrail's log files and digest files, as far as they were written.

-- Ranges of the transparency log's leaves, without gaps. A range is noted before its files are written, with their time: if
-- the process dies meanwhile, the same files are written again.
CREATE TABLE trail_deliveries (
    first_leaf   bigint      PRIMARY KEY,
    end_leaf     bigint      NOT NULL CHECK (end_leaf > first_leaf),
    delivered_at timestamptz NOT NULL,
    done         boolean     NOT NULL DEFAULT false
);

CREATE TABLE trail_files (
    object       text        PRIMARY KEY,
    account      text        COLLATE "C" NOT NULL,
    region       text        COLLATE "C" NOT NULL,
    delivered_at timestamptz NOT NULL,
    -- SHA-256 of the content, unpacked.
    hash         bytea       NOT NULL,
    oldest_event timestamptz NOT NULL,
    newest_event timestamptz NOT NULL
);
CREATE INDEX trail_files_by_time ON trail_files (account, region, delivered_at, object);

-- A chain for each account and Region.
CREATE TABLE trail_digests (
    account    text        COLLATE "C" NOT NULL,
    region     text        COLLATE "C" NOT NULL,
    start_time timestamptz NOT NULL,
    end_time   timestamptz NOT NULL,
    object     text        NOT NULL,
    -- SHA-256 of the content, unpacked.
    hash       bytea       NOT NULL,
    signature  bytea       NOT NULL,
    -- The file was written.
    done       boolean     NOT NULL DEFAULT false,
    content    bytea       NOT NULL,
    PRIMARY KEY (account, region, end_time)
);
CREATE INDEX trail_digests_to_write ON trail_digests (end_time) WHERE NOT done;

-- What digest files are verified by.
CREATE TABLE trail_keys (
    fingerprint text        PRIMARY KEY,
    -- PKCS#1, DER.
    public_key  bytea       NOT NULL,
    first_used  timestamptz NOT NULL,
    last_used   timestamptz NOT NULL
);
