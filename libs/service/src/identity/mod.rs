//! Who asks: the identity service, as the other services see it.
//!
//! Secret access keys never leave identity. A service that sees an access key asks for the key *derived* for its own
//! scope, and keeps the answer for as long as identity says ([`IdentityCredentials`]): fresh for a minute, asked for
//! again before that ends, and used further, up to a bound, while identity is away. What changes there is dropped within
//! a second, as identity tells whoever waits for it. What a service may ask for is
//! decided by identity, and what it answers is sealed for that service alone ([`seal_answer`]).
//!
//! The messages ([`message`]) and the sealing are here, and not in the identity service, as both sides need them.

mod ask;
mod caller;
mod config;
mod credentials;
mod flights;
mod following;
mod keys;
mod lifetime;
pub mod message;
mod metrics;
mod outage;
mod refreshing;
mod remote;
mod sealing;
mod shards;
mod unknown;

pub use ask::{AskIdentity, Changes, CredentialAnswer, CredentialQuestion, ForwardQuestion, NotAnswered};
pub use config::IdentityClientConfig;
pub use credentials::{CacheSettings, IdentityCredentials, is_near};
pub use remote::RemoteIdentity;
pub use sealing::{ANSWER_NONCE_LEN, AnswerNonce, Question, open_answer, seal_answer};

/// The internal API's name in the credential scope.
pub const SIGNING_NAME: &str = "keywright-identity";
/// The internal API's prefix in `x-amz-target`.
pub const TARGET_PREFIX: &str = "KeywrightIdentity";
/// The name in the credential scope of what an operator does to identity's keys: STS's, which brings it here.
pub const ADMIN_SIGNING_NAME: &str = "sts";
/// Its prefix in `x-amz-target`.
pub const ADMIN_TARGET_PREFIX: &str = "KeywrightIdentityAdmin";
/// The error code for a session or forward token that isn't valid, or not for the service that showed it.
pub const INVALID_TOKEN: &str = "InvalidTokenException";
/// The error code for an access key that doesn't exist or isn't active. With [`UNKNOWN_KEY_STATUS`] it is about the
/// key that was asked for; otherwise about the one that signed.
pub const UNKNOWN_KEY: &str = "UnrecognizedClientException";
/// See [`UNKNOWN_KEY`].
pub const UNKNOWN_KEY_STATUS: u16 = 404;
