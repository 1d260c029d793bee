-- CloudTrail Lake: event data stores, queries and their results, and what queries may see.

CREATE TABLE event_data_stores (
    store_id               uuid        PRIMARY KEY,
    account                text        COLLATE "C" NOT NULL,
    region                 text        COLLATE "C" NOT NULL,
    name                   text        COLLATE "C" NOT NULL,
    -- As the API has them.
    selectors              json        NOT NULL,
    multi_region           boolean     NOT NULL,
    retention_days         integer     NOT NULL,
    termination_protection boolean     NOT NULL,
    billing_mode           text        NOT NULL,
    tags                   json        NOT NULL,
    created_at             timestamptz NOT NULL,
    updated_at             timestamptz NOT NULL,
    -- It can be restored until it is gone for good, seven days later.
    deleted_at             timestamptz
);
CREATE UNIQUE INDEX event_data_stores_by_name ON event_data_stores (account, region, name) WHERE deleted_at IS NULL;

CREATE TABLE lake_queries (
    query_id     uuid        PRIMARY KEY,
    account      text        COLLATE "C" NOT NULL,
    stores       uuid[]      NOT NULL,
    statement    text        NOT NULL,
    columns      text[]      NOT NULL,
    status       text        NOT NULL,
    error        text,
    created_at   timestamptz NOT NULL,
    started_at   timestamptz,
    ended_at     timestamptz,
    -- Whoever runs it moves this ahead; when it is past, nobody does.
    leased_until timestamptz NOT NULL,
    result_rows  bigint      NOT NULL DEFAULT 0
);
CREATE INDEX lake_queries_by_account ON lake_queries (account, created_at, query_id);
CREATE INDEX lake_queries_open ON lake_queries (account) WHERE status IN ('QUEUED', 'RUNNING');
CREATE INDEX lake_queries_by_age ON lake_queries (created_at);

-- A row of a result: a JSON array of texts.
CREATE TABLE lake_results (
    query_id uuid   NOT NULL REFERENCES lake_queries ON DELETE CASCADE,
    ordinal  bigint NOT NULL,
    cells    text   NOT NULL,
    PRIMARY KEY (query_id, ordinal)
);

-- A record as JSON whose texts Postgres can hold: it has no NUL, and takes escaped surrogates in pairs only.
CREATE FUNCTION lake_json(record bytea) RETURNS json
LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE
    whole text := convert_from(record, 'UTF8');
BEGIN
    IF strpos(whole, '\u') > 0 THEN
        whole := regexp_replace(whole, '(?<!\\)((?:\\\\)*)\\u(?:0000|[dD][89a-fA-F][0-9a-fA-F]{2})', '\1\\ufffd', 'g');
    END IF;
    RETURN whole::json;
EXCEPTION WHEN data_exception THEN
    -- Another's record that is none: its columns are shown all the same.
    RETURN NULL;
END
$$;

-- Values as results have them.
CREATE FUNCTION lake_text(value anyelement) RETURNS text LANGUAGE sql STABLE AS 'SELECT $1::text';
CREATE FUNCTION lake_text(value timestamptz) RETURNS text LANGUAGE sql STABLE
AS $$SELECT to_char($1, 'YYYY-MM-DD HH24:MI:SS.MS')$$;
-- Else a day would be taken for its midnight.
CREATE FUNCTION lake_text(value date) RETURNS text LANGUAGE sql STABLE AS 'SELECT $1::text';

-- No more than a text may have that is made of others, nor a row.
CREATE FUNCTION lake_bounded(value text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
    IF octet_length(value) > 1048576 THEN
        RAISE EXCEPTION USING ERRCODE = 'program_limit_exceeded', MESSAGE = 'a text is longer than 1 MiB';
    END IF;
    RETURN value;
END
$$;
CREATE FUNCTION lake_row(cells text[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF pg_column_size(cells) > 1048576 THEN
        RAISE EXCEPTION USING ERRCODE = 'program_limit_exceeded', MESSAGE = 'a row is longer than 1 MiB';
    END IF;
    RETURN array_to_json(cells)::text;
END
$$;

-- What looks into JSON, and finds nothing in what has another form.
CREATE FUNCTION lake_elements(list json) RETURNS SETOF json LANGUAGE sql IMMUTABLE
AS $$SELECT value FROM json_array_elements(CASE json_typeof($1) WHEN 'array' THEN $1 ELSE '[]' END)$$;
CREATE FUNCTION lake_scalar(value json) RETURNS text LANGUAGE sql IMMUTABLE
AS $$SELECT CASE WHEN json_typeof($1) NOT IN ('object', 'array') THEN $1 #>> '{}' END$$;
CREATE FUNCTION lake_cardinality(value json) RETURNS bigint LANGUAGE sql IMMUTABLE
AS $$SELECT CASE json_typeof($1)
         WHEN 'array' THEN json_array_length($1)::bigint
         WHEN 'object' THEN (SELECT count(*) FROM json_object_keys($1))
     END$$;
CREATE FUNCTION lake_keys(value json) RETURNS json LANGUAGE sql IMMUTABLE
AS $$SELECT CASE json_typeof($1) WHEN 'object' THEN (SELECT json_agg(key) FROM json_object_keys($1) AS key) END$$;
CREATE FUNCTION lake_contains(list json, wanted text) RETURNS boolean LANGUAGE sql IMMUTABLE
AS $$SELECT EXISTS (SELECT FROM lake_elements($1) AS element WHERE element #>> '{}' = $2)$$;

-- The events of one account: the one that the service has set for the transaction.
CREATE VIEW lake_events WITH (security_barrier) AS
SELECT event_time, event_id, account, region, event_name, event_source, username, access_key_id, read_only, error_code,
       principal_arn, source_ip_address, resource_type, resource_name
  FROM events
 WHERE account = current_setting('keywright.lake_account', true);

-- The same with their records.
CREATE VIEW lake_records WITH (security_barrier) AS
SELECT event.event_time, event.event_id, event.account, event.region, event.event_name, event.event_source,
       event.username, event.access_key_id, event.read_only, event.error_code, event.principal_arn,
       event.source_ip_address, event.resource_type, event.resource_name,
       lake_json(block.records[event.ordinal]) AS record
  FROM events AS event
  JOIN record_blocks AS block
    ON block.block_id = event.block_id AND block.day = (event.event_time AT TIME ZONE 'UTC')::date
 WHERE event.account = current_setting('keywright.lake_account', true);

-- All but the first resource of these events, for stores that select by resource.
CREATE VIEW lake_resources WITH (security_barrier) AS
SELECT event_time, event_id, resource_type, resource_name
  FROM event_resources
 WHERE account = current_setting('keywright.lake_account', true);

-- Readies the role as which queries run; says whether it is there and this role may become it. A role that can make
-- roles makes it.
CREATE FUNCTION ready_lake_role(wanted name) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('ready_lake_role', 0));
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
        IF NOT (SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user) THEN
            RETURN false;
        END IF;
        EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
        EXECUTE format('GRANT %I TO %I', wanted, current_user);
    END IF;
    IF NOT pg_has_role(current_user, wanted, 'MEMBER') OR pg_has_role(wanted, current_user, 'MEMBER') THEN
        RETURN false;
    END IF;
    IF NOT has_table_privilege(wanted, 'lake_resources', 'SELECT') THEN
        EXECUTE format('GRANT SELECT ON lake_events, lake_records, lake_resources TO %I', wanted);
    END IF;
    RETURN true;
END
$$;
