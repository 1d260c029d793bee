//! What rotators need of a kind of server, and how they get into one.

use std::net::SocketAddr;
use std::time::Duration;

use keywright_crypto::SecretString;

use crate::document::{DatabaseSecret, SecretForm};
use crate::tls::Trust;
use crate::{HostRules, NewUser, Plaintext, RotationError, RotatorSettings};

/// A kind of server whose users have passwords.
pub(crate) trait Engine: Send + Sync {
    /// Somebody logged in. Dropped, it is logged out.
    type Session: Send;

    const FORM: SecretForm;

    /// Logs in.
    fn open(
        &self,
        target: &Target<'_>,
        secret: &DatabaseSecret,
    ) -> impl Future<Output = Result<Self::Session, LoginError>> + Send;

    /// Asks for something that every user may.
    fn ping(&self, session: &mut Self::Session) -> impl Future<Output = Result<(), RotationError>> + Send;

    /// Changes the password of the user that is logged in.
    fn set_own_password(
        &self,
        session: &mut Self::Session,
        change: &Change<'_>,
    ) -> impl Future<Output = Result<(), RotationError>> + Send;

    /// Changes the password of another user; the current one stays valid beside it where the server can have two.
    fn set_password_of_another(
        &self,
        administrator: &mut Self::Session,
        change: &Change<'_>,
    ) -> impl Future<Output = Result<(), RotationError>> + Send;
}

/// A kind of server on which a second user can be given what the first one has.
pub(crate) trait SecondUsers: Engine {
    /// How long a user's name may be there.
    fn username_limit(secret: &DatabaseSecret) -> usize;

    /// Makes the pending user if it isn't there, with what the current one may do, and gives it its password *last*: a
    /// user that can log in is whole.
    fn set_up_second_user(
        &self,
        administrator: &mut Self::Session,
        current_user: &mut Self::Session,
        current: &DatabaseSecret,
        pending: &DatabaseSecret,
    ) -> impl Future<Output = Result<(), RotationError>> + Send;
}

/// A kind of server on which users can be made.
pub(crate) trait Users: Engine {
    /// How long a user's name may be there.
    fn longest_name(secret: &DatabaseSecret) -> usize;

    /// That there can be such a user.
    fn check_user(&self, user: &NewUser) -> Result<(), RotationError>;

    fn has_user(
        &self,
        administrator: &mut Self::Session,
        user: &NewUser,
    ) -> impl Future<Output = Result<bool, RotationError>> + Send;

    /// Makes a user with all that it is to have; false if there is one of its name, which is left alone.
    fn make_user(
        &self,
        administrator: &mut Self::Session,
        user: &NewUser,
        password: &SecretString,
    ) -> impl Future<Output = Result<bool, RotationError>> + Send;

    /// Takes a user away that was made so.
    fn remove_user(
        &self,
        administrator: &mut Self::Session,
        user: &NewUser,
    ) -> impl Future<Output = Result<(), RotationError>> + Send;
}

/// A change of one user's password.
pub(crate) struct Change<'a> {
    pub(crate) username: &'a str,
    pub(crate) current: &'a SecretString,
    pub(crate) pending: &'a SecretString,
    /// Whether the pending one has just been used to log in.
    pub(crate) is_known: bool,
}

/// Where to connect, with checked addresses.
pub(crate) struct Target<'a> {
    pub(crate) host: &'a str,
    pub(crate) addresses: &'a [SocketAddr],
    pub(crate) port: u16,
    /// `None`: in the clear.
    pub(crate) tls: Option<&'a Trust>,
}

/// Why there is no session.
pub(crate) enum LoginError {
    /// The server doesn't take this user with this password.
    Refused,
    /// The server has no TLS.
    NoTls,
    Failed(RotationError),
}

impl From<RotationError> for LoginError {
    fn from(error: RotationError) -> Self {
        Self::Failed(error)
    }
}

/// Gets into servers of one kind, by the operator's rules.
pub(crate) struct Access<E> {
    pub(crate) engine: E,
    hosts: HostRules,
    plaintext: Plaintext,
    trust: Trust,
    connect_timeout: Duration,
    statement_timeout: Duration,
}

impl<E: Engine> Access<E> {
    pub(crate) fn new(engine: E, settings: &RotatorSettings, trust: Trust) -> Self {
        Self {
            engine,
            hosts: settings.allowed_hosts.clone(),
            plaintext: settings.plaintext,
            trust,
            connect_timeout: settings.connect_timeout,
            statement_timeout: settings.statement_timeout,
        }
    }

    /// A session, or `None` if the server refuses the password. Whatever else goes wrong is an error: a server that is away
    /// says nothing about a password.
    pub(crate) async fn log_in(&self, secret: &DatabaseSecret) -> Result<Option<E::Session>, RotationError> {
        let addresses = self.hosts.resolve(&secret.host, secret.port).await?;
        let no_tls =
            |reason: &str| Err(RotationError::Tls { host: secret.host.clone(), reason: reason.to_owned() });
        if secret.ssl == Some(false) {
            return match self.plaintext {
                Plaintext::Never => no_tls("the secret says \"ssl\": false, which the settings forbid"),
                Plaintext::WhereSecretSays | Plaintext::AsAwsDoes => {
                    session_or_refusal(self.open(secret, &addresses, false).await)
                }
            };
        }
        match self.open(secret, &addresses, true).await {
            Err(LoginError::NoTls) if secret.ssl.is_none() && self.plaintext == Plaintext::AsAwsDoes => {
                tracing::warn!(
                    host = secret.host,
                    "the server has no TLS: connecting in the clear, as the settings allow"
                );
                session_or_refusal(self.open(secret, &addresses, false).await)
            }
            Err(LoginError::NoTls) => no_tls(
                "the server has no TLS or doesn't answer in it, and the secret doesn't say \"ssl\": false",
            ),
            outcome => session_or_refusal(outcome),
        }
    }

    pub(crate) async fn ping(&self, session: &mut E::Session) -> Result<(), RotationError> {
        self.bounded("asking the server for something", self.engine.ping(session)).await
    }

    /// Runs what takes one statement, or a few that belong together.
    pub(crate) async fn bounded<T>(
        &self,
        action: &'static str,
        work: impl Future<Output = Result<T, RotationError>>,
    ) -> Result<T, RotationError> {
        match tokio::time::timeout(self.statement_timeout, work).await {
            Ok(outcome) => outcome,
            Err(_) => Err(RotationError::TimedOut { action, limit: self.statement_timeout }),
        }
    }

    async fn open(
        &self,
        secret: &DatabaseSecret,
        addresses: &[SocketAddr],
        tls: bool,
    ) -> Result<E::Session, LoginError> {
        let tls = tls.then_some(&self.trust);
        let target = Target { host: &secret.host, addresses, port: secret.port, tls };
        match tokio::time::timeout(self.connect_timeout, self.engine.open(&target, secret)).await {
            Ok(outcome) => outcome,
            Err(_) => {
                let reason = format!("no login within {} s", self.connect_timeout.as_secs_f32());
                Err(RotationError::Unreachable { host: secret.host.clone(), reason }.into())
            }
        }
    }
}

fn session_or_refusal<S>(outcome: Result<S, LoginError>) -> Result<Option<S>, RotationError> {
    match outcome {
        Ok(session) => Ok(Some(session)),
        Err(LoginError::Refused | LoginError::NoTls) => Ok(None),
        Err(LoginError::Failed(error)) => Err(error),
    }
}
