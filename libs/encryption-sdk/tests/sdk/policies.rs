use keywright_encryption_sdk::{
    AlgorithmSuite, Client, CommitmentPolicy, DefaultMaterialsManager, EncryptOptions, Error, MultiKeyring,
    RequiredContextMaterialsManager,
};

use crate::fixtures::{aes, any, client_for, options};

use CommitmentPolicy::{ForbidEncryptAllowDecrypt, RequireEncryptAllowDecrypt, RequireEncryptRequireDecrypt};

#[test]
fn the_commitment_policy_decides_what_is_written_and_read() {
    for policy in [ForbidEncryptAllowDecrypt, RequireEncryptAllowDecrypt, RequireEncryptRequireDecrypt] {
        let client = Client::builder().keyring(aes()).commitment_policy(policy).build().unwrap().blocking();
        let by_default = client.encrypt(b"m", EncryptOptions::new()).unwrap();
        assert_eq!(by_default.info.header.suite, policy.default_suite());
        for suite in AlgorithmSuite::ALL {
            match client.encrypt(b"m", options(suite, 10)) {
                Ok(_) => assert!(policy.allows_encrypt(suite)),
                Err(Error::CommitmentPolicy { .. }) => assert!(!policy.allows_encrypt(suite)),
                Err(other) => panic!("{other}"),
            }
            let message = client_for(suite, aes()).encrypt(b"m", options(suite, 10)).unwrap().message;
            match client.decrypt(&message, any()) {
                Ok(_) => assert!(policy.allows_decrypt(suite)),
                Err(Error::CommitmentPolicy { .. }) => assert!(!policy.allows_decrypt(suite)),
                Err(other) => panic!("{other}"),
            }
        }
    }
}

#[test]
fn signed_messages_are_refused_where_only_unsigned_ones_are_accepted() {
    for suite in AlgorithmSuite::ALL {
        let client = client_for(suite, aes());
        let message = client.encrypt(b"m", options(suite, 10)).unwrap().message;
        let mut out = Vec::new();
        for result in [
            client.decrypt(&message, any().unsigned_only()).map(|_| ()),
            client.decrypt_stream(&mut message.as_slice(), &mut out, any().unsigned_only()).map(|_| ()),
        ] {
            match result {
                Ok(()) => assert!(!suite.is_signed()),
                Err(Error::SignedMessage(refused)) => assert!(suite.is_signed() && refused == suite),
                Err(other) => panic!("{other}"),
            }
        }
        assert_eq!(out.is_empty(), suite.is_signed());
    }
}

#[test]
fn the_number_of_encrypted_data_keys_is_limited_both_ways() {
    let keyring = || MultiKeyring::new(aes()).with(aes()).with(aes());
    let client =
        |maximum| Client::builder().keyring(keyring()).max_encrypted_data_keys(maximum).build().unwrap();
    let message = client(3).blocking().encrypt(b"m", EncryptOptions::new()).unwrap().message;
    assert!(client(3).blocking().decrypt(&message, any()).is_ok());
    for result in [
        client(2).blocking().encrypt(b"m", EncryptOptions::new()).map(|_| ()),
        client(2).blocking().decrypt(&message, any()).map(|_| ()),
    ] {
        assert!(matches!(result, Err(Error::LimitExceeded { maximum: 2, .. })));
    }
    assert!(Client::builder().keyring(aes()).max_encrypted_data_keys(0).build().is_err());
    assert!(Client::builder().build().is_err());
}

#[test]
fn required_pairs_of_the_context_are_authenticated_and_not_stored() {
    let manager =
        || RequiredContextMaterialsManager::new(["tenant"], DefaultMaterialsManager::new(aes())).unwrap();
    let demanding = Client::builder().materials_manager(manager()).build().unwrap().blocking();
    let context = [("tenant", "4711"), ("purpose", "test")];
    let encrypted = demanding.encrypt(b"m", EncryptOptions::new().context(context)).unwrap();
    let header = &encrypted.info.header;
    assert!(header.stored_context.contains_key("purpose") && !header.stored_context.contains_key("tenant"));
    assert!(!encrypted.message.windows(4).any(|window| window == b"4711"));
    assert_eq!(encrypted.info.context.get("tenant"), Some("4711"));

    let plain = Client::builder().keyring(aes()).build().unwrap().blocking();
    for client in [&demanding, &plain] {
        let decrypted = client.decrypt(&encrypted.message, any().context([("tenant", "4711")])).unwrap();
        assert_eq!(decrypted.info, encrypted.info);
        assert!(client.decrypt(&encrypted.message, any().context([("tenant", "4712")])).is_err());
        assert!(client.decrypt(&encrypted.message, any()).is_err());
    }
    let refused = demanding.decrypt(&encrypted.message, any()).unwrap_err();
    assert!(matches!(refused, Error::EncryptionContext { key: Some(key), .. } if key == "tenant"));
    let refused = demanding.encrypt(b"m", EncryptOptions::new().context([("purpose", "test")])).unwrap_err();
    assert!(matches!(refused, Error::EncryptionContext { key: Some(key), .. } if key == "tenant"));
}

#[test]
fn a_manager_that_requires_nothing_or_what_is_reserved_is_refused() {
    let inner = || DefaultMaterialsManager::new(aes());
    assert!(RequiredContextMaterialsManager::new(Vec::<String>::new(), inner()).is_err());
    assert!(RequiredContextMaterialsManager::new(["aws-crypto-public-key"], inner()).is_err());
}
