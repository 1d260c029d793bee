//! Random identifiers and secrets in AWS's alphabets.

use keywright_aws_api::AccountId;
use keywright_crypto::{CryptoError, Random, RandomExt as _, SecretString};

/// A unique id of IAM: `prefix` (such as `AIDA` for a user) and 17 random characters.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids>
///
/// # Errors
/// [`CryptoError::RandomUnavailable`].
pub fn unique_id(prefix: &str, random: &dyn Random) -> Result<String, CryptoError> {
    let characters = random.bytes::<17>()?;
    Ok(with_prefix(prefix, &characters))
}

/// An access key id: `AKIA` and 16 random characters.
pub(crate) fn access_key_id(random: &dyn Random) -> Result<String, CryptoError> {
    let characters = random.bytes::<16>()?;
    Ok(with_prefix("AKIA", &characters))
}

/// The id of a temporary access key, which tells its account: behind the prefix stand, in base32, a set bit, 40 bits with
/// the account's number, and 39 random bits.
pub(crate) fn temporary_access_key_id(
    prefix: &str,
    account: AccountId,
    random: &dyn Random,
) -> Result<String, CryptoError> {
    // Twelve digits: an account has no others, and they fit into 40 bits.
    let number = account.as_str().parse::<u128>().unwrap_or_default();
    let random = u128::from(u64::from_be_bytes(random.bytes::<8>()?)) & ((1 << RANDOM_BITS) - 1);
    let bits = (1 << (RANDOM_BITS + ACCOUNT_BITS)) | (number << RANDOM_BITS) | random;
    let groups = (0..TEMPORARY_LENGTH).rev().map(|group| (bits >> (5 * group) & 31) as u8);
    Ok(with_prefix(prefix, &groups.collect::<Vec<_>>()))
}

/// The account that a temporary access key's id tells, given what stands behind its prefix.
pub(crate) fn account_of_temporary(characters: &str) -> Option<AccountId> {
    if characters.len() != TEMPORARY_LENGTH as usize {
        return None;
    }
    let bits = characters.bytes().try_fold(0_u128, |bits, character| {
        let value = BASE32.iter().position(|known| *known == character)?;
        Some(bits << 5 | value as u128)
    })?;
    let account = bits >> RANDOM_BITS & ((1 << ACCOUNT_BITS) - 1);
    AccountId::parse(&format!("{account:012}")).ok()
}

/// A secret access key: 40 random characters of the base64 alphabet, which are 240 bits.
pub(crate) fn secret_access_key(random: &dyn Random) -> Result<SecretString, CryptoError> {
    let bytes = random.secret(SECRET_LENGTH)?;
    let mut text = String::with_capacity(SECRET_LENGTH);
    text.extend(bytes.expose_secret().iter().map(|byte| character(BASE64, *byte)));
    Ok(SecretString::new(text))
}

fn with_prefix(prefix: &str, random: &[u8]) -> String {
    prefix.chars().chain(random.iter().map(|byte| character(BASE32, *byte))).collect()
}

/// Takes the low bits of a random byte. The alphabets' sizes are powers of two, so that none is likelier.
fn character(alphabet: &[u8], byte: u8) -> char {
    char::from(alphabet.get(usize::from(byte) % alphabet.len()).copied().unwrap_or(b'A'))
}

const SECRET_LENGTH: usize = 40;
const TEMPORARY_LENGTH: u32 = 16;
const ACCOUNT_BITS: u32 = 40;
const RANDOM_BITS: u32 = 39;
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#[cfg(test)]
mod tests {
    use keywright_crypto::SystemRandom;

    use super::*;

    #[test]
    fn identifiers_have_awss_form() {
        let user = unique_id("AIDA", &SystemRandom).unwrap();
        assert_eq!((user.len(), user.get(..4)), (21, Some("AIDA")));
        let key = access_key_id(&SystemRandom).unwrap();
        assert_eq!((key.len(), key.get(..4)), (20, Some("AKIA")));
        assert!((user + &key).bytes().all(|byte| BASE32.contains(&byte)));
    }

    #[test]
    fn a_temporary_access_key_tells_its_account_and_is_random() {
        for account in ["000000000000", "111122223333", "999999999999"] {
            let account = AccountId::parse(account).unwrap();
            let [a, b] = [(); 2].map(|()| temporary_access_key_id("ASIA", account, &SystemRandom).unwrap());
            assert_eq!((a.len(), a.get(..4)), (20, Some("ASIA")));
            assert_ne!(a, b);
            assert_eq!(account_of_temporary(&a[4..]), Some(account));
        }
        for other in ["", "AAAA", "aaaaaaaaaaaaaaaa", "1AAAAAAAAAAAAAAA", "7777777777777777"] {
            assert_eq!(account_of_temporary(other), None, "{other}");
        }
    }

    #[test]
    fn secrets_are_forty_characters_and_never_the_same() {
        let [a, b] = [(); 2].map(|()| secret_access_key(&SystemRandom).unwrap());
        assert_eq!(a.len(), 40);
        assert!(a.expose_secret().bytes().all(|byte| BASE64.contains(&byte)));
        assert_ne!(a.expose_secret(), b.expose_secret());
    }
}
