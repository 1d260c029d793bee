//! ML-DSA (FIPS 204), with an empty context.
//!
//! AWS-LC has the keys and the whole messages. The RustCrypto crate signs and verifies an external μ, which AWS-LC's
//! Rust interface doesn't take, and is set up when the first one comes: its keys are large.

use std::sync::OnceLock;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::signature::{
    KeyPair as _, ML_DSA_44, ML_DSA_44_SIGNING, ML_DSA_65, ML_DSA_65_SIGNING, ML_DSA_87, ML_DSA_87_SIGNING,
    ParsedPublicKey, PqdsaKeyPair, PqdsaSigningAlgorithm, PqdsaVerificationAlgorithm,
};
use ml_dsa::pkcs8::spki::{AssociatedAlgorithmIdentifier, DecodePublicKey as _};
use ml_dsa::pkcs8::{DecodePrivateKey as _, der::AnyRef};
use ml_dsa::{MlDsa44, MlDsa65, MlDsa87, MlDsaParams, Signature, SigningKey, VerifyingKey};
use zeroize::Zeroizing;

use super::{Message, SignatureAlgorithm, prehash};
use crate::rng::RandomRng;
use crate::{CryptoError, Random, SecretBytes, SystemRandom};

#[derive(Clone, Copy)]
pub(super) enum ParameterSet {
    Set44,
    Set65,
    Set87,
}

pub(super) struct MlDsaPrivateKey {
    set: ParameterSet,
    key: PqdsaKeyPair,
    mu: OnceLock<Box<dyn SignsMu>>,
}

impl MlDsaPrivateKey {
    pub(super) fn generate(set: ParameterSet, random: &dyn Random) -> Result<Self, CryptoError> {
        let mut seed = Zeroizing::new([0; SEED_LEN]);
        random.fill(&mut *seed)?;
        let key = PqdsaKeyPair::from_seed(set.signing(), &*seed).map_err(|_| CryptoError::Library)?;
        Ok(Self { set, key, mu: OnceLock::new() })
    }

    pub(super) fn from_pkcs8(set: ParameterSet, der: &[u8]) -> Result<Self, CryptoError> {
        let key = PqdsaKeyPair::from_pkcs8(set.signing(), der).map_err(|_| CryptoError::InvalidKey)?;
        Ok(Self { set, key, mu: OnceLock::new() })
    }

    pub(super) fn to_pkcs8(&self) -> Result<SecretBytes, CryptoError> {
        // It writes the seed, and fails where a key that was read had none.
        let der = self.key.to_pkcs8v1().map_err(|_| CryptoError::InvalidKey)?;
        Ok(SecretBytes::new(der.as_ref().to_vec()))
    }

    pub(super) fn spki(&self) -> Result<Vec<u8>, CryptoError> {
        Ok(self.key.public_key().as_der().map_err(|_| CryptoError::Library)?.as_ref().to_vec())
    }

    pub(super) fn sign(
        &self,
        algorithm: SignatureAlgorithm,
        message: Message<'_>,
    ) -> Result<Vec<u8>, CryptoError> {
        match Input::of(algorithm, message)? {
            Input::Whole(message) => {
                let mut signature = vec![0; self.set.signing().signature_len()];
                let len = self.key.sign(message, &mut signature).map_err(|_| CryptoError::Library)?;
                signature.truncate(len);
                Ok(signature)
            }
            Input::Mu(mu) => self.mu_signer()?.sign_mu(&mu, &SystemRandom),
        }
    }

    fn mu_signer(&self) -> Result<&dyn SignsMu, CryptoError> {
        if let Some(signer) = self.mu.get() {
            return Ok(&**signer);
        }
        let pkcs8 = self.to_pkcs8()?;
        let pkcs8 = pkcs8.expose_secret();
        let signer: Box<dyn SignsMu> = match self.set {
            ParameterSet::Set44 => signing_key::<MlDsa44>(pkcs8)?,
            ParameterSet::Set65 => signing_key::<MlDsa65>(pkcs8)?,
            ParameterSet::Set87 => signing_key::<MlDsa87>(pkcs8)?,
        };
        Ok(&**self.mu.get_or_init(|| signer))
    }
}

pub(super) struct MlDsaPublicKey {
    set: ParameterSet,
    key: ParsedPublicKey,
    spki: Vec<u8>,
    mu: OnceLock<Box<dyn VerifiesMu>>,
}

impl MlDsaPublicKey {
    pub(super) fn from_spki(set: ParameterSet, der: &[u8]) -> Result<Self, CryptoError> {
        let key = ParsedPublicKey::new(set.verifying(), der).map_err(|_| CryptoError::InvalidKey)?;
        let spki = key.as_der().map_err(|_| CryptoError::Library)?.as_ref().to_vec();
        Ok(Self { set, key, spki, mu: OnceLock::new() })
    }

