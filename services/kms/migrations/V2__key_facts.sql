-- What asymmetric, HMAC, imported, multi-Region and custom-store keys need beside what symmetric ones had.

ALTER TABLE keys
    ADD COLUMN pending_window_days   integer,
    -- Of keys with automatic rotation.
    ADD COLUMN rotation_period_days  integer,
    ADD COLUMN next_rotation_date    timestamptz,
    -- How many on-demand rotations there were, and when the one that isn't completed was asked for.
    ADD COLUMN on_demand_rotations   integer NOT NULL DEFAULT 0,
    ADD COLUMN on_demand_started_at  timestamptz,
    -- Of multi-Region keys: where the primary key is, and in which Regions there are replica keys.
    ADD COLUMN primary_region        text COLLATE "C",
    ADD COLUMN replica_regions       text[] NOT NULL DEFAULT '{}',
    -- Of keys in a custom key store, and the key behind it that an external key manager has.
    ADD COLUMN custom_key_store_id   text COLLATE "C",
    ADD COLUMN xks_key_id            text COLLATE "C",
    DROP CONSTRAINT keys_deletion_date,
    ADD CONSTRAINT keys_deletion_date CHECK ((key_state = 'PendingDeletion') = (deletion_date IS NOT NULL)),
    ADD CONSTRAINT keys_deletion_window
        CHECK (pending_window_days IS NULL OR key_state IN ('PendingDeletion', 'PendingReplicaDeletion')),
    ADD CONSTRAINT keys_rotation CHECK ((rotation_period_days IS NULL) = (next_rotation_date IS NULL));

-- What the rotation worker looks for.
CREATE INDEX keys_rotation_due ON keys (region, next_rotation_date) WHERE next_rotation_date IS NOT NULL;

CREATE INDEX keys_of_custom_key_store ON keys (region, account_id, custom_key_store_id)
    WHERE custom_key_store_id IS NOT NULL;

-- Imported material can be absent: what is known of it stays, so that the same one can be imported again.
ALTER TABLE key_materials
    ALTER COLUMN domain_key_id DROP NOT NULL,
    ALTER COLUMN wrapped DROP NOT NULL,
    ADD COLUMN material_state     text NOT NULL DEFAULT 'NON_CURRENT',
    ADD COLUMN description        text,
    ADD COLUMN imported           boolean NOT NULL DEFAULT false,
    ADD COLUMN valid_to           timestamptz,
    ADD COLUMN rotation_date      timestamptz,
    ADD COLUMN rotation_type      text,
    ADD CONSTRAINT key_materials_wrapped CHECK ((wrapped IS NULL) = (domain_key_id IS NULL)),
    ADD CONSTRAINT key_materials_absent CHECK (wrapped IS NOT NULL OR imported);

UPDATE key_materials SET material_state = 'CURRENT' WHERE is_current;

ALTER TABLE key_materials
    ALTER COLUMN material_state DROP DEFAULT,
    ADD CONSTRAINT key_materials_state CHECK (is_current = (material_state = 'CURRENT'));

-- What the expiry worker looks for.
CREATE INDEX key_materials_expiry_due ON key_materials (region, valid_to)
    WHERE valid_to IS NOT NULL AND wrapped IS NOT NULL;
-- What the rotation of domain keys looks for.
CREATE INDEX key_materials_of_domain_key ON key_materials (domain_key_id) WHERE domain_key_id IS NOT NULL;
