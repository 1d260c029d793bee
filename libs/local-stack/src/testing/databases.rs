#![expect(clippy::panic, reason = "a server that could run and does not has failed the test, and says why")]

use super::skipped::record_skip;
use super::temporary::TemporaryDir;
use crate::{
    LocalStackError, MariaDbConfig, MariaDbServer, RedisConfig, RedisServer, RedisUsers, ServerCertificate,
};

/// A MariaDB for tests, whose directory goes when the process ends.
#[derive(Debug)]
pub struct OwnMariaDb {
    /// The server, started.
    pub server: MariaDbServer,
    _dir: TemporaryDir,
}

/// A Redis for tests, whose directory goes when the process ends.
#[derive(Debug)]
pub struct OwnRedis {
    /// The server, started.
    pub server: RedisServer,
    _dir: TemporaryDir,
}

/// A MariaDB that logs its statements, or `None` where this machine has none: then the test returns, and is counted as
/// skipped.
///
/// # Panics
/// When it could run and doesn't start; and instead of a skip under `CI=true`.
pub async fn own_mariadb_or_skip(test: &str, certificate: Option<ServerCertificate>) -> Option<OwnMariaDb> {
    let dir = temporary("test-mariadb", test);
    let config = MariaDbConfig { dir: dir.path().to_owned(), certificate, log_statements: true };
    let server = started_or_skipped(MariaDbServer::start(config).await, "MariaDB", test)?;
    Some(OwnMariaDb { server, _dir: dir })
}

/// A Redis, or `None` as [`own_mariadb_or_skip`] has it.
///
/// # Panics
/// As there.
pub async fn own_redis_or_skip(
    test: &str,
    users: RedisUsers,
    certificate: Option<ServerCertificate>,
) -> Option<OwnRedis> {
    let dir = temporary("test-redis", test);
    let config = RedisConfig { dir: dir.path().to_owned(), users, certificate };
    let server = started_or_skipped(RedisServer::start(config).await, "Redis", test)?;
    Some(OwnRedis { server, _dir: dir })
}

fn temporary(purpose: &str, test: &str) -> TemporaryDir {
    match TemporaryDir::new(purpose) {
        Ok(dir) => dir,
        Err(error) => panic!("no directory for {test}: {error}"),
    }
}

fn started_or_skipped<S>(started: Result<S, LocalStackError>, lacking: &str, test: &str) -> Option<S> {
    match started {
        Ok(server) => Some(server),
        Err(error @ (LocalStackError::ProgramNotFound { .. } | LocalStackError::MariaDbNotFound { .. })) => {
            record_skip(lacking, test, &error.to_string());
            None
        }
        Err(error) => panic!("no {lacking} for {test}: {error}"),
    }
}
