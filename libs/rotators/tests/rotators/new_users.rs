//! Users are made with what they may do, their secrets open, and of what fails nothing stays.

use std::sync::Arc;

use keywright_crypto::{SecretString, SystemRandom};
use keywright_rotators::{AccessLevel, NewUser, NewUsers, RotationError, RotatorKind, RotatorSettings};
use mysql_async::prelude::Queryable as _;
use serde_json::{Value, json};

use crate::fixture::{MASTER, mariadb_master, run_mariadb, run_postgres, settings, unique};
use crate::login::{Client, as_redis_default, logs_in, mysql, postgres, redis};
use crate::servers;

fn new_users(settings: RotatorSettings) -> NewUsers {
    NewUsers::new(settings, Arc::new(SystemRandom)).unwrap()
}

fn secret(value: &Value) -> SecretString {
    SecretString::new(value.to_string())
}

async fn make(master: &Value, user: &NewUser) -> Result<Value, RotationError> {
    let made = new_users(settings()).make(&secret(master), user).await?;
    Ok(serde_json::from_str(made.expose_secret()).unwrap())
}

async fn postgres_master() -> Value {
    let superuser = servers::postgres().await.cluster.superuser();
    let password = String::from_utf8(superuser.config().get_password().unwrap().to_vec()).unwrap();
    json!({
        "engine": "postgres", "host": "127.0.0.1", "port": superuser.port(), "username": superuser.user(),
        "password": password, "ssl": false, "note": "the administrator's own",
    })
}

#[tokio::test]
async fn a_user_of_postgres_may_do_what_it_was_given_and_nothing_else() {
    let (master, schema) = (postgres_master().await, unique("schema"));
    run_postgres(&format!("CREATE SCHEMA {schema}; CREATE TABLE {schema}.things (id serial, name text)"))
        .await;
    let user = NewUser {
        username: "o'Neill \"the app\"; --".to_owned(),
        database: Some("postgres".to_owned()),
        schema: Some(schema.clone()),
        access: Some(AccessLevel::Read),
        ..NewUser::default()
    };
    let made = make(&master, &user).await.unwrap();
    let mut expected = json!({
        "engine": "postgres", "host": "127.0.0.1", "port": master["port"], "ssl": false, "dbname": "postgres",
        "username": user.username,
    });
    expected["password"] = made["password"].clone();
    assert_eq!(made, expected);
    let port = u16::try_from(master["port"].as_u64().unwrap()).unwrap();
    let client = postgres(port, &made).await.unwrap();
    client.batch_execute(&format!("SELECT * FROM {schema}.things")).await.unwrap();
    let insert = format!("INSERT INTO {schema}.things (name) VALUES ('x')");
    assert_eq!(client.batch_execute(&insert).await.unwrap_err().code().unwrap().code(), "42501");

    // One that is there is left as it is.
    let again = make(&master, &user).await.unwrap_err();
    assert!(matches!(again, RotationError::UserExists { .. }), "{again:?}");
    assert!(logs_in(Client::Postgres, port, &made).await);
    drop(client);
    new_users(settings()).remove(&secret(&master), &user).await.unwrap();
    assert!(!logs_in(Client::Postgres, port, &made).await);

    let writer = NewUser { username: unique("writer"), access: Some(AccessLevel::Write), ..user.clone() };
    let made = make(&master, &writer).await.unwrap();
    let client = postgres(port, &made).await.unwrap();
    client.batch_execute(&insert).await.unwrap();
    assert!(client.batch_execute(&format!("TRUNCATE {schema}.things")).await.is_err());
    let (role, owner) = (unique("role"), unique("owner"));
    run_postgres(&format!("CREATE ROLE {role}")).await;
    let owner =
        NewUser { username: owner, access: Some(AccessLevel::All), roles: vec![role.clone()], ..user };
    let made = make(&master, &owner).await.unwrap();
    let client = postgres(port, &made).await.unwrap();
    client
        .batch_execute(&format!("TRUNCATE {schema}.things; CREATE TABLE {schema}.more (); SET ROLE {role}"))
        .await
        .unwrap();
}

