//! The crate from outside: whole messages, against themselves and against messages of AWS's own implementation.

mod caching;
mod fixtures;
mod hostile;
mod keyrings;
mod kms;
mod local_kms;
mod policies;
mod round_trips;
mod samples;
mod streams;
