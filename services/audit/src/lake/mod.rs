//! CloudTrail Lake: event data stores, and queries of them by SQL.
//!
//! A store is a named selection of the account's own events; making one stores nothing again. A query is translated
//! ([`sql`]), run as a role that sees nothing but views of one account's events ([`runner`]), and its result is kept for
//! seven days.

pub mod event_data_store;
pub mod page_token;
pub mod queries;
pub mod runner;
pub mod selectors;
pub mod sql;
pub mod store;
