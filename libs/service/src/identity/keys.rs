//! By what answers are kept.

use std::hash::{BuildHasher, Hash, Hasher, RandomState};

use keywright_aws_api::CredentialRequest;
use keywright_crypto::sha256;
use keywright_sigv4::CredentialScope;

/// By what a credential is kept. A session token is kept as its hash only.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct CredentialKey {
    access_key_id: Box<str>,
    scope: CredentialScope,
    session: Option<[u8; 32]>,
}

/// The same, borrowed: a request is looked up without an allocation.
#[derive(Clone, Copy)]
pub(super) struct CredentialLookup<'a> {
    access_key_id: &'a str,
    scope: &'a CredentialScope,
    session: Option<[u8; 32]>,
}

impl<'a> CredentialLookup<'a> {
    pub(super) fn new(request: CredentialRequest<'a>) -> Self {
        Self {
            access_key_id: request.access_key_id,
            scope: request.scope,
            session: request.session_token.map(|token| sha256(token.as_bytes())),
        }
    }

    pub(super) fn is(&self, key: &CredentialKey) -> bool {
        *key.access_key_id == *self.access_key_id && key.scope == *self.scope && key.session == self.session
    }

    pub(super) fn hash(&self, state: &RandomState) -> u64 {
        let mut hasher = state.build_hasher();
        self.access_key_id.hash(&mut hasher);
        self.scope.hash(&mut hasher);
        self.session.hash(&mut hasher);
        hasher.finish()
    }

    pub(super) fn to_key(self) -> CredentialKey {
        CredentialKey {
            access_key_id: self.access_key_id.into(),
            scope: self.scope.clone(),
            session: self.session,
        }
    }
}

/// By what the caller behind a forward token is kept: the token's hash, and who showed it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct ForwardKey {
    token: [u8; 32],
    sender_access_key_id: Box<str>,
}

impl ForwardKey {
    pub(super) fn new(token: &str, sender_access_key_id: &str) -> Self {
        Self { token: sha256(token.as_bytes()), sender_access_key_id: sender_access_key_id.into() }
    }
}
