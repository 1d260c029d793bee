//! What every service does with Postgres, in one way: connections, TLS, migrations, transactions that carry their
//! audit record, and change notifications.
//!
//! - [`Store`] is the pool. A finder takes a [`Connection`]; a function that writes takes a [`Transaction`], which
//!   dereferences to a connection. The caller commits.
//! - [`Work`] is what one request may change. The request pipeline finishes it with the request's audit record, so
//!   that no change exists without its record ([`outbox`]).
//! - [`ChangeListener`] tells a replica's caches what other replicas changed, and says how old its news may be.
//! - [`migrate`] brings a database to the schema that this build needs.
//!
//! [`StoreError`] never carries a value, a password or a server's `DETAIL`: it may be logged as it is.

mod changes;
mod config;
mod connection;
mod connector;
mod error;
mod metrics;
mod migrate;
pub mod outbox;
mod pool;
mod sqlstate;
mod tls;
mod transaction;
mod work;

pub use changes::{Change, ChangeListener, ListenerHealth};
pub use config::{StoreConfig, TlsMode};
pub use connection::Connection;
pub use error::{StoreError, Unavailable};
pub use migrate::migrate;
pub use outbox::OutboxEntry;
pub use pool::Store;
pub use refinery;
pub use tokio_postgres::{Row, types};
pub use transaction::{CommitError, Transaction};
pub use work::Work;