#[tokio::test]
async fn of_a_user_that_cannot_be_made_whole_nothing_stays() {
    let test = "of_a_user_that_cannot_be_made_whole_nothing_stays";
    let master = postgres_master().await;
    let user = NewUser {
        username: unique("half"),
        database: Some("postgres".to_owned()),
        roles: vec!["no such role".to_owned()],
        ..NewUser::default()
    };
    let failed = make(&master, &user).await.unwrap_err();
    assert!(failed.to_string().contains("no such role"), "{failed}");
    // The name is free.
    make(&master, &NewUser { roles: Vec::new(), ..user }).await.unwrap();

    if servers::mariadb(test).await.is_some() {
        let master = mariadb_master(test).await;
        let user =
            NewUser { username: unique("half"), roles: vec!["no`role".to_owned()], ..NewUser::default() };
        let failed = make(&master, &user).await.unwrap_err();
        assert!(matches!(failed, RotationError::Database { action: "GRANT", .. }), "{failed:?}");
        make(&master, &NewUser { roles: Vec::new(), ..user }).await.unwrap();
    }
}

#[tokio::test]
async fn a_user_of_mariadb_may_do_what_it_was_given_in_its_database_alone() {
    let test = "a_user_of_mariadb_may_do_what_it_was_given_in_its_database_alone";
    if servers::mariadb(test).await.is_none() {
        return;
    }
    let (master, database) = (mariadb_master(test).await, unique("my_shop"));
    // What a pattern of the first one's name would match, too.
    let other = database.replacen('_', "x", 1);
    for name in [&database, &other] {
        run_mariadb(test, &format!("CREATE DATABASE {name}")).await;
        run_mariadb(test, &format!("CREATE TABLE {name}.things (name text)")).await;
    }
    let role = unique("role");
    run_mariadb(test, &format!("CREATE ROLE {role}")).await;
    run_mariadb(test, &format!("GRANT CREATE ON {database}.* TO {role}")).await;
    let user = NewUser {
        username: r"o'Neill \".to_owned(),
        database: Some(database.clone()),
        access: Some(AccessLevel::Write),
        roles: vec![role],
        master_arn: Some(MASTER.to_owned()),
        ..NewUser::default()
    };
    let made = make(&master, &user).await.unwrap();
    assert_eq!((&made["masterarn"], &made["dbname"]), (&json!(MASTER), &json!(database)));
    let port = u16::try_from(master["port"].as_u64().unwrap()).unwrap();
    let mut conn = mysql(port, &made).await.unwrap();
    conn.query_drop(format!("INSERT INTO {database}.things VALUES ('x')")).await.unwrap();
    conn.query_drop(format!("CREATE TABLE {database}.by_role (x int)")).await.unwrap();
    assert!(conn.query_drop(format!("DROP TABLE {database}.things")).await.is_err());
    assert!(conn.query_drop(format!("SELECT * FROM {other}.things")).await.is_err());
    let again = make(&master, &user).await.unwrap_err();
    assert!(matches!(again, RotationError::UserExists { .. }), "{again:?}");
    new_users(settings()).remove(&secret(&master), &user).await.unwrap();
    assert!(!logs_in(Client::Mysql, port, &made).await);
}

