//! Which rotator a function's name stands for.

/// The built-in rotators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RotatorKind {
    /// A user of PostgreSQL, whose password changes.
    PostgresSingleUser,
    /// Two users of PostgreSQL in turns.
    PostgresAlternatingUsers,
    /// A user of MariaDB or MySQL, whose password changes.
    MysqlSingleUser,
    /// Two users of MariaDB or MySQL in turns.
    MysqlAlternatingUsers,
    /// A user of Redis, which has two passwords.
    Redis,
    /// A random text, of which no server knows.
    GenericRandom,
}

impl RotatorKind {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::PostgresSingleUser,
        Self::PostgresAlternatingUsers,
        Self::MysqlSingleUser,
        Self::MysqlAlternatingUsers,
        Self::Redis,
        Self::GenericRandom,
    ];

    /// The name of its function, which nobody else's may have.
    pub fn function_name(self) -> &'static str {
        match self {
            Self::PostgresSingleUser => "keywright-postgres-single-user",
            Self::PostgresAlternatingUsers => "keywright-postgres-alternating-users",
            Self::MysqlSingleUser => "keywright-mysql-single-user",
            Self::MysqlAlternatingUsers => "keywright-mysql-alternating-users",
            Self::Redis => "keywright-redis",
            Self::GenericRandom => "keywright-generic-random",
        }
    }

    /// The rotator of a function's name, or `None` for a function that isn't ours.
    pub fn from_function_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.function_name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rotator_is_found_by_the_whole_name_of_its_function() {
        for kind in RotatorKind::ALL {
            assert_eq!(RotatorKind::from_function_name(kind.function_name()), Some(kind));
        }
        for other in ["", "keywright-postgres", "Keywright-Redis", "keywright-redis:1", "my-function"] {
            assert_eq!(RotatorKind::from_function_name(other), None, "{other}");
        }
    }
}
