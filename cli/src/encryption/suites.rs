//! Algorithm suites by the names that AWS's libraries give them.

use keywright_encryption_sdk::AlgorithmSuite;

/// The name of a suite in metadata and on the command line.
pub(super) fn name(suite: AlgorithmSuite) -> &'static str {
    use AlgorithmSuite as Suite;
    match suite {
        Suite::Aes128GcmIv12Tag16NoKdf => "AES_128_GCM_IV12_TAG16",
        Suite::Aes192GcmIv12Tag16NoKdf => "AES_192_GCM_IV12_TAG16",
        Suite::Aes256GcmIv12Tag16NoKdf => "AES_256_GCM_IV12_TAG16",
        Suite::Aes128GcmIv12Tag16HkdfSha256 => "AES_128_GCM_IV12_TAG16_HKDF_SHA256",
        Suite::Aes192GcmIv12Tag16HkdfSha256 => "AES_192_GCM_IV12_TAG16_HKDF_SHA256",
        Suite::Aes256GcmIv12Tag16HkdfSha256 => "AES_256_GCM_IV12_TAG16_HKDF_SHA256",
        Suite::Aes128GcmIv12Tag16HkdfSha256EcdsaP256 => "AES_128_GCM_IV12_TAG16_HKDF_SHA256_ECDSA_P256",
        Suite::Aes192GcmIv12Tag16HkdfSha384EcdsaP384 => "AES_192_GCM_IV12_TAG16_HKDF_SHA384_ECDSA_P384",
        Suite::Aes256GcmIv12Tag16HkdfSha384EcdsaP384 => "AES_256_GCM_IV12_TAG16_HKDF_SHA384_ECDSA_P384",
        Suite::Aes256GcmHkdfSha512CommitKey => "AES_256_GCM_HKDF_SHA512_COMMIT_KEY",
        Suite::Aes256GcmHkdfSha512CommitKeyEcdsaP384 => "AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384",
    }
}

/// The suite of a name, or of a number such as 0x0578.
pub(crate) fn parse(text: &str) -> Result<AlgorithmSuite, String> {
    let number = text.strip_prefix("0x").and_then(|digits| u16::from_str_radix(digits, 16).ok());
    let found =
        AlgorithmSuite::ALL.into_iter().find(|suite| name(*suite) == text || number == Some(suite.id()));
    found.ok_or_else(|| {
        let names: Vec<_> = AlgorithmSuite::ALL.into_iter().map(name).collect();
        format!("it is one of {}", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_suite_has_a_name_and_a_number() {
        for suite in AlgorithmSuite::ALL {
            assert_eq!(parse(name(suite)), Ok(suite));
            assert_eq!(parse(&suite.to_string()), Ok(suite));
        }
        assert!(parse("AES").unwrap_err().contains("AES_256_GCM_HKDF_SHA512_COMMIT_KEY"));
        assert!(parse("0x0579").is_err() && parse("0578").is_err());
    }
}
