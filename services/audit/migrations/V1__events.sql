-- Events, one row for each event id, a partition for each day (UTC).
--
-- event_time is the record's own, in whole seconds; with event_id, which our services make in order of time, it is the
-- order in which events are listed. The record is kept byte for byte as it came: what is proven later is proven of it.
CREATE TABLE events (
    event_time    timestamptz NOT NULL,
    event_id      uuid        NOT NULL,
    account       text        NOT NULL,
    region        text        NOT NULL,
    event_name    text        NOT NULL,
    event_source  text        NOT NULL,
    username      text,
    access_key_id text,
    read_only     boolean     NOT NULL,
    error_code    text,
    record        bytea       NOT NULL,
    PRIMARY KEY (event_time, event_id)
) PARTITION BY RANGE (event_time);

-- What an event is about; as many rows as the record names resources.
CREATE TABLE event_resources (
    event_time    timestamptz NOT NULL,
    event_id      uuid        NOT NULL,
    ordinal       integer     NOT NULL,
    account       text        NOT NULL,
    region        text        NOT NULL,
    resource_type text,
    resource_name text        NOT NULL,
    PRIMARY KEY (event_time, event_id, ordinal)
) PARTITION BY RANGE (event_time);

-- Each serves LookupEvents by one attribute, newest first, within an account and a Region.
CREATE INDEX events_by_time ON events (account, region, event_time DESC, event_id DESC);
CREATE INDEX events_by_id ON events (event_id);
CREATE INDEX events_by_name ON events (account, region, event_name, event_time DESC, event_id DESC);
CREATE INDEX events_by_source ON events (account, region, event_source, event_time DESC, event_id DESC);
CREATE INDEX events_by_username ON events (account, region, username, event_time DESC, event_id DESC);
CREATE INDEX events_by_access_key ON events (account, region, access_key_id, event_time DESC, event_id DESC);
CREATE INDEX events_by_read_only ON events (account, region, read_only, event_time DESC, event_id DESC);
CREATE INDEX event_resources_by_name
    ON event_resources (account, region, resource_name, event_time DESC, event_id DESC);
CREATE INDEX event_resources_by_type
    ON event_resources (account, region, resource_type, event_time DESC, event_id DESC);

-- How far each source was read; moved in the transaction that stores what was read.
CREATE TABLE source_positions (
    source   text   PRIMARY KEY,
    position bigint NOT NULL
);

-- What could not be stored as an event, as it came.
CREATE TABLE dead_letters (
    source        text        NOT NULL,
    position      bigint      NOT NULL,
    event_id      uuid,
    partition_key bytea       NOT NULL,
    payload       bytea       NOT NULL,
    trace_parent  text,
    reason        text        NOT NULL,
    stored_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- When it was also sent to the dead-letter topic, where there is one.
    published_at  timestamptz,
    PRIMARY KEY (source, position)
);
CREATE INDEX dead_letters_unpublished ON dead_letters (stored_at) WHERE published_at IS NULL;

-- Makes the partitions of these days where they are missing; says how many were. A new table is attached, and not made
-- as a partition, since that would shut out readers and writers of the whole table for a moment.
CREATE FUNCTION make_event_partitions(days date[]) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    day     date;
    parent  text;
    name    text;
    made    integer := 0;
BEGIN
    -- Replicas take turns.
    PERFORM pg_advisory_xact_lock(hashtextextended('make_event_partitions', 0));
    FOREACH day IN ARRAY days LOOP
        FOREACH parent IN ARRAY ARRAY['events', 'event_resources'] LOOP
            name := parent || '_' || to_char(day, 'YYYYMMDD');
            CONTINUE WHEN to_regclass(format('%I', name)) IS NOT NULL;
            EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', name, parent);
            EXECUTE format(
                'ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                parent, name, day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC'
            );
            made := made + 1;
        END LOOP;
    END LOOP;
    RETURN made;
END
$$;
