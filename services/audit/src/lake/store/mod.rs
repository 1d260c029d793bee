//! What Lake keeps in Postgres.

pub mod event_data_stores;
pub mod queries;
