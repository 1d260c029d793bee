//! For which clients a provider's tokens are taken, and its thumbprints.

use super::subjects::{ProviderArn, locked};
use crate::domain::quota::Quota;
use crate::error::IdentityError;
use crate::operations::iam::define::iam_operation;
use crate::store::oidc_providers::{self, OidcProvider};

iam_operation! {
    /// Has tokens taken that are for another client; one that is there already stays.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddClientIDToOpenIDConnectProvider.html>
    AddClientIDToOpenIDConnectProvider: changes OidcProvider => () {
        #[member(name = "OpenIDConnectProviderArn", length = 20..=2048)]
        provider_arn: String as "openIDConnectProviderArn",
        #[member(name = "ClientID", length = 1..=255)]
        client_id: String as "clientID",
    }
    name(_, input) {
        ProviderArn::parse(&input.provider_arn)
    }
    run(_, request, work) {
        let transaction = work.transaction().await?;
        let mut provider = locked(transaction, request.subject).await?;
        provider.client_ids.push(request.input.client_id.clone());
        provider.client_ids = checked_client_ids(provider.client_ids)?;
        Ok(oidc_providers::update(transaction, &provider).await?)
    }
}

iam_operation! {
    /// Has tokens for a client refused; one that isn't there is no fault.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_RemoveClientIDFromOpenIDConnectProvider.html>
    RemoveClientIDFromOpenIDConnectProvider: changes OidcProvider => () {
        #[member(name = "OpenIDConnectProviderArn", length = 20..=2048)]
        provider_arn: String as "openIDConnectProviderArn",
        #[member(name = "ClientID", length = 1..=255)]
        client_id: String as "clientID",
    }
    name(_, input) {
        ProviderArn::parse(&input.provider_arn)
    }
    run(_, request, work) {
        let transaction = work.transaction().await?;
        let mut provider = locked(transaction, request.subject).await?;
        provider.client_ids.retain(|client_id| *client_id != request.input.client_id);
        Ok(oidc_providers::update(transaction, &provider).await?)
    }
}

iam_operation! {
    /// Sets the thumbprints. Nothing is decided by them: an issuer's certificate is verified as any other is.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateOpenIDConnectProviderThumbprint.html>
    UpdateOpenIDConnectProviderThumbprint: changes OidcProvider => () {
        #[member(name = "OpenIDConnectProviderArn", length = 20..=2048)]
        provider_arn: String as "openIDConnectProviderArn",
        #[member(each(length = 40..=40))]
        thumbprint_list: Vec<String> as "thumbprintList",
    }
    name(_, input) {
        ProviderArn::parse(&input.provider_arn)
    }
    run(_, request, work) {
        let thumbprints = checked_thumbprints(request.input.thumbprint_list.clone())?;
        let transaction = work.transaction().await?;
        let provider = OidcProvider { thumbprints, ..locked(transaction, request.subject).await? };
        Ok(oidc_providers::update(transaction, &provider).await?)
    }
}

/// Client ids, each once, in their order.
///
/// # Errors
/// [`IdentityError::LimitExceeded`] for too many.
pub(super) fn checked_client_ids(given: Vec<String>) -> Result<Vec<String>, IdentityError> {
    let mut client_ids: Vec<String> = Vec::with_capacity(given.len().min(Quota::CLIENT_IDS.most));
    for client_id in given {
        if client_ids.contains(&client_id) {
            continue;
        }
        if client_ids.len() == Quota::CLIENT_IDS.most {
            return Err(IdentityError::LimitExceeded(Quota::CLIENT_IDS));
        }
        client_ids.push(client_id);
    }
    Ok(client_ids)
}

/// Thumbprints: SHA-1 in hexadecimal digits.
///
/// # Errors
/// [`IdentityError::InvalidInput`] for another text, or for too many.
pub(super) fn checked_thumbprints(given: Vec<String>) -> Result<Vec<String>, IdentityError> {
    const MOST: usize = 5;
    if given.len() > MOST {
        return Err(IdentityError::InvalidInput("There may be at most 5 thumbprints.".to_owned()));
    }
    if !given.iter().all(|thumbprint| thumbprint.bytes().all(|byte| byte.is_ascii_hexdigit())) {
        return Err(IdentityError::InvalidInput("Thumbprints have hexadecimal digits only.".to_owned()));
    }
    Ok(given)
}
