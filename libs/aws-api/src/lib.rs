//! The AWS wire: protocols, errors, operations, and the one pipeline through which every request passes.
//!
//! A service declares its operations as types ([`Operation`]) and registers them with an [`Api`]. There is no other way
//! to serve a request, so none can skip a step:
//!
//! ```text
//! received -> authenticated -> decoded -> resource loaded -> counted -> authorized -> run -> recorded -> answered
//! ```
//!
//! This crate knows neither the HTTP server nor the database: [`keywright-service`] hosts an [`Api`] over actix-web, and
//! what an operation changes is behind [`UnitOfWork`].

pub mod api;
pub mod arn;
pub mod caller;
pub mod clock;
pub mod context;
pub mod error;
pub mod http;
pub mod ids;
pub mod operation;
mod partition;
mod pipeline;
pub mod protocol;
pub mod query;
pub mod recorder;
pub mod shape;
pub mod shown;
pub mod work;

pub use api::{Api, ApiBuilder, ApiSettings, HttpApi, OperationInfo};
pub use arn::Arn;
pub use caller::{
    Caller, CallerKind, Credential, CredentialError, CredentialRequest, CredentialSource, ForwardToken,
    Session,
};
pub use clock::{Clock, SystemClock};
pub use error::{ApiError, Common, Fault};
pub use http::{HttpRequest, HttpResponse};
pub use ids::{AccountId, Region, RequestId};
pub use keywright_aws_api_derive::Input;
pub use operation::{Access, Accesses, Authorized, Call, Operation, Target};
pub use partition::{PartitionError, partition, set_partition};
pub use pipeline::{ask_policy, check_access, denies, has_denials};
pub use protocol::Protocol;
pub use recorder::{RecordError, Recorder};
pub use shown::{Part, Shown, WebIdentity};
pub use work::{NoWork, ServiceState, UnitOfWork, WorkError};

/// The header that carries a caller's forward token from one of our services to another.
///
/// Its `x-amz-` prefix makes Signature Version 4 demand that it is signed.
pub const FORWARD_TOKEN_HEADER: &str = "x-amz-keywright-forward-token";
