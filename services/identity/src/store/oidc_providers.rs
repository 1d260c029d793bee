//! OpenID Connect providers: who vouches for web identities in an account.

use std::collections::BTreeMap;

use keywright_aws_api::AccountId;
use keywright_store::{Connection, Row, StoreError, Transaction};
use time::OffsetDateTime;

use super::{column, identities, parsed};
use crate::error::IdentityError;

/// A registered provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OidcProvider {
    /// The account it is registered in.
    pub account: AccountId,
    /// The issuer's URL without its scheme.
    pub url: String,
    /// The client ids, or audiences, for which its tokens are taken.
    pub client_ids: Vec<String>,
    /// The thumbprints it was registered with. Nothing is decided by them: issuers are known by their certificates.
    pub thumbprints: Vec<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// When it was registered.
    pub created_at: OffsetDateTime,
}

impl OidcProvider {
    /// `arn:aws:iam::111122223333:oidc-provider/issuer.example.com/path`.
    #[must_use]
    pub fn arn(&self) -> String {
        format!("arn:aws:iam::{}:oidc-provider/{}", self.account, self.url)
    }
}

/// The provider of this URL, given without its scheme, in an account that is open.
///
/// # Errors
/// [`IdentityError`] of the store.
pub async fn find(
    connection: &Connection,
    account: AccountId,
    url: &str,
) -> Result<Option<OidcProvider>, IdentityError> {
    let sql = include_str!("sql/find_oidc_provider.sql");
    let row = connection.query_opt(sql, &[&account.as_str(), &url]).await?;
    row.map(|row| provider(&row)).transpose()
}

/// Registers a provider.
///
/// # Errors
/// Any [`StoreError`] of a statement: a unique violation of `oidc_providers_pkey` when the account has it already.
pub async fn insert(transaction: &Transaction, provider: &OidcProvider) -> Result<(), StoreError> {
    let OidcProvider { account, url, client_ids, thumbprints, tags, created_at } = provider;
    let tags = serde_json::json!(tags);
    let parameters: [&(dyn keywright_store::types::ToSql + Sync); 6] =
        [&account.as_str(), url, client_ids, thumbprints, &tags, created_at];
    transaction.execute(include_str!("sql/insert_oidc_provider.sql"), &parameters).await.map(|_| ())
}

fn provider(row: &Row) -> Result<OidcProvider, IdentityError> {
    Ok(OidcProvider {
        account: parsed(row, "account_id", AccountId::parse)?,
        url: column(row, "url")?,
        client_ids: column(row, "client_ids")?,
        thumbprints: column(row, "thumbprints")?,
        tags: identities::tags(row)?,
        created_at: column(row, "created_at")?,
    })
}