    pub(super) fn spki(&self) -> Result<Vec<u8>, CryptoError> {
        Ok(self.spki.clone())
    }

    pub(super) fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        message: Message<'_>,
        signature: &[u8],
    ) -> Result<(), CryptoError> {
        match Input::of(algorithm, message)? {
            Input::Whole(message) => {
                self.key.verify_sig(message, signature).map_err(|_| CryptoError::SignatureInvalid)
            }
            Input::Mu(mu) => self.mu_verifier()?.verify_mu(&mu, signature),
        }
    }

    fn mu_verifier(&self) -> Result<&dyn VerifiesMu, CryptoError> {
        if let Some(verifier) = self.mu.get() {
            return Ok(&**verifier);
        }
        let verifier: Box<dyn VerifiesMu> = match self.set {
            ParameterSet::Set44 => verifying_key::<MlDsa44>(&self.spki)?,
            ParameterSet::Set65 => verifying_key::<MlDsa65>(&self.spki)?,
            ParameterSet::Set87 => verifying_key::<MlDsa87>(&self.spki)?,
        };
        Ok(&**self.mu.get_or_init(|| verifier))
    }
}

impl ParameterSet {
    fn signing(self) -> &'static PqdsaSigningAlgorithm {
        match self {
            Self::Set44 => &ML_DSA_44_SIGNING,
            Self::Set65 => &ML_DSA_65_SIGNING,
            Self::Set87 => &ML_DSA_87_SIGNING,
        }
    }

    fn verifying(self) -> &'static PqdsaVerificationAlgorithm {
        match self {
            Self::Set44 => &ML_DSA_44,
            Self::Set65 => &ML_DSA_65,
            Self::Set87 => &ML_DSA_87,
        }
    }
}

enum Input<'a> {
    Whole(&'a [u8]),
    Mu([u8; MU_LEN]),
}

impl<'a> Input<'a> {
    fn of(algorithm: SignatureAlgorithm, message: Message<'a>) -> Result<Self, CryptoError> {
        if algorithm != SignatureAlgorithm::MlDsaShake256 {
            return Err(CryptoError::UnsupportedAlgorithm);
        }
        match message {
            Message::Raw(message) => Ok(Self::Whole(message)),
            Message::ExternalMu(mu) => Ok(Self::Mu(prehash::exactly(mu)?)),
            Message::Digest(_) => Err(CryptoError::MessageKind),
        }
    }
}

/// The signing keys of all parameter sets, which are different types.
trait SignsMu: Send + Sync {
    fn sign_mu(&self, mu: &[u8; MU_LEN], random: &dyn Random) -> Result<Vec<u8>, CryptoError>;
}

impl<P: MlDsaParams> SignsMu for SigningKey<P>
where
    Self: Send + Sync,
{
    fn sign_mu(&self, mu: &[u8; MU_LEN], random: &dyn Random) -> Result<Vec<u8>, CryptoError> {
        let signature = self
            .expanded_key()
            .sign_mu_randomized(mu.into(), &mut RandomRng(random))
            .map_err(|_| CryptoError::Library)?;
        Ok(signature.encode().to_vec())
    }
}

trait VerifiesMu: Send + Sync {
    fn verify_mu(&self, mu: &[u8; MU_LEN], signature: &[u8]) -> Result<(), CryptoError>;
}

impl<P: MlDsaParams> VerifiesMu for VerifyingKey<P>
where
    Self: Send + Sync,
{
    fn verify_mu(&self, mu: &[u8; MU_LEN], signature: &[u8]) -> Result<(), CryptoError> {
        let signature = Signature::<P>::try_from(signature).map_err(|_| CryptoError::SignatureInvalid)?;
        if VerifyingKey::verify_mu(self, mu.into(), &signature) {
            Ok(())
        } else {
            Err(CryptoError::SignatureInvalid)
        }
    }
}

fn signing_key<P>(pkcs8: &[u8]) -> Result<Box<SigningKey<P>>, CryptoError>
where
    P: MlDsaParams + AssociatedAlgorithmIdentifier<Params = AnyRef<'static>>,
{
    SigningKey::from_pkcs8_der(pkcs8).map(Box::new).map_err(|_| CryptoError::Library)
}

fn verifying_key<P>(spki: &[u8]) -> Result<Box<VerifyingKey<P>>, CryptoError>
where
    P: MlDsaParams + AssociatedAlgorithmIdentifier<Params = AnyRef<'static>>,
{
    VerifyingKey::from_public_key_der(spki).map(Box::new).map_err(|_| CryptoError::InvalidKey)
}

const SEED_LEN: usize = 32;
const MU_LEN: usize = 64;
