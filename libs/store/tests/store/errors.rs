use keywright_store::{StoreError, Unavailable};

use crate::support::{everything, migrated};

#[tokio::test]
async fn constraint_violations_are_told_apart_and_name_their_constraint() {
    let (_database, store) = migrated().await;
    let connection = store.connection().await.unwrap();
    let run = async |sql: &str| connection.execute(sql, &[]).await.unwrap_err();
    connection.execute("INSERT INTO widgets VALUES ('private-4821', 1)", &[]).await.unwrap();

    let error = run("INSERT INTO widgets VALUES ('private-4821', 1)").await;
    assert!(matches!(&error, StoreError::UniqueViolation { constraint } if constraint == "widgets_pkey"));
    assert!(!everything(&error).contains("4821"), "the server's DETAIL came through: {error:?}");

    let error = run("INSERT INTO parts VALUES ('private-4822')").await;
    assert!(
        matches!(&error, StoreError::ForeignKeyViolation { constraint } if constraint == "parts_of_widget")
    );
    assert!(!everything(&error).contains("4822"));

    let error = run("INSERT INTO widgets VALUES ('private-4823', 0)").await;
    assert!(
        matches!(&error, StoreError::CheckViolation { constraint } if constraint == "widgets_size_check")
    );
    assert!(!everything(&error).contains("4823"));

    let error = run("INSERT INTO widgets VALUES ('private-4824', NULL)").await;
    assert!(matches!(&error, StoreError::NotNullViolation { column } if column == "size"));
    assert!(!everything(&error).contains("4824"));
}

#[tokio::test]
async fn a_message_that_may_quote_a_value_is_withheld_and_one_about_names_is_not() {
    let (_database, store) = migrated().await;
    let connection = store.connection().await.unwrap();
    let error = connection.execute("SELECT 'private-5512'::text::integer", &[]).await.unwrap_err();
    assert!(matches!(&error, StoreError::Refused { sqlstate, .. } if sqlstate == "22P02"), "{error:?}");
    assert!(!everything(&error).contains("5512"), "{error:?}");

    let error = connection.execute("SELECT colour FROM widgets", &[]).await.unwrap_err();
    assert!(error.to_string().contains("colour"), "{error}");
}

#[tokio::test]
async fn each_sqlstate_has_its_meaning_and_says_whether_to_retry() {
    let (_database, store) = migrated().await;
    let connection = store.connection().await.unwrap();
    for (sqlstate, expected, retryable) in [
        ("23505", "UniqueViolation", false),
        ("23503", "ForeignKeyViolation", false),
        ("23514", "CheckViolation", false),
        ("23P01", "CheckViolation", false),
        ("23502", "NotNullViolation", false),
        ("40001", "SerializationFailure", true),
        ("40P01", "Deadlock", true),
        ("55P03", "LockTimeout", true),
        ("57014", "StatementCancelled", false),
        ("42501", "PermissionDenied", false),
        ("25006", "Unavailable(ReadOnly)", true),
        ("53100", "Unavailable(ReadOnly)", true),
        ("53300", "Unavailable(ServerBusy)", true),
        ("57P03", "Unavailable(ServerBusy)", true),
        ("08006", "Unavailable(ConnectionLost)", true),
        ("28P01", "LoginRefused", false),
        ("3D000", "LoginRefused", false),
        ("42P01", "Refused", false),
        ("22001", "Refused", false),
    ] {
        let sql = format!("DO $$ BEGIN RAISE EXCEPTION 'made up' USING ERRCODE = '{sqlstate}'; END $$");
        let error = connection.execute(&sql, &[]).await.unwrap_err();
        let shown = format!("{error:?}");
        assert!(shown.starts_with(expected), "{sqlstate} became {shown}");
        assert_eq!(error.retryable(), retryable, "{sqlstate}");
    }
}

#[tokio::test]
async fn a_statement_over_its_time_is_cancelled_by_the_server() {
    let (_database, store) = migrated().await;
    let transaction = store.begin().await.unwrap();
    transaction.execute("SET LOCAL statement_timeout = 50", &[]).await.unwrap();
    let error = transaction.execute("SELECT pg_sleep(5)", &[]).await.unwrap_err();
    assert!(matches!(error, StoreError::StatementCancelled), "{error:?}");
}

#[tokio::test]
async fn wrong_numbers_of_rows_and_wrong_types_are_errors_without_values() {
    let (_database, store) = migrated().await;
    let connection = store.connection().await.unwrap();
    let two = "SELECT * FROM generate_series(1, 2)";
    let none = "SELECT 1 WHERE false";
    assert!(matches!(connection.query_one(two, &[]).await, Err(StoreError::RowCount { found: 2, .. })));
    assert!(matches!(connection.query_one(none, &[]).await, Err(StoreError::RowCount { found: 0, .. })));
    assert!(matches!(connection.query_opt(two, &[]).await, Err(StoreError::RowCount { found: 2, .. })));
    assert!(connection.query_opt(none, &[]).await.unwrap().is_none());

    let row = connection.query_one("SELECT 'private-6610'::text", &[]).await.unwrap();
    let error = StoreError::from(row.try_get::<_, i64>(0).unwrap_err());
    assert!(matches!(error, StoreError::Conversion { .. }), "{error:?}");
    assert!(!everything(&error).contains("6610"));
    let error = connection.query("SELECT $1::integer", &[&"private-6611"]).await.unwrap_err();
    assert!(matches!(error, StoreError::Conversion { .. }), "{error:?}");
    assert!(!everything(&error).contains("6611"));
}

#[tokio::test]
async fn a_write_on_a_read_only_session_says_that_the_server_takes_none() {
    let (_database, store) = migrated().await;
    let transaction = store.begin().await.unwrap();
    transaction.execute("SET TRANSACTION READ ONLY", &[]).await.unwrap();
    let error = transaction.execute("DELETE FROM widgets", &[]).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(Unavailable::ReadOnly)), "{error:?}");
}
