//! The root of trust: a key file or a passphrase.
