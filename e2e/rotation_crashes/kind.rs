//! What is rotated: each built-in function, and one of the harness.

use serde_json::{Value, json};

use crate::login::Engine;

/// Where the service can be struck.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Between {
    /// Between the service and its own database.
    OwnDatabase,
    /// Between the service and the server whose user is rotated.
    Target,
    /// Between the service and a rotation function of the harness.
    Function,
}

impl Between {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::OwnDatabase => "own-database",
            Self::Target => "target",
            Self::Function => "function",
        }
    }
}

/// A kind of rotation.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    /// The function's name.
    pub(crate) function: &'static str,
    /// Whose users are rotated; none where no server is told.
    pub(crate) engine: Option<Engine>,
    /// Whether the secret names a master secret.
    pub(crate) has_master: bool,
    /// Whether the secret's first rotation is struck, which sets it up (and makes the second one of two users); else a
    /// later one.
    pub(crate) is_first: bool,
    /// Whether AWSPENDING may be the one that logs in meanwhile, as is documented where a user has one password.
    pub(crate) pending_will_do: bool,
    pub(crate) places: &'static [Between],
}

impl Kind {
    /// What is asked for once a rotation is to be struck.
    pub(crate) fn rotate_request(&self, secret: &str, token: &str, function_arn: &str) -> Value {
        let mut request = json!({ "SecretId": secret, "ClientRequestToken": token });
        if self.is_first
            && let Some(members) = request.as_object_mut()
        {
            members.insert("RotationLambdaARN".to_owned(), json!(function_arn));
            members.insert("RotationRules".to_owned(), json!({ "AutomaticallyAfterDays": 30 }));
        }
        request
    }
}

/// A function of the harness, which changes one user's password as AWS's templates do.
pub(crate) const OWN_FUNCTION: &str = "own";

const POSTGRES: Kind = Kind {
    name: "postgres-single-user",
    function: "keywright-postgres-single-user",
    engine: Some(Engine::Postgres),
    has_master: false,
    is_first: false,
    pending_will_do: true,
    places: &[Between::Target, Between::OwnDatabase],
};
const POSTGRES_ALTERNATING: Kind = Kind {
    name: "postgres-alternating-users",
    function: "keywright-postgres-alternating-users",
    has_master: true,
    pending_will_do: false,
    ..POSTGRES
};
const MYSQL: Kind = Kind {
    name: "mysql-single-user",
    function: "keywright-mysql-single-user",
    engine: Some(Engine::MariaDb),
    ..POSTGRES
};
const MYSQL_ALTERNATING: Kind = Kind {
    name: "mysql-alternating-users",
    function: "keywright-mysql-alternating-users",
    has_master: true,
    pending_will_do: false,
    ..MYSQL
};
const REDIS: Kind = Kind {
    name: "redis",
    function: "keywright-redis",
    engine: Some(Engine::Redis),
    // It has two passwords.
    pending_will_do: false,
    ..POSTGRES
};
const TARGET: &[Between] = &[Between::Target];

/// All of them.
pub(crate) static KINDS: [Kind; 12] = [
    Kind {
        name: "own-function",
        function: OWN_FUNCTION,
        places: &[Between::Function, Between::OwnDatabase],
        ..POSTGRES
    },
    POSTGRES,
    Kind { name: "postgres-single-user-by-master", has_master: true, places: TARGET, ..POSTGRES },
    POSTGRES_ALTERNATING,
    Kind { name: "postgres-alternating-users-first", is_first: true, ..POSTGRES_ALTERNATING },
    MYSQL,
    // MariaDB lets a user have two passwords, if an administrator gives them.
    Kind {
        name: "mysql-single-user-by-master",
        has_master: true,
        pending_will_do: false,
        places: TARGET,
        ..MYSQL
    },
    MYSQL_ALTERNATING,
    Kind { name: "mysql-alternating-users-first", is_first: true, places: TARGET, ..MYSQL_ALTERNATING },
    REDIS,
    Kind { name: "redis-by-master", has_master: true, places: TARGET, ..REDIS },
    Kind {
        name: "generic-random",
        function: "keywright-generic-random",
        engine: None,
        pending_will_do: false,
        places: &[Between::OwnDatabase],
        ..POSTGRES
    },
];
