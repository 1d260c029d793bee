//! What needs a hand inside the library: lost sessions, foreign keys, a token that hangs.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cryptoki::context::{CInitializeArgs, CInitializeFlags};
use cryptoki::error::Error;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;
use keywright_crypto::{SecretBytes, SecretString, SystemRandom};
use keywright_local_stack::testing::{SoftHsm, SoftHsmToken, in_softhsm_process};
use rustix::fs::{CWD, FileType, Mode};

use crate::module::{InitializedModule, Module};
use crate::{HsmError, KeyHandle, KeyId, KeyName, Token, TokenConfig, TokenSelector, slot};

fn config(softhsm: &SoftHsm, token: &SoftHsmToken) -> TokenConfig {
    TokenConfig {
        module: softhsm.module().to_owned(),
        token: TokenSelector::Label(token.label.clone()),
        pin: SecretString::new(token.pin.clone()),
        sessions: 2,
        timeout: Duration::from_secs(20),
    }
}

async fn open(config: TokenConfig) -> Token {
    Token::open(config, Arc::new(SystemRandom)).await.unwrap()
}

async fn generate(token: &Token) -> KeyHandle {
    token.generate_aes256_key("a key", &id()).await.unwrap()
}

fn id() -> KeyId {
    KeyId::new("1").unwrap()
}

fn plaintext() -> SecretBytes {
    SecretBytes::new(b"plaintext".to_vec())
}

/// A session of the test's own, logged in with all others.
fn session(softhsm: &SoftHsm, token: &SoftHsmToken) -> (Session, InitializedModule) {
    let module = Module::of(softhsm.module()).initialized().unwrap();
    let selector = TokenSelector::Label(token.label.clone());
    let (slot, _) = slot::find(&module.library, softhsm.module(), &selector).unwrap();
    (module.library.open_rw_session(slot).unwrap(), module)
}

/// As after a reset: no session that was open exists any more.
fn end_all_sessions(softhsm: &SoftHsm) {
    let module = Module::of(softhsm.module()).initialized().unwrap();
    module.library.clone().finalize().unwrap();
    module.library.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)).unwrap();
}

#[tokio::test]
async fn lost_sessions_and_logins_come_back_by_themselves() {
    let Some(softhsm) = in_softhsm_process("token_tests::lost_sessions_and_logins_come_back_by_themselves")
    else {
        return;
    };
    let made = softhsm.add_token("one");
    // One session: SoftHSM would give another's number to the first that is opened anew.
    let token = open(TokenConfig { sessions: 1, ..config(&softhsm, &made) }).await;
    let key = generate(&token).await;
    let sealed = token.encrypt(&key, b"", &plaintext()).await.unwrap();
    for _ in 0..5 {
        end_all_sessions(&softhsm);
        token.decrypt(&key, b"", &sealed).await.unwrap();
        token.encrypt(&key, b"", &plaintext()).await.unwrap();
        let (session, _module) = session(&softhsm, &made);
        session.logout().unwrap();
        token.decrypt(&key, b"", &sealed).await.unwrap();
        session.logout().unwrap();
        token.find_key(key.name()).await.unwrap();
        session.logout().unwrap();
        let refusal = token.generate_aes256_key("a key", &id()).await.unwrap_err();
        assert!(matches!(refusal, HsmError::KeyExists { .. }), "{refusal:?}");
    }
}

#[tokio::test]
async fn a_pin_that_was_refused_is_not_tried_again() {
    let Some(softhsm) = in_softhsm_process("token_tests::a_pin_that_was_refused_is_not_tried_again") else {
        return;
    };
    let made = softhsm.add_token("one");
    let token = open(config(&softhsm, &made)).await;
    let key = generate(&token).await;
    let (session, _module) = session(&softhsm, &made);
    let (old, new) = (AuthPin::from(made.pin.as_str()), AuthPin::from("another pin"));
    session.set_pin(&old, &new).unwrap();
    token.encrypt(&key, b"", &plaintext()).await.unwrap();

    session.logout().unwrap();
    let refusal = token.encrypt(&key, b"", &plaintext()).await.unwrap_err();
    assert!(matches!(refusal, HsmError::WrongPin), "{refusal:?}");

    // It would be right again, which only a login could tell.
    session.login(UserType::User, Some(&new)).unwrap();
    session.set_pin(&new, &old).unwrap();
    session.logout().unwrap();
    for _ in 0..4 {
        let refusal = token.encrypt(&key, b"", &plaintext()).await.unwrap_err();
        assert!(matches!(refusal, HsmError::WrongPin), "{refusal:?}");
    }
    let token = open(config(&softhsm, &made)).await;
    token.encrypt(&key, b"", &plaintext()).await.unwrap();
}

