//! The message format, versions 1 and 2: header, body, footer.
//!
//! <https://github.com/awslabs/aws-encryption-sdk-specification/tree/master/data-format>

pub(crate) mod body;
mod data_key;
pub(crate) mod derivation;
pub(crate) mod header;
pub(crate) mod open;
pub(crate) mod seal;
pub(crate) mod wire;

pub use data_key::EncryptedDataKey;
pub use header::{ContentType, Header};
