//! A server of each kind, of this run's own, and users on them.

use anyhow::{Context as _, Result};
use keywright_local_stack::testing::{
    OwnMariaDb, OwnRedis, TemporaryDir, own_mariadb_or_skip, own_redis_or_skip, test_postgres,
};
use keywright_local_stack::{PostgresCluster, RedisUsers};
use serde_json::Value;

use crate::administrator::Administrator;
use crate::kind::Kind;

/// The running servers; without MariaDB or Redis where this machine has none.
pub(crate) struct Servers {
    administrators: Vec<Administrator>,
    _postgres: PostgresCluster,
    _mariadb: Option<OwnMariaDb>,
    _redis: Option<OwnRedis>,
    _dir: TemporaryDir,
}

impl Servers {
    pub(crate) async fn start() -> Result<Self> {
        let dir = TemporaryDir::new("rotations")?;
        let postgres = PostgresCluster::start(test_postgres(dir.path().to_owned())).await?;
        let mut administrators = vec![Administrator::of_postgres(&postgres).await?];
        let mariadb = own_mariadb_or_skip("rotations", None).await;
        if let Some(own) = &mariadb {
            administrators.push(Administrator::of_mariadb(own).await?);
        }
        let redis = own_redis_or_skip("rotations", RedisUsers::AclFile, None).await;
        administrators.extend(redis.as_ref().map(Administrator::of_redis));
        Ok(Self { administrators, _postgres: postgres, _mariadb: mariadb, _redis: redis, _dir: dir })
    }

    /// Whether there is a server for it.
    pub(crate) fn has(&self, kind: Kind) -> bool {
        self.administrator(kind).is_ok()
    }

    /// A new user: its secret, without a master's.
    pub(crate) async fn make_user(&self, kind: Kind) -> Result<Value> {
        let administrator = self.administrator(kind)?;
        // Who is rotated by a master needn't be able to do it.
        let redis_commands = if kind.has_master() { "+ping" } else { "+@all" };
        administrator.make_user(administrator.address.port(), redis_commands).await
    }

    /// The secret of who may change users.
    pub(crate) fn master(&self, kind: Kind) -> Result<Value> {
        let administrator = self.administrator(kind)?;
        Ok(administrator.secret(administrator.address.port()))
    }

    fn administrator(&self, kind: Kind) -> Result<&Administrator> {
        let mut all = self.administrators.iter();
        all.find(|administrator| administrator.engine == kind.engine()).context("a server of this kind")
    }
}
