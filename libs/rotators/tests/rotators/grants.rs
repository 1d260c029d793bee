//! The second user may what the first one may.

use keywright_rotators::{RotatorKind, RotatorSettings};
use mysql_async::prelude::Queryable as _;
use serde_json::json;

use crate::fixture::{Fixture, SECRET, mariadb_master, rotator, run_mariadb, run_postgres, settings, unique};
use crate::{login, servers};

#[tokio::test]
async fn the_other_user_of_postgres_reads_and_writes_the_same_tables() {
    let fixture = Fixture::postgres_alternating().await;
    let first = fixture.current()["username"].as_str().unwrap().to_owned();
    let table = unique("orders");
    run_postgres(&format!("CREATE TABLE {table} (n int); GRANT SELECT, INSERT ON {table} TO {first}")).await;
    for expected in [format!("{first}_clone"), first] {
        let token = fixture.secrets.begin_rotation(SECRET);
        assert_eq!(fixture.steps(&token).await, Ok(()));
        let current = fixture.current();
        assert_eq!(current["username"], expected);
        let client = login::postgres(fixture.port, &current).await.unwrap();
        client
            .batch_execute(&format!("INSERT INTO {table} VALUES (1); SELECT * FROM {table}"))
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn the_other_user_of_mariadb_has_all_grants_roles_and_tls_options() {
    let test = "the_other_user_of_mariadb_has_all_grants_roles_and_tls_options";
    let Some(fixture) = Fixture::mysql_alternating(test).await else { return };
    let first = fixture.current()["username"].as_str().unwrap().to_owned();
    let (database, role) = (unique("shop TO x"), unique("reader"));
    for statement in [
        format!("CREATE DATABASE `{database}`"),
        format!("CREATE TABLE `{database}`.t (a int, b int)"),
        format!("GRANT SELECT, INSERT (a) ON `{database}`.t TO {first}@'%' WITH GRANT OPTION"),
        format!("CREATE ROLE {role}"),
        format!("GRANT CREATE ON `{database}`.* TO {role}"),
        format!("GRANT {role} TO {first}@'%'"),
        format!("SET DEFAULT ROLE {role} FOR {first}@'%'"),
    ] {
        run_mariadb(test, &statement).await;
    }
    let token = fixture.secrets.begin_rotation(SECRET);
    assert_eq!(fixture.steps(&token).await, Ok(()));

    let mut conn = login::mysql(fixture.port, &fixture.current()).await.unwrap();
    for statement in [
        format!("INSERT INTO `{database}`.t (a) VALUES (1)"),
        format!("SELECT b FROM `{database}`.t"),
        format!("CREATE TABLE `{database}`.by_the_role (a int)"),
    ] {
        conn.query_drop(&statement).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
    let refusal = conn.query_drop(format!("INSERT INTO `{database}`.t (b) VALUES (1)")).await;
    assert!(refusal.is_err(), "more than the first user may");
    let grants: Vec<String> = conn.query("SHOW GRANTS").await.unwrap();
    assert!(grants.iter().any(|grant| grant.ends_with("WITH GRANT OPTION")), "{grants:?}");
}

#[tokio::test]
async fn the_other_user_of_mariadb_must_come_by_tls_if_the_first_one_must() {
    let test = "the_other_user_of_mariadb_must_come_by_tls_if_the_first_one_must";
    let Some(mut fixture) = Fixture::mysql_alternating(test).await else { return };
    let first = fixture.current()["username"].as_str().unwrap().to_owned();
    run_mariadb(test, &format!("ALTER USER {first}@'%' REQUIRE SSL")).await;
    let trusting = RotatorSettings { ca_file: Some(servers::authority().await.ca_file()), ..settings() };
    fixture.rotator = rotator(RotatorKind::MysqlAlternatingUsers, trusting);
    fixture.change_current("ssl", &json!(true));
    let token = fixture.secrets.begin_rotation(SECRET);
    assert_eq!(fixture.steps(&token).await, Ok(()));
    assert_eq!(fixture.current()["username"], format!("{first}_clone"));
    assert!(!fixture.stage_logs_in("AWSCURRENT").await, "in the clear");

    let master = mariadb_master(test).await;
    let mut conn = login::mysql(fixture.port, &master).await.unwrap();
    let query =
        format!("SELECT CONVERT(ssl_type USING utf8mb4) FROM mysql.user WHERE User = '{first}_clone'");
    assert_eq!(conn.query_first::<String, _>(query).await.unwrap().as_deref(), Some("ANY"));
}

/// A crash after CREATE USER left it without its grants, and with a password that nobody knows.
#[tokio::test]
async fn a_user_that_was_left_half_made_is_made_whole() {
    let test = "a_user_that_was_left_half_made_is_made_whole";
    let Some(fixture) = Fixture::mysql_alternating(test).await else { return };
    let first = fixture.current()["username"].as_str().unwrap().to_owned();
    let database = unique("shop");
    run_mariadb(test, &format!("CREATE DATABASE {database}")).await;
    run_mariadb(test, &format!("GRANT ALL ON {database}.* TO {first}@'%'")).await;
    run_mariadb(test, &format!("CREATE USER {first}_clone@'%' IDENTIFIED BY 'nobody knows'")).await;
    let token = fixture.secrets.begin_rotation(SECRET);
    assert_eq!(fixture.steps(&token).await, Ok(()));
    let mut conn = login::mysql(fixture.port, &fixture.current()).await.unwrap();
    conn.query_drop(format!("CREATE TABLE {database}.t (a int)")).await.unwrap();
}
