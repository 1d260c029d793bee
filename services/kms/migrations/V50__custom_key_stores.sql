-- Custom key stores: where keys live in a PKCS#11 token or behind an external key store proxy.

CREATE TABLE custom_key_stores (
    region                text COLLATE "C" NOT NULL,
    account_id            text COLLATE "C" NOT NULL,
    custom_key_store_id   text COLLATE "C" NOT NULL,
    name                  text COLLATE "C" NOT NULL,
    store_type            text NOT NULL,
    connection_state      text NOT NULL,
    connection_error_code text,
    -- While one replica connects it, the others leave it alone; by the clock of the database.
    claimed_until         timestamptz,
    -- Which attempt to connect it is: the outcome of a former one doesn't count.
    connection_attempt    bigint NOT NULL DEFAULT 0,
    created_at            timestamptz NOT NULL,
    -- Of AWS_CLOUDHSM.
    cloud_hsm_cluster_id  text COLLATE "C",
    trust_anchor          text,
    -- Of EXTERNAL_KEY_STORE.
    xks_uri_endpoint      text COLLATE "C",
    xks_uri_path          text COLLATE "C",
    xks_access_key_id     text COLLATE "C",
    -- The password, or the secret access key: wrapped by a domain key.
    domain_key_id         uuid NOT NULL REFERENCES domain_keys,
    credential            bytea NOT NULL,
    PRIMARY KEY (region, account_id, custom_key_store_id),
    CONSTRAINT custom_key_stores_name UNIQUE (region, account_id, name),
    CONSTRAINT custom_key_stores_type CHECK (
        (store_type = 'AWS_CLOUDHSM'
            AND cloud_hsm_cluster_id IS NOT NULL AND trust_anchor IS NOT NULL
            AND xks_uri_endpoint IS NULL AND xks_uri_path IS NULL AND xks_access_key_id IS NULL)
        OR (store_type = 'EXTERNAL_KEY_STORE'
            AND cloud_hsm_cluster_id IS NULL AND trust_anchor IS NULL
            AND xks_uri_endpoint IS NOT NULL AND xks_uri_path IS NOT NULL AND xks_access_key_id IS NOT NULL)),
    CONSTRAINT custom_key_stores_error CHECK ((connection_state = 'FAILED') = (connection_error_code IS NOT NULL))
);

CREATE UNIQUE INDEX custom_key_stores_cluster ON custom_key_stores (region, cloud_hsm_cluster_id)
    WHERE cloud_hsm_cluster_id IS NOT NULL;
CREATE UNIQUE INDEX custom_key_stores_xks_uri ON custom_key_stores (region, account_id, xks_uri_endpoint, xks_uri_path)
    WHERE xks_uri_endpoint IS NOT NULL;
-- What the connector looks for.
CREATE INDEX custom_key_stores_connecting ON custom_key_stores (region) WHERE connection_state = 'CONNECTING';

ALTER TABLE keys
    ADD CONSTRAINT keys_custom_key_store
        FOREIGN KEY (region, account_id, custom_key_store_id) REFERENCES custom_key_stores;
-- Each key of an external key store has an external key of its own.
CREATE UNIQUE INDEX keys_xks_key ON keys (region, account_id, custom_key_store_id, xks_key_id)
    WHERE xks_key_id IS NOT NULL;

-- Keys in tokens that must go, or may have been made for nothing. A store that is deleted leaves them behind.
CREATE TABLE hsm_keys_to_destroy (
    region              text COLLATE "C" NOT NULL,
    account_id          text COLLATE "C" NOT NULL,
    custom_key_store_id text COLLATE "C" NOT NULL,
    key_id              text COLLATE "C" NOT NULL,
    -- By the clock of the database.
    not_before          timestamptz NOT NULL,
    PRIMARY KEY (region, account_id, key_id),
    FOREIGN KEY (region, account_id, custom_key_store_id) REFERENCES custom_key_stores ON DELETE CASCADE
);
CREATE INDEX hsm_keys_to_destroy_due ON hsm_keys_to_destroy (region, not_before);
