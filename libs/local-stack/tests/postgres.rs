//! A private Postgres: started, used, killed, started again.
#![cfg(test)]

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use keywright_local_stack::testing::{database, test_postgres};
use keywright_local_stack::{LocalStackError, PgLogin, PostgresCluster, PostgresConfig};

#[tokio::test]
async fn data_is_found_again_after_a_crash_and_after_a_stop() {
    let dir = directory();
    let config = PostgresConfig { dir: dir.path().join("postgres"), ..PostgresConfig::default() };
    let mut cluster = PostgresCluster::start(config.clone()).await.unwrap();
    let login = cluster.create_database("kms", "kms_owner", "pass'word").await.unwrap();
    execute(&login, "CREATE TABLE keys (id int); INSERT INTO keys VALUES (1)").await;

    let (port, pid) = (cluster.port(), cluster.pid());
    cluster.crash().await.unwrap();
    assert!(login.connect().await.is_err(), "a killed server takes no connection");
    cluster.restart().await.unwrap();
    assert_eq!(cluster.port(), port);
    assert_ne!(cluster.pid(), pid);
    execute(&login, "INSERT INTO keys VALUES (2)").await;
    cluster.stop().await.unwrap();

    let cluster = PostgresCluster::start(config).await.unwrap();
    let login = cluster.create_database("kms", "kms_owner", "another").await.unwrap();
    let rows = login.connect().await.unwrap().query("SELECT id FROM keys ORDER BY id", &[]).await.unwrap();
    let ids: Vec<i32> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(ids, [1, 2]);
    let with_old_password = cluster.login("kms", "kms_owner", "pass'word").connect().await;
    assert!(with_old_password.is_err(), "the last password counts");
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_cluster_is_closed_to_strangers_and_roles_to_one_another() {
    let dir = directory();
    let cluster = PostgresCluster::start(test_postgres(dir.path().to_owned())).await.unwrap();
    let kms = cluster.create_database("kms", "kms_owner", "a").await.unwrap();
    let params = cluster.create_database("params", "params_owner", "b").await.unwrap();
    execute(&kms, "SELECT 1").await;
    for closed in ["params", "postgres", "template1"] {
        let error = kms.in_database(closed).connect().await.unwrap_err();
        assert_eq!(sql_state(&error), "42501", "kms_owner must not reach {closed}");
    }
    let wrong_password = cluster.login("params", "params_owner", "a").connect().await.unwrap_err();
    assert_eq!(sql_state(&wrong_password), "28P01");
    execute(&params, "CREATE TABLE own (id int)").await;

    let password = dir.path().join("superuser.password");
    assert_eq!(std::fs::metadata(&password).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(std::fs::read_to_string(&password).unwrap().len() >= 32);
    let client = cluster.superuser().connect().await.unwrap();
    let setting =
        async |name: &str| client.query_one(&format!("SHOW {name}"), &[]).await.unwrap().get::<_, String>(0);
    assert_eq!(setting("data_checksums").await, "on");
    assert_eq!(setting("server_encoding").await, "UTF8");
    assert_eq!(setting("listen_addresses").await, "127.0.0.1");
    assert_eq!(setting("unix_socket_directories").await, "");
    assert_eq!(setting("fsync").await, "off", "given settings are taken");
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn durability_is_the_default() {
    let dir = directory();
    let config = PostgresConfig { dir: dir.path().to_owned(), ..PostgresConfig::default() };
    let cluster = PostgresCluster::start(config).await.unwrap();
    let client = cluster.superuser().connect().await.unwrap();
    for name in ["fsync", "synchronous_commit", "full_page_writes"] {
        let row = client.query_one(&format!("SHOW {name}"), &[]).await.unwrap();
        assert_eq!(row.get::<_, String>(0), "on", "{name}");
    }
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn one_directory_has_one_cluster_at_a_time() {
    let dir = directory();
    let first = PostgresCluster::start(test_postgres(dir.path().to_owned())).await.unwrap();
    let second = PostgresCluster::start(test_postgres(dir.path().to_owned())).await.unwrap_err();
    assert!(matches!(second, LocalStackError::InUse { .. }), "{second}");
    execute(first.superuser(), "SELECT 1").await;
    first.stop().await.unwrap();
}

#[tokio::test]
async fn data_of_another_version_is_refused_and_left_alone() {
    let dir = directory();
    PostgresCluster::start(test_postgres(dir.path().to_owned())).await.unwrap().stop().await.unwrap();
    let version_file = dir.path().join("data/PG_VERSION");
    std::fs::write(&version_file, "9\n").unwrap();
    let error = PostgresCluster::start(test_postgres(dir.path().to_owned())).await.unwrap_err();
    assert!(matches!(error, LocalStackError::MajorVersion { data: 9, .. }), "{error}");
    assert!(error.to_string().contains("was made by Postgres 9"), "{error}");
}

#[tokio::test]
async fn a_failed_start_shows_the_end_of_the_log() {
    let dir = directory();
    let mut config = test_postgres(dir.path().to_owned());
    config.settings.push(("no_such_setting".to_owned(), "1".to_owned()));
    let error = PostgresCluster::start(config).await.unwrap_err().to_string();
    assert!(error.contains("no_such_setting"), "{error}");
}

#[tokio::test]
async fn a_pid_file_that_names_a_strangers_process_is_no_obstacle() {
    let dir = directory();
    let mut cluster = PostgresCluster::start(test_postgres(dir.path().to_owned())).await.unwrap();
    cluster.crash().await.unwrap();
    drop(cluster);
    let pid_file = dir.path().join("data/postmaster.pid");
    let left = std::fs::read_to_string(&pid_file).unwrap();
    let (_, rest) = left.split_once('\n').unwrap();
    std::fs::write(&pid_file, format!("{}\n{rest}", std::process::id())).unwrap();
    let cluster = PostgresCluster::start(test_postgres(dir.path().to_owned())).await.unwrap();
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_test_database_is_gone_with_its_value() {
    let first = database().await;
    let second = database().await;
    assert_ne!(first.login().database(), second.login().database());
    let held_open = first.connect().await;
    held_open.batch_execute("CREATE TABLE t (id int)").await.unwrap();
    let (login, superuser) = (first.login().clone(), second.superuser());
    drop(first);
    let error = login.connect().await.map(|_| ()).unwrap_err();
    assert_eq!(sql_state(&error), "28P01", "the role is gone, and with it the database");
    let client = superuser.connect().await.unwrap();
    let query = "SELECT count(*) FROM pg_roles WHERE rolname = $1";
    assert_eq!(client.query_one(query, &[&login.user()]).await.unwrap().get::<_, i64>(0), 0);
}

/// A server that missed the signal of its parent's death.
#[tokio::test]
async fn a_server_left_running_is_stopped_by_the_next_start() {
    let dir = directory();
    let cluster = PostgresCluster::start(test_postgres(dir.path().join("postgres"))).await.unwrap();
    let port = cluster.port();
    let postgres = cluster.binaries().bin().join("postgres");
    cluster.stop().await.unwrap();
    let mut left = run_postgres(&postgres, &dir.path().join("postgres/data"), port);
    wait_for("the server that is left", || {
        std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() && postmaster(dir.path()) == Some(left.id())
    });

    let cluster = PostgresCluster::start(test_postgres(dir.path().join("postgres"))).await.unwrap();
    assert!(left.wait().unwrap().success(), "it was stopped, not killed");
    execute(cluster.superuser(), "SELECT 1").await;
    cluster.stop().await.unwrap();
}

/// The test runs itself as the parent that is killed.
#[tokio::test]
async fn a_killed_parent_leaves_no_server_behind_and_the_next_start_finds_the_data() {
    if let Some(dir) = std::env::var_os(PARENT_DIR) {
        return be_the_parent(Path::new(&dir)).await;
    }
    let dir = directory();
    let mut parent = run_as_parent(
        dir.path(),
        "a_killed_parent_leaves_no_server_behind_and_the_next_start_finds_the_data",
    );
    let port_file = dir.path().join("ready");
    wait_for("the parent's Postgres", || port_file.exists());
    let server = postmaster(dir.path()).expect("a running server has a pid file");
    assert!(is_running(server));

    parent.kill().unwrap();
    parent.wait().unwrap();
    wait_for("the end of the server", || !is_running(server));

    let cluster = PostgresCluster::start(test_postgres(dir.path().join("postgres"))).await.unwrap();
    let login = cluster.create_database("kms", "kms_owner", "a").await.unwrap();
    execute(&login, "SELECT id FROM keys").await;
    cluster.stop().await.unwrap();
}

/// A parent directory that only root may enter, as `/root` is.
#[tokio::test]
async fn a_directory_below_a_closed_one_is_reached() {
    let dir = directory();
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
    let cluster = PostgresCluster::start(test_postgres(dir.path().join("postgres"))).await.unwrap();
    execute(cluster.superuser(), "CREATE TABLE t (id int); CHECKPOINT").await;
    cluster.stop().await.unwrap();
}

async fn be_the_parent(dir: &Path) {
    let cluster = PostgresCluster::start(test_postgres(dir.join("postgres"))).await.unwrap();
    let login = cluster.create_database("kms", "kms_owner", "a").await.unwrap();
    execute(&login, "CREATE TABLE keys (id int)").await;
    std::fs::write(dir.join("ready"), "").unwrap();
    std::future::pending::<()>().await;
}

fn run_as_parent(dir: &Path, test: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test])
        .env(PARENT_DIR, dir)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// As an unprivileged user where we are root.
fn run_postgres(postgres: &Path, data: &Path, port: u16) -> Child {
    let owner = std::fs::metadata(data).unwrap();
    let mut command = Command::new(postgres);
    command.uid(owner.uid()).gid(owner.gid()).arg("-D").arg(data);
    command.args(["-c", &format!("port={port}"), "-c", "unix_socket_directories="]);
    command.stdout(Stdio::null()).stderr(Stdio::null()).current_dir("/").spawn().unwrap()
}

fn postmaster(dir: &Path) -> Option<u32> {
    let pid_file: PathBuf = dir.join("postgres/data/postmaster.pid");
    std::fs::read_to_string(pid_file).ok()?.lines().next()?.parse().ok()
}

fn is_running(pid: u32) -> bool {
    // A zombie has no command line any more.
    std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| !line.is_empty())
}

fn wait_for(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !condition() {
        assert!(Instant::now() < deadline, "waited 60 s for {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Others may enter it, for the server's user is another than root.
fn directory() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
    dir
}

async fn execute(login: &PgLogin, statements: &str) {
    login.connect().await.unwrap().batch_execute(statements).await.unwrap();
}

fn sql_state(error: &LocalStackError) -> String {
    let LocalStackError::Postgres { source, .. } = error else { panic!("{error}") };
    source.code().map(|code| code.code().to_owned()).unwrap_or_else(|| source.to_string())
}

const PARENT_DIR: &str = "LOCAL_STACK_TEST_PARENT_DIR";