#[tokio::test]
async fn a_key_and_what_is_derived_from_it_never_leave_the_token() {
    let Some(softhsm) =
        in_softhsm_process("token_tests::a_key_and_what_is_derived_from_it_never_leave_the_token")
    else {
        return;
    };
    let made = softhsm.add_token("one");
    let token = open(config(&softhsm, &made)).await;
    let key = generate(&token).await;
    token.encrypt(&key, b"", &plaintext()).await.unwrap();

    let (session, _module) = session(&softhsm, &made);
    let objects = session.find_objects(&[]).unwrap();
    assert_eq!(objects.len(), 1, "derived keys are destroyed");
    let object = objects[0];
    assert_eq!(
        session.get_attributes(object, &[AttributeType::Value]).unwrap(),
        [],
        "it has no value to read"
    );
    let expected = [
        Attribute::Token(true),
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::AlwaysSensitive(true),
        Attribute::Extractable(false),
        Attribute::NeverExtractable(true),
        Attribute::Modifiable(false),
        Attribute::Derive(true),
        Attribute::Encrypt(false),
        Attribute::Decrypt(false),
        Attribute::Wrap(false),
        Attribute::Unwrap(false),
    ];
    let types = [
        AttributeType::Token,
        AttributeType::Private,
        AttributeType::Sensitive,
        AttributeType::AlwaysSensitive,
        AttributeType::Extractable,
        AttributeType::NeverExtractable,
        AttributeType::Modifiable,
        AttributeType::Derive,
        AttributeType::Encrypt,
        AttributeType::Decrypt,
        AttributeType::Wrap,
        AttributeType::Unwrap,
    ];
    assert_eq!(session.get_attributes(object, &types).unwrap(), expected);
    for change in [Attribute::Extractable(true), Attribute::Encrypt(true), Attribute::Sensitive(false)] {
        let refusal = session.update_attributes(object, std::slice::from_ref(&change)).unwrap_err();
        assert!(matches!(refusal, Error::Pkcs11(_, _)), "{change:?}: {refusal:?}");
    }
}

fn imported(value: [u8; 32]) -> Vec<Attribute> {
    vec![
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::KeyType(KeyType::AES),
        Attribute::Token(true),
        Attribute::Id(b"1".to_vec()),
        Attribute::Value(value.to_vec()),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Derive(true),
    ]
}

#[tokio::test]
async fn a_key_that_could_leave_the_token_is_refused() {
    let Some(softhsm) = in_softhsm_process("token_tests::a_key_that_could_leave_the_token_is_refused") else {
        return;
    };
    let made = softhsm.add_token("one");
    let token = open(config(&softhsm, &made)).await;
    let (session, _module) = session(&softhsm, &made);
    let wrong = [
        (Attribute::Extractable(true), "CKA_EXTRACTABLE"),
        (Attribute::Sensitive(false), "CKA_SENSITIVE"),
        (Attribute::Derive(false), "CKA_DERIVE"),
        (Attribute::Value(vec![7; 16]), "256 bits"),
    ];
    for (attribute, reason) in wrong {
        let mut template = imported([7; 32]);
        template.retain(|other| other.attribute_type() != attribute.attribute_type());
        template.push(attribute);
        let object = session.create_object(&template).unwrap();
        let refusal = token.find_key(&KeyName::Id(id())).await.unwrap_err();
        assert!(matches!(refusal, HsmError::UnsuitableKey { .. }), "{reason}: {refusal:?}");
        assert!(refusal.to_string().contains(reason), "{refusal}");
        session.destroy_object(object).unwrap();
    }
    session.create_object(&imported([7; 32])).unwrap();
    token.find_key(&KeyName::Id(id())).await.unwrap();
}

#[tokio::test]
async fn a_key_that_somebody_else_destroyed_is_missing() {
    let Some(softhsm) = in_softhsm_process("token_tests::a_key_that_somebody_else_destroyed_is_missing")
    else {
        return;
    };
    let made = softhsm.add_token("one");
    let token = open(config(&softhsm, &made)).await;
    let key = generate(&token).await;
    let sealed = token.encrypt(&key, b"", &plaintext()).await.unwrap();
    let (session, _module) = session(&softhsm, &made);
    session.destroy_object(session.find_objects(&[]).unwrap()[0]).unwrap();
    for refusal in
        [token.decrypt(&key, b"", &sealed).await.err(), token.encrypt(&key, b"", &plaintext()).await.err()]
    {
        assert!(matches!(refusal, Some(HsmError::NoSuchKey { .. })), "{refusal:?}");
    }
}

#[tokio::test]
async fn a_token_without_a_user_is_told_from_a_wrong_pin() {
    let Some(softhsm) = in_softhsm_process("token_tests::a_token_without_a_user_is_told_from_a_wrong_pin")
    else {
        return;
    };
    let module = Module::of(softhsm.module()).initialized().unwrap();
    let is_new = |slot: &Slot| !module.library.get_token_info(*slot).unwrap().token_initialized();
    let slot = module.library.get_slots_with_token().unwrap().into_iter().find(is_new).unwrap();
    module.library.init_token(slot, &AuthPin::from("the officer's pin"), "one").unwrap();
    let token = SoftHsmToken { label: "one".to_owned(), pin: "no user's pin".to_owned() };
    let refusal = Token::open(config(&softhsm, &token), Arc::new(SystemRandom)).await.unwrap_err();
    assert!(matches!(refusal, HsmError::NoUser), "{refusal:?}");
}

