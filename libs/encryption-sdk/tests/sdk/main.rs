//! The crate from outside: whole messages, against themselves and against messages of AWS's own implementation.

// So that lints know the functions that tests share for tests, too.
#![cfg(test)]

mod caching;
mod ecdh;
mod fixtures;
mod for_others;
mod fuzz_corpus;
mod hierarchy;
mod hostile;
mod keyrings;
mod kms;
mod local_kms;
mod policies;
mod round_trips;
mod samples;
mod streams;
mod vectors;
