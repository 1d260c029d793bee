//! What is rotated, and what is promised of it.

use std::time::Duration;

use crate::login::Engine;

/// A kind of rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// By the user itself.
    PostgresSingle,
    /// By the user of a master secret.
    PostgresSingleByMaster,
    PostgresAlternating,
    MariaDbSingle,
    MariaDbSingleByMaster,
    MariaDbAlternating,
    Redis,
    RedisByMaster,
}

impl Kind {
    pub(crate) const ALL: [Self; 8] = [
        Self::PostgresSingle,
        Self::PostgresSingleByMaster,
        Self::PostgresAlternating,
        Self::MariaDbSingle,
        Self::MariaDbSingleByMaster,
        Self::MariaDbAlternating,
        Self::Redis,
        Self::RedisByMaster,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::PostgresSingle => "postgres-single-user",
            Self::PostgresSingleByMaster => "postgres-single-user-by-master",
            Self::PostgresAlternating => "postgres-alternating-users",
            Self::MariaDbSingle => "mysql-single-user",
            Self::MariaDbSingleByMaster => "mysql-single-user-by-master",
            Self::MariaDbAlternating => "mysql-alternating-users",
            Self::Redis => "redis",
            Self::RedisByMaster => "redis-by-master",
        }
    }

    pub(crate) fn function(self) -> &'static str {
        match self {
            Self::PostgresSingle | Self::PostgresSingleByMaster => "keywright-postgres-single-user",
            Self::PostgresAlternating => "keywright-postgres-alternating-users",
            Self::MariaDbSingle | Self::MariaDbSingleByMaster => "keywright-mysql-single-user",
            Self::MariaDbAlternating => "keywright-mysql-alternating-users",
            Self::Redis | Self::RedisByMaster => "keywright-redis",
        }
    }

    pub(crate) fn engine(self) -> Engine {
        match self {
            Self::PostgresSingle | Self::PostgresSingleByMaster | Self::PostgresAlternating => {
                Engine::Postgres
            }
            Self::MariaDbSingle | Self::MariaDbSingleByMaster | Self::MariaDbAlternating => Engine::MariaDb,
            Self::Redis | Self::RedisByMaster => Engine::Redis,
        }
    }

    pub(crate) fn has_master(self) -> bool {
        !matches!(self, Self::PostgresSingle | Self::MariaDbSingle | Self::Redis)
    }

    /// For how long AWSCURRENT may not log in, by what the documents say.
    pub(crate) fn window(self) -> Option<Duration> {
        match self {
            Self::PostgresSingle | Self::PostgresSingleByMaster | Self::MariaDbSingle => Some(WINDOW),
            Self::PostgresAlternating
            | Self::MariaDbSingleByMaster
            | Self::MariaDbAlternating
            | Self::Redis
            | Self::RedisByMaster => None,
        }
    }
}

/// How long an application is told to retry.
pub(crate) const WINDOW: Duration = Duration::from_secs(10);
