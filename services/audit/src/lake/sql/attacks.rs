//! What somebody would try who wants more than to read their own events.

use super::tests::{ID, translated};
use super::*;

#[test]
fn nothing_but_one_select_of_what_is_known_is_translated() {
    for attack in ATTACKS {
        if let Ok(found) = translated(attack) {
            panic!("{attack}\nbecame\n{}", found.sql);
        }
    }
}

#[test]
fn no_word_of_the_callers_is_in_the_statement_but_literals() {
    for harmless in HARMLESS {
        let found = translated(harmless).unwrap_or_else(|error| panic!("{harmless}: {error}"));
        // What is left without literals is of our own alphabet.
        let mut bare = String::new();
        for (index, part) in found.sql.split('\'').enumerate() {
            if index % 2 == 0 {
                bare.push_str(part);
            }
        }
        assert!(!bare.to_lowercase().contains("evil"), "{}", found.sql);
        assert!(
            bare.chars().all(|ch| ch.is_ascii_alphanumeric() || " _().,=<>$*[]|:#+-/%~{}".contains(ch)),
            "{bare}"
        );
        assert!(!bare.contains("--") && !bare.contains("/*") && !bare.contains(';'), "{bare}");
    }
}

#[test]
fn a_very_deep_or_long_statement_is_refused_and_kills_nothing() {
    let deep = |open: &str, close: &str, count: usize| {
        format!("SELECT {}1{} FROM {ID}", open.repeat(count), close.repeat(count))
    };
    for statement in [
        deep("(", ")", 4_000),
        deep("NOT ", "", 2_400),
        deep("- ", "", 4_000),
        deep("1+", "", 4_900),
        deep("lower(", ")", 1_400),
        deep("CASE WHEN 1=1 THEN ", " END", 400),
        deep("(SELECT ", ")", 900),
        deep("", "::text", 1_600),
        deep("", " || 'a'", 1_300),
        format!("SELECT 1 FROM {}{ID}{}", "(SELECT 1 FROM ".repeat(600), ") AS a".repeat(600)),
        format!("SELECT 1 FROM {ID}{}", " UNION ALL SELECT 1".repeat(500)),
        format!("SELECT {} FROM {ID}", vec!["1"; 4_000].join(",")),
        format!("SELECT 1 FROM {ID} e{}", ", 0b7e2a9c-1111-4222-8333-944455556666".repeat(200)),
    ] {
        let refused = translate(&statement, &super::tests::catalog());
        assert!(refused.is_err(), "{statement}");
    }
}

