-- What Regions need for multi-Region keys: who they are to each other, and what each still has to be told.

-- A Region's own key pair; other Regions are told the public half by configuration.
CREATE TABLE region_keys (
    region        text COLLATE "C" PRIMARY KEY,
    public_key    bytea NOT NULL,
    domain_key_id uuid NOT NULL REFERENCES domain_keys,
    wrapped       bytea NOT NULL,
    created_at    timestamptz NOT NULL
);

-- Of a multi-Region key: how often its primary Region was changed, and to where it is being changed now.
CREATE TABLE primary_changes (
    region      text COLLATE "C" NOT NULL,
    account_id  text COLLATE "C" NOT NULL,
    key_id      text COLLATE "C" NOT NULL,
    epoch       bigint NOT NULL,
    updating_to text COLLATE "C",
    PRIMARY KEY (region, account_id, key_id),
    FOREIGN KEY (region, account_id, key_id) REFERENCES keys ON DELETE CASCADE
);

-- Each message about a key has a higher version than the one before.
CREATE SEQUENCE replication_versions;

-- That another Region is to be told how a key is now. What it is told is read when it is told, so that the newest
-- state is told, however many changes there were. A key that is gone is told of as well.
CREATE TABLE replications (
    region      text COLLATE "C" NOT NULL,
    account_id  text COLLATE "C" NOT NULL,
    key_id      text COLLATE "C" NOT NULL,
    peer_region text COLLATE "C" NOT NULL,
    generation  bigint NOT NULL,
    due_at      timestamptz NOT NULL,
    attempts    integer NOT NULL DEFAULT 0,
    -- The replica key that is to be made there, as JSON.
    new_replica text,
    PRIMARY KEY (region, account_id, key_id, peer_region)
);

-- What the delivery to one Region looks for.
CREATE INDEX replications_due ON replications (region, peer_region, due_at);

-- The newest message of another Region about a key that was heeded, and the replica key that was made last on its
-- word. It outlives the key, so that no old message brings a key back.
CREATE TABLE replications_received (
    region      text COLLATE "C" NOT NULL,
    account_id  text COLLATE "C" NOT NULL,
    key_id      text COLLATE "C" NOT NULL,
    peer_region text COLLATE "C" NOT NULL,
    version     bigint NOT NULL,
    made        uuid,
    PRIMARY KEY (region, account_id, key_id, peer_region)
);

-- Which materials of a primary key are known to be in its replica keys.
CREATE TABLE replica_materials (
    region          text COLLATE "C" NOT NULL,
    account_id      text COLLATE "C" NOT NULL,
    key_id          text COLLATE "C" NOT NULL,
    replica_region  text COLLATE "C" NOT NULL,
    key_material_id bytea NOT NULL,
    PRIMARY KEY (region, account_id, key_id, replica_region, key_material_id),
    FOREIGN KEY (region, account_id, key_id) REFERENCES keys ON DELETE CASCADE
);

-- Replica keys that were announced and never completed.
CREATE INDEX keys_creating ON keys (region, created_at) WHERE key_state = 'Creating';
