//! Random passwords by the rules of Secrets Manager's GetRandomPassword. Pure but for the source of randomness.
//!
//! Every password that the rules permit is as likely as any other: characters are drawn without modulo bias, and where each
//! type is required, a password that lacks one is thrown away as a whole and drawn anew, rather than mended.
//!
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html>

mod draw;
mod rules;

pub use rules::{DEFAULT_LENGTH, MAX_LENGTH, PasswordError, PasswordRules};
