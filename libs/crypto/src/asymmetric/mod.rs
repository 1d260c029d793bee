//! Asymmetric keys: every kind of key pair that KMS offers, behind one private and one public key type.
//!
//! RSA and the NIST and SECG curves are AWS-LC's, and so is ML-DSA of whole messages. Ed25519 is `ed25519-dalek`'s, as
//! nothing else here signs Ed25519ph. SM2 is `sm2`'s, and ML-DSA of an external μ is `ml-dsa`'s, since AWS-LC's Rust
//! interface takes whole messages only.

mod algorithm;
mod ec;
mod ed25519;
mod ml_dsa;
mod prehash;
mod private_key;
mod public_key;
mod rsa;
mod sm2;

pub use algorithm::{AsymmetricEncryption, KeyPairSpec, Message, SignatureAlgorithm};
pub use private_key::PrivateKey;
pub use public_key::PublicKey;
