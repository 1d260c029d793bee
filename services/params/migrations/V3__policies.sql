-- Parameter policies. A version has those that were set with it, or before it and not replaced by then.
CREATE TABLE parameter_policies (
    parameter_id  bigint NOT NULL REFERENCES parameters ON DELETE CASCADE,
    since_version bigint NOT NULL,
    number        integer NOT NULL,
    -- The version by which they were replaced.
    until_version bigint,
    region        text COLLATE "C" NOT NULL,
    type          text NOT NULL CHECK (type IN ('Expiration', 'ExpirationNotification', 'NoChangeNotification')),
    policy        text NOT NULL,
    status        text NOT NULL CHECK (status IN ('Pending', 'Finished')),
    set_at        timestamptz NOT NULL,
    -- Of what is counted from the last change of the parameter.
    after_seconds bigint,
    -- When it is to be applied; none once that is done, or it is replaced.
    due_at        timestamptz,
    PRIMARY KEY (parameter_id, since_version, number)
);

-- What is due, for the worker.
CREATE INDEX parameter_policies_due ON parameter_policies (region, due_at) WHERE due_at IS NOT NULL;