/// What is stored today must be readable for ever: computed by OpenSSL's AES (through the Python package cryptography)
/// from the forms that `Token` documents.
#[tokio::test]
async fn what_an_independent_implementation_encrypted_decrypts() {
    let Some(softhsm) =
        in_softhsm_process("token_tests::what_an_independent_implementation_encrypted_decrypts")
    else {
        return;
    };
    let made = softhsm.add_token("one");
    let token = open(config(&softhsm, &made)).await;
    let (session, _module) = session(&softhsm, &made);
    session.create_object(&imported([0x42; 32])).unwrap();
    let key = token.find_key(&KeyName::Id(id())).await.unwrap();
    let opened = token.decrypt(&key, b"context", &hex::decode(SEALED).unwrap()).await.unwrap();
    assert_eq!(opened.expose_secret(), b"plaintext");
    assert_eq!(hex::encode(token.fingerprint(&key).await.unwrap()), FINGERPRINT);
}

/// The files in which SoftHSM keeps a token's objects. Reading them hangs while they are pipes.
struct Hanging {
    files: Vec<PathBuf>,
}

impl Hanging {
    fn new(directory: &std::path::Path) -> Self {
        let files = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
        let files: Vec<_> =
            files.filter(|path| path.extension().is_some_and(|end| end == "object")).collect();
        for file in &files {
            fs::rename(file, file.with_extension("aside")).unwrap();
            rustix::fs::mknodat(CWD, file, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        }
        Self { files }
    }

    fn end(self) {
        for file in self.files {
            // Who hangs in reading the pipe hears its end when nobody can write any more.
            let pipe = fs::OpenOptions::new().read(true).write(true).open(&file).unwrap();
            fs::rename(file.with_extension("aside"), &file).unwrap();
            drop(pipe);
        }
    }
}

#[tokio::test]
async fn a_token_that_hangs_holds_up_nobody_else_and_no_more_threads_than_its_own() {
    let name = "token_tests::a_token_that_hangs_holds_up_nobody_else_and_no_more_threads_than_its_own";
    let Some(softhsm) = in_softhsm_process(name) else { return };
    let made = softhsm.add_token("one");
    let directory = fs::read_dir(softhsm.tokens_dir()).unwrap().next().unwrap().unwrap().path();
    let other = softhsm.add_token("other");
    let limit = Duration::from_millis(500);
    let token = open(TokenConfig { timeout: limit, ..config(&softhsm, &made) }).await;
    let key = generate(&token).await;
    let other = open(config(&softhsm, &other)).await;
    let key_of_other = generate(&other).await;

    let threads = threads_of_this_process();
    let hanging = Hanging::new(&directory);
    for _ in 0..6 {
        let asked = Instant::now();
        let refusal = token.encrypt(&key, b"", &plaintext()).await.unwrap_err();
        assert!(matches!(refusal, HsmError::Timeout { after } if after == limit), "{refusal:?}");
        assert!(asked.elapsed() < limit * 10, "{:?}", asked.elapsed());
        other.encrypt(&key_of_other, b"", &plaintext()).await.unwrap();
    }
    assert_eq!(threads_of_this_process(), threads);

    hanging.end();
    let mut last = token.encrypt(&key, b"", &plaintext()).await;
    let asked = Instant::now();
    while last.is_err() && asked.elapsed() < Duration::from_secs(20) {
        last = token.encrypt(&key, b"", &plaintext()).await;
    }
    last.unwrap();
}

fn threads_of_this_process() -> usize {
    fs::read_dir("/proc/self/task").unwrap().count()
}

#[tokio::test]
async fn tokens_that_are_opened_again_and_again_do_not_pile_up() {
    let Some(softhsm) =
        in_softhsm_process("token_tests::tokens_that_are_opened_again_and_again_do_not_pile_up")
    else {
        return;
    };
    let made = softhsm.add_token("one");
    let mut held = Vec::new();
    let config = TokenConfig { sessions: 100, ..config(&softhsm, &made) };
    let refusal = loop {
        match Token::open(config.clone(), Arc::new(SystemRandom)).await {
            Ok(token) => held.push(token),
            Err(refusal) => break refusal,
        }
    };
    assert!(matches!(refusal, HsmError::Unavailable { .. }), "{refusal:?}");
    assert_eq!(held.len(), 2);
    held.clear();
    open(config).await;
}

#[tokio::test]
async fn a_new_token_is_seen_when_the_library_was_let_go_of() {
    let Some(softhsm) = in_softhsm_process("token_tests::a_new_token_is_seen_when_the_library_was_let_go_of")
    else {
        return;
    };
    let one = softhsm.add_token("one");
    open(config(&softhsm, &one)).await.close().await;
    let later = softhsm.add_token("later");
    open(config(&softhsm, &later)).await;
}

const SEALED: &str = "0107070707070707070707070707070707090909090909090909090909\
                      0b0206dde73b98ccf18a2ff9fa499c2d11f74518f2342a4673";
const FINGERPRINT: &str = "3ab2587b728010d198ddde130aeadfe5";
