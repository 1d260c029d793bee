use mysql_async::Error;

use crate::RotationError;

/// The server's code; its words only where they can't quote the statement.
pub(super) fn database_error(action: &'static str) -> impl FnOnce(Error) -> RotationError {
    move |error| {
        let reason = match &error {
            Error::Server(refusal) if SAYABLE.contains(&refusal.code) => {
                format!("{} ({})", refusal.message, refusal.code)
            }
            Error::Server(refusal) => format!("the server answered {} ({})", refusal.code, refusal.state),
            Error::Io(_) => "the connection broke".to_owned(),
            Error::Driver(_) | Error::Other(_) | Error::Url(_) => {
                "the server's answer isn't understood".to_owned()
            }
        };
        RotationError::Database { action, reason }
    }
}

/// Access denied (to a database, to a table, for a privilege), read-only, no such grant or user, password policy, wrong
/// format of a hash (for another plugin than `mysql_native_password`).
const SAYABLE: [u16; 9] = [1044, 1142, 1227, 1290, 1141, 1396, 1819, 1372, 1699];
