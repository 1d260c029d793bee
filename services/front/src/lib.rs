//! One port for all: routes a request by its credential scope.
//!
//! A client knows one endpoint. What it signs names the service and the Region ([`keywright_service::routing`]), so the
//! front can choose who answers without verifying anything, and passes the request on as it came: method, path, query,
//! headers and body are what was signed. It is no party to the decision; a wrong choice is refused by whom it reaches.
//!
//! The front also sees the client's address. It appends it to `x-forwarded-for`, and shows the services a token by which
//! they know that it is to be believed ([`keywright_service::origin`]).

pub mod app;
mod backend;
pub mod config;
mod error;
mod forward;
mod headers;
mod metrics;
mod refusal;
mod routes;
mod unsigned;

pub use app::Running;
pub use config::Config;
pub use error::FrontError;
