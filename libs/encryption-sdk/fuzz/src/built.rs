//! Messages of somebody who has the data key, and breaks the format.

use std::future::ready;

use keywright_crypto::AesGcm;
use keywright_encryption_sdk::{
    BoxFuture, DecryptionMaterials, EncryptedDataKey, EncryptionMaterials, Error, Keyring, SecretBytes,
};

/// Finds [`DATA_KEY`] in every message.
pub(super) struct KnownKey;

impl Keyring for KnownKey {
    fn on_encrypt<'a>(&'a self, _: &'a mut EncryptionMaterials) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(ready(Err(Error::Configuration("it only decrypts"))))
    }

    fn on_decrypt<'a>(
        &'a self,
        materials: &'a mut DecryptionMaterials,
        _: &'a [EncryptedDataKey],
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(ready(materials.set_data_key(SecretBytes::new(DATA_KEY.to_vec()))))
    }
}

/// A message of the suite 0x0014, whose data key encrypts its content, as `choices` want it; and its plaintext, if the
/// format allows all of it. The first choice is the length of frames, or 0 for content without frames; then each of the
/// parts begins with one for its kind and for what is wrong with it.
pub(super) fn message(choices: &[u8]) -> (Vec<u8>, Option<Vec<u8>>) {
    let cipher = AesGcm::new(&DATA_KEY).expect("a key");
    let mut choices = choices.iter().copied();
    let frame_length = choices.next().unwrap_or(0);
    let mut message = header(&cipher, frame_length);
    let (mut plaintext, mut sequence, mut is_over, mut is_good) = (Vec::new(), 1, false, true);
    while let Some(choice) = choices.next() {
        let defect = Defect::of(choice >> 3);
        let kind = match (choice & 3, frame_length) {
            (3, _) => {
                // Bytes that are no part of anything, as many as there are.
                let before = message.len();
                message.extend(choices.by_ref().take(usize::from(choice >> 2)));
                is_good &= message.len() == before;
                continue;
            }
            (2, _) | (_, 0) => Kind::SingleBlock,
            (1, _) => Kind::Final,
            _ => Kind::Regular,
        };
        let len = match (kind, &defect) {
            (Kind::Regular, Defect::Longer) => usize::from(frame_length) + 1,
            (Kind::Regular, Defect::Shorter) => usize::from(frame_length) - 1,
            (Kind::Regular, _) => usize::from(frame_length),
            (Kind::Final | Kind::SingleBlock, _) => usize::from(choices.next().unwrap_or(0)),
        };
        let content = vec![choice; len];
        put(&mut message, &cipher, kind, sequence, &content, &defect);
        is_good &= !is_over
            && match (kind, defect) {
                (_, Defect::None | Defect::OtherIv) => true,
                // A single block says no number, and the final frame's length is its own.
                (Kind::SingleBlock, Defect::OtherNumber)
                | (Kind::Final | Kind::SingleBlock, Defect::Longer | Defect::Shorter) => true,
                _ => false,
            }
            && match kind {
                Kind::SingleBlock => frame_length == 0,
                Kind::Regular => true,
                Kind::Final => len <= usize::from(frame_length),
            };
        plaintext.extend(content);
        match kind {
            Kind::Regular => sequence += 1,
            Kind::Final | Kind::SingleBlock => is_over = true,
        }
    }
    (message, (is_good && is_over).then_some(plaintext))
}

#[derive(Clone, Copy)]
enum Kind {
    Regular,
    Final,
    SingleBlock,
}

/// What is wrong with a part, while it authenticates as what it says (unless it is about that).
enum Defect {
    None,
    OtherNumber,
    OtherIv,
    OtherTag,
    OtherKind,
    OtherLength,
    Longer,
    Shorter,
}

impl Defect {
    fn of(choice: u8) -> Self {
        match choice {
            1 => Self::OtherNumber,
            2 => Self::OtherIv,
            3 => Self::OtherTag,
            4 => Self::OtherKind,
            5 => Self::OtherLength,
            6 => Self::Longer,
            7 => Self::Shorter,
            _ => Self::None,
        }
    }
}

fn header(cipher: &AesGcm, frame_length: u8) -> Vec<u8> {
    let mut header = vec![1, 0x80, 0x00, 0x14];
    header.extend(MESSAGE_ID);
    // No encryption context; one encrypted data key, of the provider "p", without information, of one byte.
    header.extend([0, 0, 0, 1, 0, 1, b'p', 0, 0, 0, 1, 0]);
    header.extend([if frame_length == 0 { 1 } else { 2 }, 0, 0, 0, 0, 12, 0, 0, 0, frame_length]);
    let tag = cipher.seal_in_place([0; 12], &header, &mut []).expect("a tag");
    header.extend([0; 12]);
    header.extend(tag);
    header
}

fn put(message: &mut Vec<u8>, cipher: &AesGcm, kind: Kind, sequence: u32, content: &[u8], defect: &Defect) {
    let sequence = if matches!(defect, Defect::OtherNumber) { sequence.wrapping_sub(2) } else { sequence };
    let mut iv = [0; 12];
    iv[8..].copy_from_slice(&sequence.to_be_bytes());
    if matches!(defect, Defect::OtherIv) {
        iv[0] = 1;
    }
    let names = [
        "AWSKMSEncryptionClient Frame",
        "AWSKMSEncryptionClient Final Frame",
        "AWSKMSEncryptionClient Single Block",
    ];
    let name = names[(kind as usize + usize::from(matches!(defect, Defect::OtherKind))) % names.len()];
    let length = content.len() as u64 + u64::from(matches!(defect, Defect::OtherLength));
    // A single block is always the first.
    let authenticated = if matches!(kind, Kind::SingleBlock) { 1 } else { sequence };
    let aad = [&MESSAGE_ID, name.as_bytes(), &authenticated.to_be_bytes(), &length.to_be_bytes()].concat();
    let mut sealed = content.to_vec();
    let mut tag = cipher.seal_in_place(iv, &aad, &mut sealed).expect("a tag");
    if matches!(defect, Defect::OtherTag) {
        tag[0] ^= 1;
    }
    match kind {
        Kind::Regular => message.extend([sequence.to_be_bytes().as_slice(), &iv].concat()),
        Kind::Final => {
            let length = (content.len() as u32).to_be_bytes();
            message.extend([[0xff; 4].as_slice(), &sequence.to_be_bytes(), &iv, &length].concat());
        }
        Kind::SingleBlock => message.extend([iv.as_slice(), &(content.len() as u64).to_be_bytes()].concat()),
    }
    message.extend(sealed);
    message.extend(tag);
}

const DATA_KEY: [u8; 16] = [7; 16];
const MESSAGE_ID: [u8; 16] = [9; 16];
