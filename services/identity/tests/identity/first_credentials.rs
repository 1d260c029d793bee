//! The file of the first credentials: made once, and lost by no crash.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use keywright_crypto::SecretString;
use keywright_identity::app;
use keywright_identity::config::{BootstrapSection, Config};
use keywright_identity::domain::access_key::{AccessKeyId, NewAccessKey};
use keywright_local_stack::testing::TestDatabase;
use keywright_service::testing::records;

use crate::fixture::{Fixture, start, verifies};

/// An identity service that is told of a file for the first credentials, and has been started once.
struct Installation {
    f: Fixture,
    path: PathBuf,
}

impl Installation {
    async fn new() -> Self {
        let f = Fixture::start().await;
        let path = f.dir.path().join("admin-credentials.env");
        Self { f, path }.restart().await
    }

    fn config(&self) -> Config {
        let bootstrap = BootstrapSection { admin_credentials_file: self.path.clone() };
        Config { bootstrap, ..self.f.config() }
    }

    async fn restart(self) -> Self {
        let config = self.config();
        self.f.app.running.stop().await;
        let app = start(config, &self.f.clock).await;
        Self { f: Fixture { app, ..self.f }, path: self.path }
    }

    fn unfinished(&self) -> PathBuf {
        self.f.dir.path().join("admin-credentials.env.unfinished")
    }
}

/// The access keys of users in the database.
async fn stored(database: &TestDatabase) -> Vec<String> {
    let sql = "SELECT access_key_id FROM access_keys WHERE user_id IS NOT NULL";
    let rows = database.connect().await.query(sql, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

fn read(path: &Path) -> NewAccessKey {
    let text = fs::read_to_string(path).unwrap();
    let (id, secret) = text.strip_suffix('\n').unwrap().split_once('\n').unwrap();
    assert!(!secret.contains('\n'), "more than two lines");
    let secret = secret.strip_prefix("export AWS_SECRET_ACCESS_KEY=").unwrap();
    NewAccessKey {
        access_key_id: AccessKeyId::parse(id.strip_prefix("export AWS_ACCESS_KEY_ID=").unwrap()).unwrap(),
        secret_access_key: SecretString::new(secret.to_owned()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_start_writes_the_administrators_access_key_for_its_owner_alone() {
    let i = Installation::new().await;
    assert_eq!(fs::metadata(&i.path).unwrap().permissions().mode() & 0o7777, 0o600);
    assert!(!i.unfinished().exists());
    let key = read(&i.path);
    assert_eq!(stored(&i.f.database).await, [key.access_key_id.as_str()]);
    verifies(&i.f.credentials("kms", &i.f.kms), &key, "kms").await.unwrap();

    let all = records(i.f.app.running.journal(), 2).await;
    let made: Vec<_> = all.iter().filter(|record| record["eventName"] == "CreateAccessKey").collect();
    assert_eq!(made.len(), 1, "{all:#?}");
    assert_eq!(made[0]["responseElements"]["accessKeyId"], key.access_key_id.as_str());
    assert!(!serde_json::to_string(&all).unwrap().contains(key.secret_access_key.expose_secret()));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_takes_the_file_away_gets_no_other_key() {
    let i = Installation::new().await;
    let (key, text) = (read(&i.path), fs::read_to_string(&i.path).unwrap());
    let i = i.restart().await;
    assert_eq!(fs::read_to_string(&i.path).unwrap(), text, "a second start changed the file");
    fs::remove_file(&i.path).unwrap();
    let i = i.restart().await;
    assert!(!i.path.exists() && !i.unfinished().exists());
    assert_eq!(stored(&i.f.database).await, [key.access_key_id.as_str()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_with_an_access_key_gets_no_file() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    let path = f.dir.path().join("admin-credentials.env");
    let i = Installation { f, path }.restart().await;
    assert!(!i.path.exists());
    assert_eq!(stored(&i.f.database).await, [admin.access_key_id.as_str()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_after_the_commit_leaves_the_key_to_the_next_start() {
    let i = Installation::new().await;
    let key = read(&i.path);
    // As if the process had ended between the commit and the file's own name.
    fs::rename(&i.path, i.unfinished()).unwrap();
    let i = i.restart().await;
    assert!(!i.unfinished().exists());
    let finished = read(&i.path);
    assert_eq!(finished.access_key_id, key.access_key_id);
    verifies(&i.f.credentials("kms", &i.f.kms), &finished, "kms").await.unwrap();
    assert_eq!(stored(&i.f.database).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_was_not_committed_is_replaced() {
    let f = Fixture::start().await;
    let path = f.dir.path().join("admin-credentials.env");
    let i = Installation { f, path };
    let database = i.f.database.connect().await;
    let refusing = "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;
         CREATE TRIGGER refuse BEFORE INSERT ON access_keys FOR EACH ROW WHEN (NEW.user_id IS NOT NULL)
         EXECUTE FUNCTION refuse();";
    database.batch_execute(refusing).await.unwrap();
    let (config, unfinished) = (i.config(), i.unfinished());
    i.f.app.running.stop().await;
    assert!(app::start(config.clone()).await.is_err());
    assert!(!i.path.exists(), "the file shows a key that doesn't exist");
    let lost = read(&unfinished);

    database.batch_execute("DROP TRIGGER refuse ON access_keys").await.unwrap();
    let i = Installation { f: Fixture { app: start(config, &i.f.clock).await, ..i.f }, path: i.path };
    let key = read(&i.path);
    assert_ne!(key.access_key_id, lost.access_key_id);
    assert_eq!(stored(&i.f.database).await, [key.access_key_id.as_str()]);
    assert!(!unfinished.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_file_that_a_crash_left_is_replaced() {
    let f = Fixture::start().await;
    let path = f.dir.path().join("admin-credentials.env");
    let i = Installation { f, path };
    fs::write(i.unfinished(), "export AWS_ACCESS_KEY_ID=AKIA").unwrap();
    let i = i.restart().await;
    verifies(&i.f.credentials("kms", &i.f.kms), &read(&i.path), "kms").await.unwrap();
    assert!(!i.unfinished().exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_written_makes_no_key() {
    let f = Fixture::start().await;
    let path = f.dir.path().join("nowhere/admin-credentials.env");
    let i = Installation { f, path };
    let config = i.config();
    i.f.app.running.stop().await;
    let Err(error) = app::start(config).await else { panic!("it started") };
    assert!(error.to_string().contains("nowhere/admin-credentials.env"), "{error}");
    assert!(stored(&i.f.database).await.is_empty(), "there is a key whose secret nobody has");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_another_installation_stays_and_no_key_is_made() {
    let f = Fixture::start().await;
    let path = f.dir.path().join("admin-credentials.env");
    fs::write(&path, "another's").unwrap();
    let i = Installation { f, path }.restart().await;
    assert_eq!(fs::read_to_string(&i.path).unwrap(), "another's");
    assert!(stored(&i.f.database).await.is_empty());
}
