//! Encrypting, once there are materials.

use keywright_crypto::TAG_LEN;

use super::{Client, EncryptOptions, Encrypted, MessageInfo};
use crate::EncryptionMaterials;
use crate::cmm::EncryptionRequest;
use crate::error::{Error, Limit};
use crate::materials::RESERVED_PREFIX;
use crate::message::body::{PartKind, REGULAR_HEAD_LEN, framed_len};
use crate::message::seal::Sealer;
use crate::stream::encryptor::Encryptor;

impl Client {
    pub(super) fn encryption_request(
        &self,
        options: &EncryptOptions,
        plaintext_length: Option<u64>,
    ) -> Result<EncryptionRequest, Error> {
        if let Some((key, _)) = options.context.iter().find(|(key, _)| key.starts_with(RESERVED_PREFIX)) {
            return Err(Error::context("key is reserved", Some(key)));
        }
        if let Some(suite) = options.suite
            && !self.policy.allows_encrypt(suite)
        {
            return Err(Error::CommitmentPolicy { suite, policy: self.policy });
        }
        Ok(EncryptionRequest {
            context: options.context.clone(),
            required_context_keys: Vec::new(),
            commitment_policy: self.policy,
            suite: options.suite,
            max_plaintext_length: plaintext_length.or(options.max_plaintext_length),
        })
    }

    pub(crate) async fn encryptor(&self, options: &EncryptOptions) -> Result<Encryptor, Error> {
        let request = self.encryption_request(options, None)?;
        let materials = self.materials.encryption_materials(request).await?;
        let (sealer, info, header) = self.begin(&materials, options)?;
        let frame_length = options.frame_length.get();
        Ok(Encryptor::new(sealer, info, &header, frame_length, options.max_plaintext_length))
    }

    pub(super) fn encrypt_with(
        &self,
        materials: &EncryptionMaterials,
        plaintext: &[u8],
        options: &EncryptOptions,
    ) -> Result<Encrypted, Error> {
        let (mut sealer, info, header) = self.begin(materials, options)?;
        let frame_length = options.frame_length.get() as usize;
        let too_long = Error::LimitExceeded { limit: Limit::PlaintextLength, maximum: isize::MAX as u64 };
        let body_len = framed_len(plaintext.len(), frame_length).ok_or(too_long)?;

        // All of it at once, so that every frame is sealed where it stays.
        let mut message = vec![0; header.len() + body_len];
        let (head, mut body) = message.split_at_mut_checked(header.len()).ok_or(Error::Truncated)?;
        head.copy_from_slice(&header);
        let mut rest = plaintext;
        while rest.len() > frame_length {
            let (content, behind) = rest.split_at(frame_length);
            let frame_len = REGULAR_HEAD_LEN + frame_length + TAG_LEN;
            let (frame, room) = body.split_at_mut_checked(frame_len).ok_or(Error::Truncated)?;
            sealer.seal(PartKind::Regular, Some(content), frame)?;
            (rest, body) = (behind, room);
        }
        sealer.seal(PartKind::Final, Some(rest), body)?;
        message.extend_from_slice(&sealer.finish()?);
        Ok(Encrypted { message, info })
    }

    fn begin(
        &self,
        materials: &EncryptionMaterials,
        options: &EncryptOptions,
    ) -> Result<(Sealer, MessageInfo, Vec<u8>), Error> {
        materials.check()?;
        let suite = materials.suite();
        if !self.policy.allows_encrypt(suite) {
            return Err(Error::CommitmentPolicy { suite, policy: self.policy });
        }
        if materials.encrypted_data_keys().len() > usize::from(self.max_data_keys) {
            let maximum = self.max_data_keys.into();
            return Err(Error::LimitExceeded { limit: Limit::EncryptedDataKeys, maximum });
        }
        let (sealer, header, bytes) = Sealer::begin(materials, options.frame_length.get(), &*self.random)?;
        Ok((sealer, MessageInfo { header, context: materials.context().clone() }, bytes))
    }
}
