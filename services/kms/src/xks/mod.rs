//! The client of external key store proxies: KMS's side of the External Key Store Proxy API, version 1.
//!
//! A proxy belongs to the customer, so nothing that it says is believed before it is checked: lengths, the integrity value
//! of a ciphertext, the size of the answer. It gets no plaintext of a caller either: what is sent to be encrypted is
//! already encrypted under the KMS key's own material. A call has a time limit, a store has a bounded number of calls.
//!
//! Source: <https://github.com/aws/aws-kms-xksproxy-api-spec>

mod client;
mod error;
mod proxy;
mod sealed;
mod settings;
mod wire;

pub use client::{XksClient, XksProxy};
pub use error::{ProxyRefusal, XksError};
pub use sealed::Sealed;
pub use settings::ExternalKeyStoresSection;
pub use wire::RequestMetadata;
