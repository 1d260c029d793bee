//! Decrypting a whole message, once there are materials.

use keywright_crypto::SecretBytes;
use zeroize::Zeroizing;

use super::{Decrypted, MessageInfo};
use crate::DecryptionMaterials;
use crate::error::Error;
use crate::message::body::PartKind;
use crate::message::header::ReadHeader;
use crate::message::open::Opener;
use crate::stream::decryptor::Acceptance;

pub(super) fn decrypt_with(
    acceptance: &Acceptance,
    read: ReadHeader,
    materials: &DecryptionMaterials,
    message: &[u8],
) -> Result<Decrypted, Error> {
    let (header_bytes, mut rest) = message.split_at_checked(read.len).ok_or(Error::Truncated)?;
    let (mut opener, header) = Opener::begin(read, header_bytes, materials, acceptance.max_frame_length)?;

    // Whatever fails below, what was decrypted before is erased and not seen by anybody.
    let mut plaintext = Zeroizing::new(vec![0; rest.len()]);
    let mut len = 0_usize;
    loop {
        let head = opener.head(rest)?;
        let (part, behind) = rest.split_at_checked(head.len()).ok_or(Error::Truncated)?;
        let end = len.saturating_add(head.content_len);
        let room = plaintext.get_mut(len..end).ok_or(Error::Truncated)?;
        opener.open_into(&head, part, room)?;
        (rest, len) = (behind, end);
        if head.kind != PartKind::Regular {
            break;
        }
    }
    let footer_len = opener.verify_footer(rest)?;
    if rest.len() > footer_len {
        return Err(Error::TrailingData);
    }
    plaintext.truncate(len);
    Ok(Decrypted {
        plaintext: SecretBytes::new(std::mem::take(&mut *plaintext)),
        info: MessageInfo { header, context: materials.context().clone() },
    })
}
