-- When each key was last used: written in batches, so it lags behind by the time between two of them.

CREATE TABLE key_last_usage (
    region     text COLLATE "C" NOT NULL,
    account_id text COLLATE "C" NOT NULL,
    key_id     text COLLATE "C" NOT NULL,
    operation  text NOT NULL,
    used_at    timestamptz NOT NULL,
    event_id   uuid NOT NULL,
    request_id uuid NOT NULL,
    PRIMARY KEY (region, account_id, key_id),
    FOREIGN KEY (region, account_id, key_id) REFERENCES keys ON DELETE CASCADE
) WITH (fillfactor = 70);

-- Since when uses are noted: of keys that are older, nothing is known before.
CREATE TABLE usage_tracking (
    only_one   boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    started_at timestamptz NOT NULL
);

INSERT INTO usage_tracking (started_at) VALUES (now());