const ATTACKS: &[&str] = &[
    // Other statements, and several.
    "SELECT eventName FROM {eds}; DROP TABLE events",
    "SELECT eventName FROM {eds}; SELECT eventName FROM {eds}",
    "DELETE FROM {eds}",
    "INSERT INTO {eds} SELECT * FROM {eds}",
    "UPDATE {eds} SET eventName = 'x'",
    "TRUNCATE {eds}",
    "DROP TABLE {eds}",
    "CREATE TABLE x AS SELECT * FROM {eds}",
    "ALTER ROLE audit SUPERUSER",
    "COPY {eds} TO PROGRAM 'id'",
    "COPY (SELECT 1) TO '/tmp/x'",
    "DO $$ BEGIN PERFORM pg_sleep(1); END $$",
    "EXPLAIN ANALYZE SELECT * FROM {eds}",
    "PREPARE x AS SELECT 1",
    "EXECUTE x",
    "DECLARE c CURSOR FOR SELECT 1",
    "SET ROLE postgres",
    "RESET ROLE",
    "SET SESSION AUTHORIZATION DEFAULT",
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    "CALL x()",
    "LISTEN x",
    "NOTIFY x",
    "VACUUM",
    "LOCK TABLE events",
    "SHOW ALL",
    "TABLE events",
    "VALUES (1)",
    "GRANT ALL ON events TO PUBLIC",
    "LOAD 'x'",
    "MERGE INTO {eds} USING {eds} ON true WHEN MATCHED THEN DELETE",
    // Writing within a SELECT.
    "WITH gone AS (DELETE FROM events RETURNING *) SELECT * FROM gone",
    "WITH made AS (INSERT INTO events SELECT 1 RETURNING *) SELECT * FROM made, {eds}",
    "WITH made AS (UPDATE events SET region = '' RETURNING *) SELECT * FROM made, {eds}",
    "SELECT eventName INTO stolen FROM {eds}",
    "SELECT eventName FROM {eds} FOR UPDATE",
    "SELECT eventName FROM {eds} FOR SHARE",
    "SELECT eventName FROM {eds} FOR UPDATE SKIP LOCKED",
    // Functions with effects, or that see more.
    "SELECT pg_sleep(100) FROM {eds}",
    "SELECT pg_read_file('/etc/passwd') FROM {eds}",
    "SELECT pg_ls_dir('/') FROM {eds}",
    "SELECT lo_import('/etc/passwd') FROM {eds}",
    "SELECT lo_export(1, '/tmp/x') FROM {eds}",
    "SELECT * FROM dblink('host=x', 'SELECT 1') AS t(a int), {eds}",
    "SELECT dblink_exec('x', 'y') FROM {eds}",
    "SELECT set_config('keywright.lake_account', '444455556666', false) FROM {eds}",
    "SELECT current_setting('keywright.lake_account') FROM {eds}",
    "SELECT nextval('x') FROM {eds}",
    "SELECT setval('x', 1) FROM {eds}",
    "SELECT pg_advisory_lock(1) FROM {eds}",
    "SELECT pg_terminate_backend(1) FROM {eds}",
    "SELECT pg_cancel_backend(1) FROM {eds}",
    "SELECT pg_notify('a', 'b') FROM {eds}",
    "SELECT pg_reload_conf() FROM {eds}",
    "SELECT version() FROM {eds}",
    "SELECT current_user FROM {eds}",
    "SELECT session_user FROM {eds}",
    "SELECT user FROM {eds}",
    "SELECT current_database() FROM {eds}",
    "SELECT inet_server_addr() FROM {eds}",
    "SELECT query_to_xml('SELECT 1', true, true, '') FROM {eds}",
    "SELECT database_to_xml(true, true, '') FROM {eds}",
    "SELECT pg_catalog.pg_sleep(1) FROM {eds}",
    "SELECT \"pg_sleep\"(1) FROM {eds}",
    "SELECT pg_SLEEP(1) FROM {eds}",
    "SELECT e.pg_sleep FROM {eds} e",
    "SELECT (e).pg_typeof FROM {eds} e",
    "SELECT e FROM {eds} e",
    "SELECT row_to_json(e) FROM {eds} e",
    "SELECT make_event_partitions('{}') FROM {eds}",
    "SELECT lake_row(ARRAY['x']) FROM {eds}",
    "SELECT {fn version()} FROM {eds}",
    "SELECT has_table_privilege('events', 'SELECT') FROM {eds}",
    "SELECT query_to_xml_and_xmlschema('SELECT 1', true, true, '') FROM {eds}",
    "SELECT ts_stat('SELECT 1') FROM {eds}",
    // Catalogues, and our own tables.
    "SELECT * FROM pg_catalog.pg_authid",
    "SELECT * FROM pg_shadow",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM events",
    "SELECT * FROM public.events",
    "SELECT * FROM \"events\"",
    "SELECT * FROM lake_records",
    "SELECT * FROM record_blocks, {eds}",
    "SELECT (SELECT rolpassword FROM pg_authid LIMIT 1) FROM {eds}",
    "SELECT 1 FROM {eds} WHERE EXISTS (SELECT 1 FROM pg_authid)",
    "SELECT eventName FROM {eds} UNION SELECT rolname FROM pg_roles",
    "SELECT 1 FROM {eds} JOIN pg_roles ON true",
    "SELECT ctid, xmin FROM {eds}",
    "SELECT 'pg_authid'::regclass FROM {eds}",
    "SELECT CAST('pg_authid' AS regclass) FROM {eds}",
    "SELECT regclass 'pg_authid' FROM {eds}",
    "SELECT 1::oid FROM {eds}",
    "SELECT 'x'::xml FROM {eds}",
    "SELECT CAST('a' AS varchar(100000)) FROM {eds}",
    // Floods.
    "SELECT * FROM generate_series(1, 1000000000), {eds}",
    "SELECT generate_series(1, 1000000000) FROM {eds}",
    "SELECT sequence(1, 1000000000) FROM {eds}",
    "SELECT * FROM {eds}, UNNEST(sequence(1, 1000000))",
    "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT n FROM r, {eds}",
    "WITH RECURSIVE evil AS (SELECT eventName FROM {eds}) SELECT * FROM evil",
    "SELECT repeat('x', 1000000000) FROM {eds}",
    "SELECT lpad('x', 1000000000) FROM {eds}",
    "SELECT replace(eventJson, 'a', eventJson) FROM {eds}",
    "SELECT array_agg(eventJson) FROM {eds}",
    "SELECT string_agg(eventJson, ',') FROM {eds}",
    "SELECT listagg(eventJson, ',') FROM {eds}",
    "SELECT json_agg(eventJson) FROM {eds}",
    "SELECT 1e999999 FROM {eds}",
    "SELECT 99999999999999999999999999999999999 FROM {eds}",
    "SELECT eventName FROM {eds} LIMIT (SELECT 1)",
    "SELECT eventName FROM {eds} LIMIT 1 + 1",
    "SELECT eventName FROM {eds} LIMIT ALL OFFSET -1",
    "SELECT power(10, 1000000) FROM {eds}",
    "SELECT factorial(100000) FROM {eds}",
    "SELECT eventName FROM {eds} WHERE eventName LIKE eventJson",
    "SELECT eventName FROM {eds} WHERE regexp_like(eventJson, eventJson)",
    "SELECT eventName FROM {eds} WHERE eventJson ~ '(a+)+$'",
    "SELECT eventName FROM {eds} WHERE eventJson SIMILAR TO '(a+)+'",
    "SELECT eventName FROM {eds} WHERE regexp_like(eventName, '***=x')",
    "SELECT eventName FROM {eds} TABLESAMPLE SYSTEM (1)",
    "SELECT eventName FROM {eds} GROUP BY CUBE (eventName, eventTime)",
    "SELECT eventName FROM {eds} GROUP BY ROLLUP (eventName)",
    // Other ways to write literals, parameters and operators.
    "SELECT eventName FROM {eds} WHERE account = $1",
    "SELECT eventName FROM {eds} WHERE eventName = $2",
    "SELECT eventName FROM {eds} WHERE eventName = ?",
    "SELECT eventName FROM {eds} WHERE eventName = :a",
    "SELECT $$x$$ FROM {eds}",
    "SELECT E'\\047' FROM {eds}",
    "SELECT U&'\\0027' FROM {eds}",
    "SELECT U&\"\\0070g_sleep\"(1) FROM {eds}",
    "SELECT B'1' FROM {eds}",
    "SELECT X'41' FROM {eds}",
    "SELECT N'x' FROM {eds}",
    "SELECT eventName OPERATOR(pg_catalog.||) 'x' FROM {eds}",
    "SELECT eventName COLLATE \"en_US\" FROM {eds}",
    "SELECT eventName FROM {eds} \0 x",
    "SELECT ARRAY[1,2] FROM {eds}",
    "SELECT ROW(1,2) FROM {eds}",
    "SELECT (SELECT eventName, eventTime FROM {eds}) FROM {eds}",
    "SELECT eventName FROM {eds}, LATERAL (SELECT 1) x",
    "SELECT eventName FROM ONLY {eds}",
    "SELECT DISTINCT ON (eventName) eventName FROM {eds}",
    "SELECT eventName FROM {eds} WINDOW w AS (ORDER BY eventName)",
    "SELECT ｅventName FROM {eds}",
    "SELECT event\u{200b}Name FROM {eds}",
    "SELECT eventName FROM {eds} NATURAL JOIN {eds}",
    "SELECT interval '1 day; x' day FROM {eds}",
    "SELECT INTERVAL 'x' DAY FROM {eds}",
    "SELECT date_trunc('day'' || pg_sleep(1) || ''', eventTime) FROM {eds}",
    "SELECT date_trunc(eventName, eventTime) FROM {eds}",
    "SELECT json_extract(eventJson, eventName) FROM {eds}",
];

