//! OpenID Connect providers: who vouches for web identities in an account.

use std::collections::BTreeMap;

use keywright_aws_api::{AccountId, Arn};
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
        Arn::global("iam", self.account.as_str(), &format!("oidc-provider/{}", self.url))
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

/// The providers of an account, by URL.
///
/// # Errors
/// [`IdentityError`] of the store.
pub async fn list(connection: &Connection, account: AccountId) -> Result<Vec<OidcProvider>, IdentityError> {
    let sql = include_str!("sql/list_oidc_providers.sql");
    connection.query(sql, &[&account.as_str()]).await?.iter().map(provider).collect()
}

/// Makes those who add providers to an account take turns until the transaction ends, and tells how many it has.
///
/// # Errors
/// [`IdentityError`] of the store.
pub async fn lock_and_count(transaction: &Transaction, account: AccountId) -> Result<usize, IdentityError> {
    let sql = "SELECT 1 FROM accounts WHERE account_id = $1 FOR NO KEY UPDATE";
    transaction.query_opt(sql, &[&account.as_str()]).await?;
    let sql = "SELECT count(*) AS count FROM oidc_providers WHERE account_id = $1";
    let count: i64 = column(&transaction.query_one(sql, &[&account.as_str()]).await?, "count")?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// The provider as it is now; those who change it take turns until the transaction ends.
///
/// # Errors
/// [`IdentityError`] of the store.
pub async fn lock(
    transaction: &Transaction,
    account: AccountId,
    url: &str,
) -> Result<Option<OidcProvider>, IdentityError> {
    let sql = "SELECT 1 FROM oidc_providers WHERE account_id = $1 AND url = $2 FOR UPDATE";
    transaction.query_opt(sql, &[&account.as_str(), &url]).await?;
    find(transaction, account, url).await
}

/// Sets what can be changed of a provider.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn update(transaction: &Transaction, provider: &OidcProvider) -> Result<(), StoreError> {
    let OidcProvider { account, url, client_ids, thumbprints, tags, .. } = provider;
    let tags = serde_json::json!(tags);
    let sql = include_str!("sql/update_oidc_provider.sql");
    transaction.execute(sql, &[&account.as_str(), url, client_ids, thumbprints, &tags]).await.map(|_| ())
}

/// Takes a provider away, if it is there.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn delete(transaction: &Transaction, account: AccountId, url: &str) -> Result<(), StoreError> {
    let sql = "DELETE FROM oidc_providers WHERE account_id = $1 AND url = $2";
    transaction.execute(sql, &[&account.as_str(), &url]).await.map(|_| ())
}
