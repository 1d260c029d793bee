-- A label is that of one version at a time; to move it is to update its row.
CREATE TABLE parameter_labels (
    parameter_id bigint NOT NULL REFERENCES parameters ON DELETE CASCADE,
    label        text COLLATE "C" NOT NULL,
    version      bigint NOT NULL,
    PRIMARY KEY (parameter_id, label),
    -- A version that has a label isn't forgotten: nothing cascades from it.
    FOREIGN KEY (parameter_id, version) REFERENCES parameter_versions (parameter_id, version)
);

-- The tier of the current version, by which parameters are counted.
ALTER TABLE parameters ADD COLUMN tier text NOT NULL DEFAULT 'Standard' CHECK (tier IN ('Standard', 'Advanced'));
UPDATE parameters p SET tier = v.tier
FROM parameter_versions v
WHERE v.parameter_id = p.parameter_id AND v.version = p.version AND v.tier <> p.tier;
-- The tier stands first, so that this index never looks good for finding one path.
CREATE INDEX parameters_of_tier ON parameters (tier, region, account_id);

-- The policy of a parameter that is shared, one for each.
CREATE TABLE parameter_resource_policies (
    parameter_id bigint PRIMARY KEY REFERENCES parameters ON DELETE CASCADE,
    policy_id    text NOT NULL,
    policy_hash  text NOT NULL,
    policy       text NOT NULL
);

-- The accounts that a parameter's policy names. `location` is the owner's account and the path, with a slash between: the
-- order of the list of what is shared with an account.
CREATE TABLE parameter_shares (
    shared_with  text COLLATE "C" NOT NULL,
    region       text COLLATE "C" NOT NULL,
    location     text COLLATE "C" NOT NULL,
    parameter_id bigint NOT NULL REFERENCES parameter_resource_policies ON DELETE CASCADE,
    PRIMARY KEY (shared_with, region, location)
);
CREATE INDEX parameter_shares_of_parameter ON parameter_shares (parameter_id);

-- What an account has set; what it hasn't set is as it is by default.
CREATE TABLE service_settings (
    region      text COLLATE "C" NOT NULL,
    account_id  text COLLATE "C" NOT NULL,
    setting_id  text COLLATE "C" NOT NULL,
    value       text NOT NULL,
    modified_at timestamptz NOT NULL,
    modified_by text NOT NULL,
    PRIMARY KEY (region, account_id, setting_id)
);
