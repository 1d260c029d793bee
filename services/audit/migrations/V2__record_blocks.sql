-- Records go into blocks, which Postgres compresses, beside the columns that are looked for.
--
-- A block holds records of one day (UTC), byte for byte; they are the leaves of the transparency log. Of an event's
-- resources the first is in its own row: most events have one at most.

ALTER TABLE events RENAME TO former_events;
ALTER TABLE event_resources RENAME TO former_event_resources;
DROP INDEX
    events_by_time, events_by_id, events_by_name, events_by_source, events_by_username, events_by_access_key,
    events_by_read_only, event_resources_by_name, event_resources_by_type;
DO $$
DECLARE
    partition regclass;
BEGIN
    FOR partition IN
        SELECT inhrelid FROM pg_inherits
         WHERE inhparent IN ('former_events'::regclass, 'former_event_resources'::regclass)
    LOOP
        EXECUTE format('ALTER TABLE %s RENAME TO %I', partition, 'former_' || partition::text);
    END LOOP;
END
$$;

-- "C": names are compared byte by byte, which is what equality needs and the fastest that Postgres has.
CREATE TABLE events (
    event_time        timestamptz NOT NULL,
    event_id          uuid        NOT NULL,
    block_id          bigint      NOT NULL,
    -- The record is records[ordinal] of the block.
    ordinal           smallint    NOT NULL,
    account           text        COLLATE "C" NOT NULL,
    region            text        COLLATE "C" NOT NULL,
    event_name        text        COLLATE "C" NOT NULL,
    event_source      text        COLLATE "C" NOT NULL,
    username          text        COLLATE "C",
    access_key_id     text        COLLATE "C",
    read_only         boolean     NOT NULL,
    error_code        text        COLLATE "C",
    principal_arn     text        COLLATE "C",
    source_ip_address text        COLLATE "C",
    -- The record's first resource.
    resource_type     text        COLLATE "C",
    resource_name     text        COLLATE "C",
    PRIMARY KEY (event_id, event_time)
) PARTITION BY RANGE (event_time);

-- The record's second resource and those after it.
CREATE TABLE event_resources (
    event_time    timestamptz NOT NULL,
    event_id      uuid        NOT NULL,
    -- 0 would be the first.
    ordinal       integer     NOT NULL,
    account       text        COLLATE "C" NOT NULL,
    region        text        COLLATE "C" NOT NULL,
    resource_type text        COLLATE "C",
    resource_name text        COLLATE "C" NOT NULL,
    PRIMARY KEY (event_id, ordinal, event_time)
) PARTITION BY RANGE (event_time);

-- Records of one day. A block is written once and never changed.
CREATE TABLE record_blocks (
    block_id bigint  NOT NULL,
    day      date    NOT NULL,
    records  bytea[] NOT NULL,
    PRIMARY KEY (block_id, day)
) PARTITION BY RANGE (day);
DO $$
BEGIN
    ALTER TABLE record_blocks ALTER COLUMN records SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
    RAISE NOTICE 'this server was built without lz4: records are compressed by pglz, which takes more time';
END
$$;
CREATE SEQUENCE record_block_ids AS bigint;

-- Blocks that have no place in the transparency log yet. Written with the block, deleted when it has its place.
CREATE TABLE unsequenced_blocks (
    block_id    bigint  PRIMARY KEY,
    day         date    NOT NULL,
    leaves      integer NOT NULL,
    -- How many of them tell of the log's own signing: they alone are no reason to sign again.
    own_leaves  integer NOT NULL,
    -- 32 bytes for each record: SHA-256 of 0x00 and the record (RFC 6962).
    leaf_hashes bytea   NOT NULL
);
ALTER TABLE unsequenced_blocks ALTER COLUMN leaf_hashes SET STORAGE EXTERNAL;

