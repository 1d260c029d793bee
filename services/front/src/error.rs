//! Why the front can't start.

use keywright_service::{ServiceError, SettingsError};

/// Why the front can't start.
#[derive(Debug, thiserror::Error)]
pub enum FrontError {
    /// A setting can't be used.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// An address can't be listened on, or a secret file can't be read.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// There is nowhere to send anything.
    #[error("no routes are set: set front.routes, such as sts = \"http://identity:8080\"")]
    NoRoutes,
    /// A route's name isn't a service with or without a Region.
    #[error(
        "front.routes.{route} is not named by a service, or a service and a Region such as kms.us-east-1"
    )]
    RouteName {
        /// The route.
        route: String,
    },
    /// A route's address can't be used.
    #[error("front.routes.{route} is no base URL of the form http://host:port")]
    RouteAddress {
        /// The route.
        route: String,
    },
    /// The fallback has no route.
    #[error(
        "front.fallback is {service:?}, which has no route: set front.routes.{service}, or another fallback"
    )]
    Fallback {
        /// The service it names.
        service: String,
    },
}
