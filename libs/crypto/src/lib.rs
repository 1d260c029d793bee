//! Every cryptographic primitive and the secret types.
