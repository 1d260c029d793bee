use super::*;

pub(super) const ID: &str = "0b7e2a9c-1111-4222-8333-944455556666";
const OTHER: &str = "ffffffff-1111-4222-8333-944455556666";

pub(super) fn catalog() -> Catalog {
    let store = |id: &str| CatalogStore {
        id: Uuid::parse_str(id).unwrap(),
        arn: format!("arn:aws:cloudtrail:us-east-1:111122223333:eventdatastore/{id}"),
        name: None,
        condition: "true".to_owned(),
    };
    Catalog { stores: vec![store(ID), store(OTHER)] }
}

/// Translates a statement in which `{eds}` is the store.
pub(super) fn translated(statement: &str) -> Result<Translated, SqlError> {
    translate(&statement.replace("{eds}", ID), &catalog())
}

/// The statement without what is around each.
fn inner(statement: &str) -> String {
    let sql = translated(statement).unwrap().sql;
    let from = "(SELECT * FROM lake_events AS e WHERE e.account = $1 AND (true)) AS s1";
    let sql = sql.replace(from, "EVENTS").replace(&from.replace("lake_events", "lake_records"), "RECORDS");
    let (_, sql) = sql.split_once("]) FROM (").unwrap();
    sql.strip_suffix(") AS q").unwrap().to_owned()
}

#[test]
fn columns_are_named_as_they_were_written() {
    let of = |statement| translated(statement).unwrap().columns.join(",");
    assert_eq!(
        of("SELECT EVENTNAME, useridentity.ARN, count(*) FROM {eds} GROUP BY 1, 2"),
        "EVENTNAME,ARN,_col2"
    );
    assert_eq!(of("SELECT element_at(requestParameters, 'keyId'), 1 AS \"An ü\" FROM {eds}"), "_col0,An ü");
    assert!(
        of("SELECT * FROM {eds}").starts_with("eventVersion,userIdentity,eventTime,eventSource,eventName")
    );
}

#[test]
fn a_store_is_named_by_its_id_or_arn_quoted_or_not() {
    let arn = format!("\"arn:aws:cloudtrail:us-east-1:111122223333:eventdatastore/{ID}\"");
    for name in [ID, &ID.to_uppercase(), &format!("\"{ID}\""), &arn] {
        let found =
            translate(&format!("SELECT eventName FROM {name} WHERE eventName <> ''"), &catalog()).unwrap();
        assert_eq!(found.stores, [Uuid::parse_str(ID).unwrap()], "{name}");
    }
    for name in ["events", "lake_records", "pg_catalog.pg_authid", "\"0b7e2a9c\"", &ID.replace('0', "1")] {
        let refused = translate(&format!("SELECT 1 FROM {name}"), &catalog()).unwrap_err();
        assert!(matches!(refused, SqlError::Store(_)), "{name}: {refused}");
    }
}

#[test]
fn the_records_are_read_only_for_what_no_column_has() {
    for (selected, reads) in [
        ("count(*)", false),
        (
            "eventTime, eventName, eventSource, awsRegion, errorCode, eventID, readOnly, recipientAccountId",
            false,
        ),
        ("userIdentity.arn, userIdentity.accessKeyId, sourceIPAddress, eventCategory", false),
        ("resources[1].ARN, element_at(resources, 1).type", false),
        ("resources[2].ARN", true),
        ("resources[1].accountId", true),
        ("userIdentity", true),
        ("userIdentity.type", true),
        ("userAgent", true),
        ("element_at(requestParameters, 'keyId')", true),
        ("eventJson", true),
        ("*", true),
    ] {
        let found = translated(&format!("SELECT {selected} FROM {{eds}}")).unwrap();
        assert_eq!(found.reads_records, reads, "{selected}: {}", found.sql);
        assert_eq!(found.sql.contains("lake_records"), reads, "{selected}");
    }
    let joined = "SELECT a.eventName, b.userAgent FROM {eds} a JOIN {eds} b ON a.eventID = b.eventID";
    let sql = translated(joined).unwrap().sql;
    assert!(sql.contains("lake_events AS e WHERE e.account = $1 AND (true)) AS s1"), "{sql}");
    assert!(
        sql.contains(
            "lake_records AS e WHERE e.account = $1 AND (true)) AS s2 ON (s1.event_id = s2.event_id)"
        )
    );
}

