//! Custom key stores at work: what backs each, who connects them, how their keys encrypt.

mod backends;
mod connector;
mod error;
mod external;

pub use backends::{Backend, Backends, StoreEntry};
pub use connector::{connect_pending, run as run_connector};
pub use error::CustomStoreError;
pub use external::Requester;
