//! Web identities: whom an OpenID Connect provider vouches for, by a signed token.
//!
//! A token is believed when its issuer is registered in the account, one of the issuer's own keys signed it ([`Issuers`]),
//! it is meant for one of the registered client ids, and now is its time ([`claims`]). The parsing of tokens and keys is
//! here, since it is little; the cryptography is `keywright-crypto`'s. Which algorithms a key can be used with is settled
//! by the kind of key, never by what the token says of itself.

mod claims;
mod error;
mod fetch;
mod issuers;
mod key;
mod key_set;
mod settings;
mod token;

use std::fmt;
use std::sync::Arc;

use keywright_service::ServiceError;
use time::OffsetDateTime;

pub use claims::WebIdentityClaims;
pub use error::WebIdentityError;
pub use settings::WebIdentitySection;

use crate::store::oidc_providers::OidcProvider;
use fetch::Fetcher;
use issuers::{Bounds, Issuers};
use token::Token;

/// Verifies tokens, with the keys of their issuers at hand.
pub struct WebIdentities {
    issuers: Issuers,
}

/// A token that is well-formed. Nothing in it is to be believed yet.
pub struct Unverified<'a>(Token<'a>);

impl WebIdentities {
    /// With these settings.
    ///
    /// # Errors
    /// [`ServiceError`] for settings that can't be used.
    pub fn new(section: &WebIdentitySection) -> Result<Self, ServiceError> {
        let source = Arc::new(Fetcher::new(section)?);
        Ok(Self { issuers: Issuers::new(source, Bounds::of(section)) })
    }

    /// Verifies a token against the provider that it names.
    ///
    /// # Errors
    /// [`WebIdentityError`] for every token that isn't to be believed, and when the issuer's keys can't be had.
    pub async fn verify_at(
        &self,
        token: &Unverified<'_>,
        provider: &OidcProvider,
        now: OffsetDateTime,
    ) -> Result<WebIdentityClaims, WebIdentityError> {
        let Unverified(token) = token;
        let keys = self.issuers.keys_at(&provider.url, token.key_id(), now).await?;
        keys.verify(token)?;
        WebIdentityClaims::check_at(token.claims(), provider, now)
    }
}

impl<'a> Unverified<'a> {
    /// Parses a token.
    ///
    /// # Errors
    /// [`WebIdentityError::Malformed`], and [`WebIdentityError::Algorithm`] for a signature of a kind that is never taken.
    pub fn parse(text: &'a str) -> Result<Self, WebIdentityError> {
        Token::parse(text).map(Self)
    }

    /// The URL of the provider that it names, without the scheme, as providers are registered.
    ///
    /// # Errors
    /// [`WebIdentityError::Malformed`] when it names none.
    pub fn provider_url(&self) -> Result<&str, WebIdentityError> {
        claims::provider_url(self.0.claims())
    }
}

impl fmt::Debug for Unverified<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Unverified(redacted)")
    }
}
