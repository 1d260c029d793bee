//! One server of each kind for all tests of this process, with certificates of one authority.

use std::path::PathBuf;

use keywright_local_stack::testing::{
    OwnMariaDb, OwnRedis, TemporaryDir, own_mariadb_or_skip, own_redis_or_skip, test_postgres,
};
use keywright_local_stack::{PostgresCluster, RedisUsers, ServerCertificate};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::sync::OnceCell;

/// Signs the servers' certificates.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    dir: TemporaryDir,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let dir = TemporaryDir::new("test-authority").unwrap();
        std::fs::write(dir.path().join("ca.pem"), issuer.pem()).unwrap();
        Self { issuer, dir }
    }

    pub(crate) fn ca_file(&self) -> PathBuf {
        self.dir.path().join("ca.pem")
    }

    /// For 127.0.0.1, and no name.
    fn certificate(&self) -> ServerCertificate {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        ServerCertificate { chain: certificate.pem(), key: key.serialize_pem() }
    }
}

pub(crate) async fn authority() -> &'static Authority {
    static AUTHORITY: OnceCell<Authority> = OnceCell::const_new();
    AUTHORITY.get_or_init(async || Authority::new()).await
}

/// A PostgreSQL that logs its statements and has TLS.
pub(crate) struct Postgres {
    pub(crate) cluster: PostgresCluster,
    dir: TemporaryDir,
}

impl Postgres {
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("postgres.log")).unwrap()
    }
}

pub(crate) async fn postgres() -> &'static Postgres {
    static SERVER: OnceCell<Postgres> = OnceCell::const_new();
    SERVER
        .get_or_init(async || {
            let dir = TemporaryDir::new("test-postgres").unwrap();
            let mut config = test_postgres(dir.path().to_owned());
            config.settings.push(("log_statement".to_owned(), "all".to_owned()));
            let cluster = PostgresCluster::start(config).await.unwrap();
            let certificate = authority().await.certificate();
            let superuser = cluster.superuser().connect().await.unwrap();
            // The server's own user writes the files: it wants to own them.
            for (name, pem) in [("server.key", certificate.key), ("server.crt", certificate.chain)] {
                let pem = pem.trim_end().replace('\n', "\\n");
                let write =
                    format!("COPY (SELECT 1) TO PROGRAM $p$cat >/dev/null; umask 077; printf '%b' '{pem}\\n' > {name}$p$");
                superuser.batch_execute(&write).await.unwrap();
            }
            superuser.batch_execute("ALTER SYSTEM SET ssl = on").await.unwrap();
            // It is closed to other users at first.
            superuser.batch_execute("GRANT CONNECT ON DATABASE postgres TO PUBLIC").await.unwrap();
            superuser.batch_execute("SELECT pg_reload_conf()").await.unwrap();
            Postgres { cluster, dir }
        })
        .await
}

pub(crate) async fn mariadb(test: &str) -> Option<&'static OwnMariaDb> {
    static SERVER: OnceCell<Option<OwnMariaDb>> = OnceCell::const_new();
    let certificate = authority().await.certificate();
    SERVER.get_or_init(async || own_mariadb_or_skip(test, Some(certificate)).await).await.as_ref()
}

/// A Redis with an ACL file, in the clear.
pub(crate) async fn redis(test: &str) -> Option<&'static OwnRedis> {
    static SERVER: OnceCell<Option<OwnRedis>> = OnceCell::const_new();
    SERVER.get_or_init(async || own_redis_or_skip(test, RedisUsers::AclFile, None).await).await.as_ref()
}

/// A Redis with TLS only.
pub(crate) async fn redis_with_tls(test: &str) -> Option<OwnRedis> {
    own_redis_or_skip(test, RedisUsers::AclFile, Some(authority().await.certificate())).await
}