#[test]
fn parts_become_columns_and_paths_whatever_their_case() {
    assert_eq!(
        inner(
            "SELECT eventname FROM {eds} WHERE eventTime > '2026-01-01 00:00:00' AND USERIDENTITY.ARN LIKE 'a%'"
        ),
        "SELECT s1.event_name AS c1 FROM EVENTS WHERE ((s1.event_time > '2026-01-01 00:00:00') AND \
         ((s1.principal_arn)::text LIKE 'a%' ESCAPE ''))"
    );
    assert_eq!(
        inner("SELECT userIdentity.sessioncontext.SESSIONISSUER.username FROM {eds} e"),
        "SELECT (s1.record #>> ARRAY['userIdentity','sessionContext','sessionIssuer','userName']) AS c1 FROM RECORDS"
    );
    assert_eq!(
        inner("SELECT e.requestParameters['keyId'], resources[2].arn FROM {eds} AS e"),
        "SELECT (s1.record #>> ARRAY['requestParameters','keyId']) AS c1, \
         (s1.record #>> ARRAY['resources','1','ARN']) AS c2 FROM RECORDS"
    );
    assert_eq!(
        inner(
            "SELECT eventID FROM {eds} WHERE eventID = '0b7e2a9c-1111-4222-8333-944455556666' OR eventID LIKE '0b%'"
        ),
        "SELECT s1.event_id AS c1 FROM EVENTS WHERE ((s1.event_id = '0b7e2a9c-1111-4222-8333-944455556666') OR \
         ((s1.event_id)::text LIKE '0b%' ESCAPE ''))"
    );
}

#[test]
fn groups_and_orders_are_by_place_name_or_expression() {
    let sql = inner(
        "SELECT eventName, date_trunc('day', eventTime) AS day, count(*) AS calls FROM {eds} \
         GROUP BY 1, day HAVING count(*) > 2 ORDER BY calls DESC, 1 LIMIT 5",
    );
    assert_eq!(
        sql,
        "SELECT s1.event_name AS c1, date_trunc('day', s1.event_time) AS c2, count(*) AS c3 FROM EVENTS \
         GROUP BY 1, 2 HAVING (count(*) > 2) ORDER BY 3 DESC NULLS LAST, 1 ASC NULLS LAST LIMIT 5"
    );
}

#[test]
fn subqueries_and_with_give_their_columns_on() {
    let found = translated(
        "WITH used AS (SELECT userIdentity, eventTime AS t FROM {eds}), by_name(n, last) AS \
         (SELECT userIdentity.userName, max(t) FROM used GROUP BY 1) \
         SELECT n, last FROM by_name WHERE EXISTS (SELECT 1 FROM used u WHERE u.t = by_name.last) ORDER BY last",
    )
    .unwrap();
    assert_eq!(found.columns, ["n", "last"]);
    assert!(
        found.sql.contains("((s3.c1)::json #>> ARRAY['userName']) AS c1, max(s3.c2) AS c2"),
        "{}",
        found.sql
    );
    assert!(found.sql.contains("(s6.c2 = s5.c2)"), "{}", found.sql);
    let union =
        translated("SELECT eventName AS n FROM {eds} UNION ALL SELECT errorCode FROM {eds} ORDER BY n")
            .unwrap();
    assert_eq!(union.columns, ["n"]);
}

#[test]
fn what_cannot_be_resolved_is_named() {
    let refused = |statement| translated(statement).unwrap_err().to_string();
    assert_eq!(refused("SELECT nothing FROM {eds}"), "column 'nothing' cannot be resolved");
    assert_eq!(refused("SELECT e.tableoid FROM {eds} e"), "column 'e.tableoid' cannot be resolved");
    assert_eq!(
        refused("SELECT userIdentity.nothing FROM {eds}"),
        "column 'userIdentity.nothing' cannot be resolved"
    );
    assert_eq!(refused("SELECT eventName FROM {eds} a, {eds} b"), "column 'eventName' is ambiguous");
    assert_eq!(refused("SELECT array_agg(eventName) FROM {eds}"), "function 'array_agg' is not supported");
    assert_eq!(refused("SELECT 1"), "the statement names no event data store");
    assert!(refused("SELEC 1").starts_with("the statement cannot be parsed: "));
}

#[test]
fn long_chains_are_no_deep_nesting() {
    let names: Vec<_> = (0..400).map(|n| format!("eventName = 'n{n}'")).collect();
    translated(&format!("SELECT count(*) FROM {{eds}} WHERE {}", names.join(" OR "))).unwrap();
}
