//! Encrypts or decrypts standard input to standard output with keys that the caller has.
//!
//!     raw_keyrings encrypt --suite 0x0478 --frame-length 4096 --context purpose=backup --keyring aes:my-app:key:KEY.hex
//!     raw_keyrings decrypt --keyring rsa:my-app:key:oaep-sha256:PRIVATE.pem
//!
//! A keyring is `aes:NAMESPACE:NAME:FILE`, with a key in hexadecimal, or `rsa:NAMESPACE:NAME:PADDING:FILE`, with one in PEM:
//! to encrypt the public key, to decrypt the private one. With several of them, each decrypts. `--whole` works on the
//! whole of the input at once, `--required KEY` authenticates a pair of the context without storing it.

use std::error::Error;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::num::NonZeroU32;
use std::sync::Arc;

use keywright_encryption_sdk::{
    AlgorithmSuite, Client, CommitmentPolicy, DecryptOptions, DefaultMaterialsManager, EncryptOptions,
    EncryptionContext, Keyring, MultiKeyring, RawAesKeyring, RawRsaKeyring, RequiredContextMaterialsManager,
    RsaPadding, SecretBytes,
};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse(std::env::args().skip(1))?;
    let keyrings = arguments.keyrings.iter().map(|text| keyring(text, arguments.encrypts));
    let mut keyrings = keyrings.collect::<Result<Vec<_>, _>>()?.into_iter();
    let first = keyrings.next().ok_or("--keyring is missing")?;
    let manager =
        DefaultMaterialsManager::new(keyrings.fold(MultiKeyring::new(first), |all, next| all.with(next)));
    let builder = match arguments.required.is_empty() {
        true => Client::builder().materials_manager(manager),
        false => Client::builder()
            .materials_manager(RequiredContextMaterialsManager::new(arguments.required, manager)?),
    };
    let policy = match arguments.suite {
        Some(suite) if !suite.is_committing() => CommitmentPolicy::ForbidEncryptAllowDecrypt,
        _ => CommitmentPolicy::RequireEncryptAllowDecrypt,
    };
    let client = builder.commitment_policy(policy).build()?.blocking();

    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    let mut whole = Vec::new();
    if arguments.whole {
        input.read_to_end(&mut whole)?;
    }
    if arguments.encrypts {
        let mut options =
            EncryptOptions::new().context(arguments.context).frame_length(arguments.frame_length);
        if let Some(suite) = arguments.suite {
            options = options.suite(suite);
        }
        match arguments.whole {
            true => output.write_all(&client.encrypt(&whole, options)?.message)?,
            false => drop(client.encrypt_stream(&mut input, &mut output, options)?),
        }
    } else {
        let options = DecryptOptions::new().context(arguments.context);
        match arguments.whole {
            true => output.write_all(client.decrypt(&whole, options)?.plaintext.expose_secret())?,
            false => drop(client.decrypt_stream(&mut input, &mut output, options)?),
        }
    }
    Ok(output.flush()?)
}

struct Arguments {
    encrypts: bool,
    whole: bool,
    suite: Option<AlgorithmSuite>,
    frame_length: NonZeroU32,
    context: EncryptionContext,
    required: Vec<String>,
    keyrings: Vec<String>,
}

impl Arguments {
    fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, Box<dyn Error>> {
        let encrypts = match words.next().as_deref() {
            Some("encrypt") => true,
            Some("decrypt") => false,
            _ => return Err("the first word is encrypt or decrypt".into()),
        };
        let mut arguments = Self {
            encrypts,
            whole: false,
            suite: None,
            frame_length: keywright_encryption_sdk::DEFAULT_FRAME_LENGTH,
            context: EncryptionContext::new(),
            required: Vec::new(),
            keyrings: Vec::new(),
        };
        while let Some(word) = words.next() {
            if word == "--whole" {
                arguments.whole = true;
                continue;
            }
            let value = words.next().ok_or_else(|| format!("{word} needs a value"))?;
            match word.as_str() {
                "--suite" => {
                    let id = u16::from_str_radix(value.trim_start_matches("0x"), 16)?;
                    arguments.suite = Some(AlgorithmSuite::from_id(id).ok_or("unknown suite")?);
                }
                "--frame-length" => arguments.frame_length = value.parse()?,
                "--context" => {
                    let (key, value) = value.split_once('=').ok_or("a pair is KEY=VALUE")?;
                    arguments.context.insert(key, value);
                }
                "--required" => arguments.required.push(value),
                "--keyring" => arguments.keyrings.push(value),
                other => return Err(format!("unknown option {other}").into()),
            }
        }
        Ok(arguments)
    }
}

fn keyring(text: &str, encrypts: bool) -> Result<Arc<dyn Keyring>, Box<dyn Error>> {
    let parts: Vec<&str> = text.split(':').collect();
    match parts.as_slice() {
        ["aes", namespace, name, file] => {
            let key = fs::read_to_string(file)?;
            let key = SecretBytes::new(from_hex(key.trim())?);
            Ok(Arc::new(RawAesKeyring::new(*namespace, *name, &key)?))
        }
        ["rsa", namespace, name, padding, file] => {
            let padding = match *padding {
                "pkcs1" => RsaPadding::Pkcs1,
                "oaep-sha1" => RsaPadding::OaepSha1,
                "oaep-sha256" => RsaPadding::OaepSha256,
                "oaep-sha384" => RsaPadding::OaepSha384,
                "oaep-sha512" => RsaPadding::OaepSha512,
                other => return Err(format!("unknown padding {other}").into()),
            };
            let (key, ring) = (fs::read(file)?, RawRsaKeyring::new(*namespace, *name, padding)?);
            let ring = match encrypts {
                true => ring.with_public_key(&key)?,
                false => ring.with_private_key(&SecretBytes::new(key))?,
            };
            Ok(Arc::new(ring))
        }
        _ => Err(format!("not a keyring: {text}").into()),
    }
}

fn from_hex(text: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| Ok(u8::from_str_radix(str::from_utf8(pair)?, 16)?)).collect()
}