const HARMLESS: &[&str] = &[
    "SELECT eventName AS \"evil\"\"; DROP TABLE evil --\" FROM {eds} AS \"evil'\"",
    "SELECT eventName AS \"évil ⅰ\u{202e}evil\" FROM {eds}",
    "SELECT evil.eventName AS evil FROM {eds} AS evil ORDER BY evil",
    "WITH evil AS (SELECT eventName AS evil FROM {eds}) SELECT evil.evil FROM evil",
    "SELECT eventName FROM {eds} WHERE eventName = 'evil'' OR 1=1; --' /* evil */ -- evil",
    "SELECT 'evil\\' FROM {eds}",
    "SELECT \"eventName\" FROM {eds} WHERE element_at(requestParameters, 'evil'']) evil') = '}evil{'",
    "SELECT json_extract_scalar(eventJson, '$[\"evil'']\"]') FROM {eds}",
    "SELECT count(*) FROM {eds} WHERE any_match(resources, evil -> evil.arn = 'evil')",
    "SELECT regexp_replace(eventName, '(evil+)+''$') FROM {eds}",
    "SELECT date_format(eventTime, 'evil \"%Y'' evil') FROM {eds}",
    "SELECT eventName FROM {eds} WHERE eventName LIKE 'evil''!%' ESCAPE '!' LIMIT 9999999999",
];
