use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use keywright_local_stack::PostgresCluster;
use keywright_local_stack::testing::{self, test_postgres};
use keywright_store::{Change, ChangeListener, Store, StoreConfig, StoreError, TlsMode};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::sync::mpsc::unbounded_channel;

use crate::support::{config, eventually};

type Authority = CertifiedIssuer<'static, KeyPair>;

#[tokio::test]
async fn the_server_is_verified_against_the_authority_and_the_name() {
    let dir = tempfile::tempdir().unwrap();
    let (ours, theirs) = (authority(), authority());
    let cluster = PostgresCluster::start(test_postgres(dir.path().join("cluster"))).await.unwrap();
    let plain = config(&cluster.create_database("app", "app", "app-password").await.unwrap());
    serve_tls(&cluster, &ours).await;
    let trusting = |authority: &Authority| with_authority(&plain, authority, dir.path());

    let store = eventually(Duration::from_secs(10), async || {
        Store::connect(&trusting(&ours)).await.map_err(|error| error.to_string())
    })
    .await;
    let encrypted = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    let row = store.connection().await.unwrap().query_one(encrypted, &[]).await.unwrap();
    assert!(row.get::<_, bool>(0));

    let (heard, mut changes) = unbounded_channel();
    let listening = move |change| heard.send(change).unwrap_or(());
    let _listener = ChangeListener::spawn(&trusting(&ours), &["changes"], listening).unwrap();
    let first = tokio::time::timeout(Duration::from_secs(5), changes.recv()).await.unwrap();
    assert_eq!(first, Some(Change::Resynchronize));

    let refusal = refusal(&trusting(&theirs)).await;
    assert!(refusal.contains("invalid peer certificate"), "another authority: {refusal}");

    // The certificate is for 127.0.0.1 only.
    let mut other_name = trusting(&ours);
    other_name.host = "localhost".to_owned();
    let refusal = self::refusal(&other_name).await;
    assert!(refusal.contains("not valid for name"), "another name: {refusal}");

    let mut public_roots = trusting(&ours);
    public_roots.ca_file = None;
    let refusal = self::refusal(&public_roots).await;
    assert!(refusal.contains("invalid peer certificate"), "the public web's roots: {refusal}");
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_server_without_tls_is_refused_where_tls_is_required() {
    let database = testing::database().await;
    let mut config = config(database.login());
    config.tls = TlsMode::Require;
    assert!(refusal(&config).await.contains("does not support TLS"));
}

/// Why the handshake failed: at once, for waiting can't mend it.
async fn refusal(config: &StoreConfig) -> String {
    let error = Store::connect(config).await.unwrap_err();
    assert!(!error.retryable());
    match error {
        StoreError::Handshake { reason } => reason,
        other => panic!("{other:?}"),
    }
}

fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn with_authority(plain: &StoreConfig, authority: &Authority, dir: &Path) -> StoreConfig {
    let file = tempfile::Builder::new().suffix(".pem").tempfile_in(dir).unwrap();
    let (_, path) = file.keep().unwrap();
    std::fs::write(&path, authority.pem()).unwrap();
    let mut config = plain.clone();
    (config.tls, config.ca_file) = (TlsMode::Require, Some(path));
    config
}

/// Gives the server a certificate and has it read again. The server's own user writes the files: it wants to own them.
async fn serve_tls(cluster: &PostgresCluster, authority: &Authority) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, authority).unwrap();
    let superuser = cluster.superuser().connect().await.unwrap();
    for (name, pem) in [("server.key", key.serialize_pem()), ("server.crt", certificate.pem())] {
        let text = base64::engine::general_purpose::STANDARD.encode(pem);
        let write = format!("COPY (SELECT '{text}') TO PROGRAM 'umask 077; base64 -d > {name}'");
        superuser.batch_execute(&write).await.unwrap();
    }
    superuser.batch_execute("ALTER SYSTEM SET ssl = on").await.unwrap();
    superuser.batch_execute("SELECT pg_reload_conf()").await.unwrap();
}
