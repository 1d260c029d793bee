//! Redis 6 and newer, and what speaks its protocol.
//!
//! A user of an ACL may have several passwords. Rotation leaves it two, the current and the pending one, as AWS's template for
//! ElastiCache does: so no login fails at any time. Passwords go to the server as the SHA-256 that it keeps, in one command.
//! What it was told it must write down, or a restart would bring the old password back: where it can't, nothing is changed.

mod new_user;

use std::time::Duration;

use ::redis::aio::MultiplexedConnection;
use ::redis::{
    AsyncConnectionConfig, Cmd, ErrorKind, RedisConnectionInfo, RedisError, ServerErrorKind, Value, cmd,
};
use keywright_crypto::sha256_hex;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::RotationError;
use crate::document::{DatabaseSecret, SecretForm};
use crate::engine::{Change, Engine, LoginError, Target};
use crate::task::OwnedTask;

pub(crate) struct Redis;

pub(crate) struct Session {
    connection: MultiplexedConnection,
    _driver: OwnedTask,
}

impl Engine for Redis {
    type Session = Session;

    const FORM: SecretForm = SecretForm {
        engines: &["redis", "valkey"],
        engine_optional: true,
        default_port: 6379,
        // Whose password `requirepass` is.
        default_username: Some("default"),
    };

    async fn open(&self, target: &Target<'_>, secret: &DatabaseSecret) -> Result<Session, LoginError> {
        let unreachable = |error: std::io::Error| RotationError::Unreachable {
            host: target.host.to_owned(),
            reason: error.kind().to_string(),
        };
        let stream = TcpStream::connect(target.addresses).await.map_err(unreachable)?;
        let Some(trust) = target.tls else { return log_in(stream, target, secret).await };
        let tls = |reason: String| RotationError::Tls { host: target.host.to_owned(), reason };
        let name = ServerName::try_from(target.host.to_owned()).map_err(|error| tls(error.to_string()))?;
        let handshake = TlsConnector::from(trust.client.clone()).connect(name, stream);
        let Ok(secured) = tokio::time::timeout(HANDSHAKE_LIMIT, handshake).await else {
            // It waits for the end of a line.
            return Err(LoginError::NoTls);
        };
        match secured {
            Ok(stream) => log_in(stream, target, secret).await,
            Err(error) => match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
                // It answered in its own protocol.
                Some(rustls::Error::InvalidMessage(_)) => Err(LoginError::NoTls),
                Some(reason) => Err(tls(reason.to_string()).into()),
                // It hung up on what it didn't understand.
                None if ENDS.contains(&error.kind()) => Err(LoginError::NoTls),
                None => Err(unreachable(error).into()),
            },
        }
    }

    async fn ping(&self, session: &mut Session) -> Result<(), RotationError> {
        session.run("PING", &cmd("PING")).await
    }

    /// Also when the pending password was just used: it may not be written down yet, and a user without a password gets in
    /// with any.
    async fn set_own_password(
        &self,
        session: &mut Session,
        change: &Change<'_>,
    ) -> Result<(), RotationError> {
        set_both_passwords(session, change).await
    }

    async fn set_password_of_another(
        &self,
        administrator: &mut Session,
        change: &Change<'_>,
    ) -> Result<(), RotationError> {
        set_both_passwords(administrator, change).await
    }
}

async fn set_both_passwords(session: &mut Session, change: &Change<'_>) -> Result<(), RotationError> {
    let place = session.find_place_to_write_down().await?;
    let mut command = cmd("ACL");
    command.arg("SETUSER").arg(change.username).arg("resetpass");
    for password in [change.current, change.pending] {
        command.arg(format!("#{}", sha256_hex(password.expose_secret().as_bytes())));
    }
    session.run("ACL SETUSER", &command).await?;
    session.run("writing down the new password", &place.command()).await
}

/// Where a server keeps its users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    AclFile,
    ConfigurationFile,
}

impl Place {
    fn command(self) -> Cmd {
        let mut command;
        match self {
            Self::AclFile => {
                command = cmd("ACL");
                command.arg("SAVE");
            }
            Self::ConfigurationFile => {
                command = cmd("CONFIG");
                command.arg("REWRITE");
            }
        }
        command
    }
}

impl Session {
    /// Has the server write down what it knows already: it can if that works.
    async fn find_place_to_write_down(&mut self) -> Result<Place, RotationError> {
        let in_acl_file = self.ask(&Place::AclFile.command()).await;
        let Err(no_acl_file) = in_acl_file else { return Ok(Place::AclFile) };
        if no_acl_file.kind() != ErrorKind::Server(ServerErrorKind::ResponseError) {
            return Err(database_error("ACL SAVE")(no_acl_file));
        }
        match self.ask(&Place::ConfigurationFile.command()).await {
            Ok(_) => Ok(Place::ConfigurationFile),
            Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::ResponseError) => {
                Err(RotationError::Unsupported {
                    problem: "the server has neither an ACL file nor a configuration file that it can write: after a \
                              restart it would know the old password only"
                        .to_owned(),
                })
            }
            Err(error) => Err(database_error("CONFIG REWRITE")(error)),
        }
    }

    async fn run(&mut self, action: &'static str, command: &Cmd) -> Result<(), RotationError> {
        self.ask(command).await.map(|_| ()).map_err(database_error(action))
    }

    async fn ask(&mut self, command: &Cmd) -> Result<Value, RedisError> {
        self.connection.send_packed_command(command).await.and_then(Value::extract_error)
    }
}

async fn log_in<S>(stream: S, target: &Target<'_>, secret: &DatabaseSecret) -> Result<Session, LoginError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let login = RedisConnectionInfo::default()
        .set_username(&secret.username)
        .set_password(secret.password.expose_secret())
        .set_skip_set_lib_name();
    // Time is bounded by the caller.
    let settings = AsyncConnectionConfig::new().set_response_timeout(None);
    match MultiplexedConnection::new_with_config(&login, stream, settings).await {
        Ok((connection, driver)) => Ok(Session { connection, _driver: OwnedTask::spawn(driver) }),
        Err(error) if error.kind() == ErrorKind::AuthenticationFailed => Err(LoginError::Refused),
        Err(error) if error.is_io_error() => {
            let host = target.host.to_owned();
            Err(RotationError::Unreachable { host, reason: "the connection broke".to_owned() }.into())
        }
        Err(error) => Err(LoginError::Failed(database_error("logging in")(error))),
    }
}

/// The server's code; its words only where they can't quote the command.
fn database_error(action: &'static str) -> impl FnOnce(RedisError) -> RotationError {
    move |error| {
        let reason = match error.kind() {
            ErrorKind::Server(ServerErrorKind::NoPerm) => {
                "the user may not do it: it needs +acl|setuser and +acl|save or +config|rewrite, or the secret a \
                 \"masterarn\" (NOPERM)"
                    .to_owned()
            }
            _ if error.is_io_error() => "the connection broke".to_owned(),
            _ => format!("the server answered {}", error.code().unwrap_or("what isn't understood")),
        };
        RotationError::Database { action, reason }
    }
}

/// Less than a whole login may take.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(2);
const ENDS: [std::io::ErrorKind; 3] =
    [std::io::ErrorKind::UnexpectedEof, std::io::ErrorKind::ConnectionReset, std::io::ErrorKind::BrokenPipe];
