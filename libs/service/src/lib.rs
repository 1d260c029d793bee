//! Hosts an API over actix-web; client to the other services.
