//! CloudTrail Lake: event data stores, and queries of them by SQL.

pub mod sql;
