//! Keys from passphrases: Argon2id (RFC 9106), version 0x13.

use argon2::{Algorithm, Argon2, AssociatedData, Block, ParamsBuilder, Version};
use zeroize::Zeroize as _;

use crate::{CryptoError, Key256, SecretString};

/// What one derivation costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Argon2Params {
    /// Memory in KiB, at least eight for each lane.
    pub memory_kib: u32,
    /// Passes over the memory, at least one.
    pub iterations: u32,
    /// Lanes, at least one. They shape the result; here they are filled one after the other.
    pub parallelism: u32,
}

impl Argon2Params {
    /// RFC 9106's recommendation where memory is scarce (section 4, second option): 64 MiB, 3 passes, 4 lanes.
    pub const RECOMMENDED: Self = Self { memory_kib: 64 * 1024, iterations: 3, parallelism: 4 };
}

/// Derives a key from `passphrase`. Takes as long as `params` say, a good part of a second: not for request threads.
///
/// # Errors
/// [`CryptoError::Argon2Input`] for parameters out of range, or a salt of fewer than eight bytes.
pub fn argon2id(passphrase: &SecretString, salt: &[u8], params: Argon2Params) -> Result<Key256, CryptoError> {
    derive(passphrase.expose_secret().as_bytes(), salt, &[], &[], params)
}

/// The whole function, with the secret and associated data that RFC 9106's vectors use.
fn derive(
    passphrase: &[u8],
    salt: &[u8],
    secret: &[u8],
    associated_data: &[u8],
    params: Argon2Params,
) -> Result<Key256, CryptoError> {
    let associated_data = AssociatedData::new(associated_data).map_err(|_| CryptoError::Argon2Input)?;
    let params = ParamsBuilder::new()
        .m_cost(params.memory_kib)
        .t_cost(params.iterations)
        .p_cost(params.parallelism)
        .data(associated_data)
        .output_len(Key256::LEN)
        .build()
        .map_err(|_| CryptoError::Argon2Input)?;
    let mut memory = vec![Block::default(); params.block_count()];
    let argon2 = Argon2::new_with_secret(secret, Algorithm::Argon2id, Version::V0x13, params)
        .map_err(|_| CryptoError::Argon2Input)?;
    let key = Key256::fill_with(|key| {
        argon2
            .hash_password_into_with_memory(passphrase, salt, key, &mut memory)
            .map_err(|_| CryptoError::Argon2Input)
    });
    // The last blocks determine the key, and the library leaves them to the caller.
    memory.iter_mut().for_each(Block::zeroize);
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9106, section 5.3.
    #[test]
    fn derivation_matches_the_vector_of_the_rfc() {
        let params = Argon2Params { memory_kib: 32, iterations: 3, parallelism: 4 };
        let key = derive(&[1; 32], &[2; 16], &[3; 8], &[4; 12], params).unwrap();
        let expected = "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659";
        assert_eq!(hex::encode(key.expose_secret()), expected);
    }

    /// From the test suite of the reference implementation (phc-winner-argon2).
    #[test]
    fn passphrase_and_salt_alone_match_the_reference_implementation() {
        let params = Argon2Params { memory_kib: 65536, iterations: 2, parallelism: 1 };
        let key = argon2id(&SecretString::new("password".into()), b"somesalt", params).unwrap();
        let expected = "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7";
        assert_eq!(hex::encode(key.expose_secret()), expected);
    }

    #[test]
    fn parameters_and_salts_out_of_range_are_refused() {
        let derive = |salt: &[u8], memory_kib, iterations, parallelism| {
            let params = Argon2Params { memory_kib, iterations, parallelism };
            argon2id(&SecretString::new("passphrase".into()), salt, params).map(|_| ())
        };
        assert_eq!(derive(b"8 bytes.", 8, 1, 1), Ok(()));
        assert_eq!(derive(b"7 bytes", 8, 1, 1), Err(CryptoError::Argon2Input));
        assert_eq!(derive(b"8 bytes.", 7, 1, 1), Err(CryptoError::Argon2Input));
        assert_eq!(derive(b"8 bytes.", 8, 0, 1), Err(CryptoError::Argon2Input));
        assert_eq!(derive(b"8 bytes.", 8, 1, 0), Err(CryptoError::Argon2Input));
        assert_eq!(derive(b"8 bytes.", 15, 1, 2), Err(CryptoError::Argon2Input));
    }
}