#[tokio::test]
async fn a_user_of_redis_may_do_what_it_was_given_on_its_keys_alone() {
    let test = "a_user_of_redis_may_do_what_it_was_given_on_its_keys_alone";
    let Some(own) = servers::redis(test).await else { return };
    let port = own.server.port();
    let master = json!({
        "engine": "redis", "host": "127.0.0.1", "port": port, "ssl": false, "username": "default",
        "password": own.server.default_password(),
    });
    let user = NewUser {
        username: unique("app"),
        access: Some(AccessLevel::Write),
        keys: vec!["app:*".to_owned()],
        ..NewUser::default()
    };
    let made = make(&master, &user).await.unwrap();
    let mut connection = redis(port, &user.username, made["password"].as_str().unwrap()).await.unwrap();
    let mut ask = async |words: &[&str]| {
        let mut command = ::redis::Cmd::new();
        command.arg(words);
        command.query_async::<::redis::Value>(&mut connection).await
    };
    ask(&["SET", "app:x", "1"]).await.unwrap();
    for forbidden in [
        &["SET", "other", "1"][..],
        &["FLUSHALL"],
        &["ACL", "WHOAMI"],
        &["CLIENT", "LIST"],
        &["CONFIG", "GET", "*"],
    ] {
        assert!(ask(forbidden).await.is_err(), "{forbidden:?}");
    }
    let again = make(&master, &user).await.unwrap_err();
    assert!(matches!(again, RotationError::UserExists { .. }), "{again:?}");
    as_redis_default(own, &[&["ACL", "LOAD"]]).await;
    assert!(logs_in(Client::Redis, port, &made).await, "it is written down");
    new_users(settings()).remove(&secret(&master), &user).await.unwrap();
    assert!(!logs_in(Client::Redis, port, &made).await);
}

#[tokio::test]
async fn the_server_is_verified_before_any_password_goes_there() {
    let mut master = postgres_master().await;
    master["ssl"] = json!(true);
    let user = NewUser { username: unique("app"), ..NewUser::default() };
    let refused = make(&master, &user).await.unwrap_err();
    assert!(matches!(refused, RotationError::Tls { .. }), "{refused:?}");
    let trusting = RotatorSettings { ca_file: Some(servers::authority().await.ca_file()), ..settings() };
    let made = new_users(trusting).make(&secret(&master), &user).await.unwrap();
    assert!(made.expose_secret().contains("\"ssl\":true"));
}

#[tokio::test]
async fn what_cannot_be_is_refused_before_a_server_is_asked() {
    let nowhere = |engine: &str| json!({"engine": engine, "host": "203.0.113.1", "port": 1, "username": "admin", "password": "x"});
    let user = |username: &str| NewUser { username: username.to_owned(), ..NewUser::default() };
    for (engine, user) in [
        ("postgres", user("")),
        ("postgres", user("a\0b")),
        ("postgres", user(&"a".repeat(64))),
        ("postgres", NewUser { alternates: true, ..user(&"a".repeat(60)) }),
        ("postgres", NewUser { access: Some(AccessLevel::Read), ..user("app") }),
        ("postgres", NewUser { keys: vec!["k".to_owned()], ..user("app") }),
        ("mysql", user(&"a".repeat(33))),
        ("mariadb", NewUser { schema: Some("s".to_owned()), ..user("app") }),
        ("redis", NewUser { access: Some(AccessLevel::Read), ..user("app") }),
        ("redis", NewUser { database: Some("d".to_owned()), ..user("app") }),
        ("redis", user("a b")),
        ("oracle", user("app")),
    ] {
        let refused = make(&nowhere(engine), &user).await.unwrap_err();
        assert!(
            matches!(
                refused,
                RotationError::Unsupported { .. }
                    | RotationError::UsernameTooLong { .. }
                    | RotationError::InvalidSecret { .. }
            ),
            "{engine} {user:?}: {refused:?}"
        );
    }
    let kind = |engine: &str, alternates| NewUsers::rotator_kind(&secret(&nowhere(engine)), alternates);
    assert_eq!(kind("postgres", false), Ok(RotatorKind::PostgresSingleUser));
    assert_eq!(kind("mariadb", true), Ok(RotatorKind::MysqlAlternatingUsers));
    assert_eq!(kind("redis", false), Ok(RotatorKind::Redis));
    assert!(kind("redis", true).is_err());
}
