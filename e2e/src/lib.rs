//! The load generator of `make bench`, the driver of the Encryption SDK, and what test programs share; the end-to-end tests themselves are Python's and
//! lie beside it.
//!
//! Requests are signed for real, but before the clock runs, so that the client's own work is the same few microseconds
//! for a signed call and for the bare handler that it is compared with.

pub mod bare;
pub mod client;
pub mod encryption_sdk;
pub mod load;
pub mod many_keys;
pub mod many_parameters;
pub mod program;
pub mod report;
pub mod requests;
pub mod stack;