-- Days whose events retention has dropped.
CREATE TABLE expired_days (
    day        date        PRIMARY KEY,
    events     bigint      NOT NULL,
    dropped_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Each serves LookupEvents by one attribute within an account and a Region. Ascending, though the newest is wanted
-- first: so new entries come behind the last one, and pages become full; they are read backwards.
CREATE INDEX events_by_read_only ON events (account, region, read_only, event_time, event_id);
CREATE INDEX events_by_name ON events (account, region, event_name, event_time, event_id);
CREATE INDEX events_by_source ON events (account, region, event_source, event_time, event_id);
CREATE INDEX events_by_username ON events (account, region, username, event_time, event_id)
    WHERE username IS NOT NULL;
CREATE INDEX events_by_access_key ON events (account, region, access_key_id, event_time, event_id)
    WHERE access_key_id IS NOT NULL;
CREATE INDEX events_by_resource_name ON events (account, region, resource_name, event_time, event_id)
    WHERE resource_name IS NOT NULL;
CREATE INDEX events_by_resource_type ON events (account, region, resource_type, event_time, event_id)
    WHERE resource_type IS NOT NULL;
CREATE INDEX event_resources_by_name ON event_resources (account, region, resource_name, event_time, event_id);
CREATE INDEX event_resources_by_type ON event_resources (account, region, resource_type, event_time, event_id);
-- Rows lie in the order of their blocks: a few bytes for each range of pages find them.
CREATE INDEX events_by_block ON events USING brin (block_id) WITH (pages_per_range = 32, autosummarize = on);

-- As in the first version, for one more table.
CREATE OR REPLACE FUNCTION make_event_partitions(days date[]) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    day    date;
    parent text;
    name   text;
    low    text;
    high   text;
    made   integer := 0;
BEGIN
    -- Replicas take turns.
    PERFORM pg_advisory_xact_lock(hashtextextended('make_event_partitions', 0));
    FOREACH day IN ARRAY days LOOP
        FOREACH parent IN ARRAY ARRAY['events', 'event_resources', 'record_blocks'] LOOP
            name := parent || '_' || to_char(day, 'YYYYMMDD');
            CONTINUE WHEN to_regclass(format('%I', name)) IS NOT NULL;
            IF parent = 'record_blocks' THEN
                low := day;
                high := day + 1;
            ELSE
                low := day::timestamp AT TIME ZONE 'UTC';
                high := (day + 1)::timestamp AT TIME ZONE 'UTC';
            END IF;
            EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', name, parent);
            EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, name, low, high);
            made := made + 1;
        END LOOP;
    END LOOP;
    RETURN made;
END
$$;

-- Drops the partitions of one day, and says how many events it had; null when it has no partitions.
CREATE FUNCTION drop_event_partitions(day date) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    parent text;
    name   text;
    events bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('make_event_partitions', 0));
    name := 'events_' || to_char(day, 'YYYYMMDD');
    IF to_regclass(format('%I', name)) IS NULL THEN
        RETURN NULL;
    END IF;
    EXECUTE format('SELECT count(*) FROM %I', name) INTO events;
    FOREACH parent IN ARRAY ARRAY['events', 'event_resources', 'record_blocks'] LOOP
        EXECUTE format('DROP TABLE IF EXISTS %I', parent || '_' || to_char(day, 'YYYYMMDD'));
    END LOOP;
    RETURN events;
END
$$;

-- What was stored before goes on as it was, in blocks in the order of time.
SELECT make_event_partitions(ARRAY(SELECT DISTINCT (event_time AT TIME ZONE 'UTC')::date FROM former_events));
CREATE TEMPORARY TABLE placed ON COMMIT DROP AS
SELECT event_time, event_id, (event_time AT TIME ZONE 'UTC')::date AS day,
       (number - 1) / 64 AS part, ((number - 1) % 64 + 1)::smallint AS ordinal
  FROM (
    SELECT event_time, event_id,
           row_number() OVER (PARTITION BY (event_time AT TIME ZONE 'UTC')::date ORDER BY event_time, event_id) AS number
      FROM former_events
  ) AS numbered;
CREATE TEMPORARY TABLE blocks ON COMMIT DROP AS
SELECT day, part, nextval('record_block_ids') AS block_id
  FROM (SELECT DISTINCT day, part FROM placed ORDER BY day, part) AS parts;
INSERT INTO events
SELECT event.event_time, event.event_id, block.block_id, placed.ordinal, event.account, event.region, event.event_name,
       event.event_source, event.username, event.access_key_id, event.read_only, event.error_code,
       record.value #>> '{userIdentity,arn}', record.value ->> 'sourceIPAddress', first.resource_type,
       first.resource_name
  FROM former_events AS event
  JOIN placed USING (event_time, event_id)
  JOIN blocks AS block USING (day, part)
 CROSS JOIN LATERAL (SELECT replace(convert_from(event.record, 'UTF8'), '\u0000', '\ufffd')::json) AS record (value)
  LEFT JOIN former_event_resources AS first
         ON first.event_time = event.event_time AND first.event_id = event.event_id AND first.ordinal = 0;
INSERT INTO event_resources SELECT * FROM former_event_resources WHERE ordinal > 0;
INSERT INTO record_blocks
SELECT block_id, day, array_agg(record ORDER BY placed.ordinal)
  FROM former_events JOIN placed USING (event_time, event_id) JOIN blocks USING (day, part)
 GROUP BY block_id, day;
INSERT INTO unsequenced_blocks
SELECT block_id, day, count(*), 0, string_agg(sha256('\x00'::bytea || record), ''::bytea ORDER BY placed.ordinal)
  FROM former_events JOIN placed USING (event_time, event_id) JOIN blocks USING (day, part)
 GROUP BY block_id, day;
DROP TABLE former_events, former_event_resources;
