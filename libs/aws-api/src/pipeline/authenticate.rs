//! Who asks? A verified signature, and for a call by one of our services the caller it acts for.

use std::sync::Arc;

use keywright_sigv4::{Presented, SigV4Error, VerifyOptions};

use super::Received;
use crate::FORWARD_TOKEN_HEADER;
use crate::api::Api;
use crate::caller::{Caller, Credential, CredentialError, CredentialRequest};
use crate::error::{ApiError, Common};
use crate::ids::{AccountId, Region};
use crate::operation::Call;

/// A request whose sender could not be verified, with what it claimed.
pub(crate) struct Refused {
    pub(crate) error: ApiError,
    pub(crate) access_key_id: Option<String>,
    /// The account of the access key it named, where that exists.
    pub(crate) account: Option<AccountId>,
}

/// Verifies the signature; what comes back is proof of it.
pub(crate) async fn authenticate<S>(api: &Api<S>, received: &Received<'_>) -> Result<Call, Refused> {
    let request = &received.request;
    check_size(received)?;
    let view = keywright_sigv4::HttpRequest {
        method: request.method,
        path: request.path,
        query: request.query,
        headers: &request.headers,
    };
    let presented = keywright_sigv4::parse(&view).map_err(|error| unverified(signature_error(&error)))?;
    // Before any look-up: a stale signature is told as such, also one for a day of which no key is derived any more.
    let current = presented.check_time(received.received_at).map_err(|error| signature_error(&error));
    let region = current.and_then(|()| scoped_region(api, &presented)).map_err(|error| Refused {
        access_key_id: Some(presented.access_key_id.clone()),
        ..unverified(error)
    })?;

    let credential = credential(api, &presented).await.map_err(|error| {
        let error = credential_error(error);
        Refused { access_key_id: Some(presented.access_key_id.clone()), ..unverified(error) }
    })?;
    let claimed = |error| Refused {
        error,
        access_key_id: Some(presented.access_key_id.clone()),
        account: credential.caller.account,
    };
    presented
        .verify(&view, &credential.signing_key, &request.body, received.received_at, VerifyOptions::default())
        .map_err(|error| claimed(signature_error(&error)))?;

    let signer = Arc::clone(&credential.caller);
    let (caller, via) = match request.header(FORWARD_TOKEN_HEADER) {
        None => (signer, None),
        Some(token) => (forwarded(api, &signer, token).await.map_err(claimed)?, Some(signer)),
    };
    Ok(call(api, received, region, caller, via))
}

/// A request to an operation that isn't signed: of nobody, in the API's first Region.
pub(crate) fn unsigned<S>(api: &Api<S>, received: &Received<'_>) -> Result<Call, Refused> {
    check_size(received)?;
    let region = api.settings.regions.first().cloned().ok_or_else(|| {
        unverified(ApiError::common(
            Common::InvalidSignature,
            "credential should be scoped to a valid region",
        ))
    })?;
    Ok(call(api, received, region, Arc::new(Caller::anonymous()), None))
}

fn check_size(received: &Received<'_>) -> Result<(), Refused> {
    if received.request.body_too_large {
        let error =
            ApiError::common(Common::RequestTooLarge, "the request is larger than this service accepts");
        return Err(unverified(error));
    }
    Ok(())
}

fn call<S>(
    api: &Api<S>,
    received: &Received<'_>,
    region: Region,
    caller: Arc<Caller>,
    via: Option<Arc<Caller>>,
) -> Call {
    let request = &received.request;
    Call::new(
        received.request_id,
        received.event_id,
        received.received_at,
        region,
        caller,
        via,
        request.source_ip,
        request.secure,
        request.header("user-agent").unwrap_or_default().to_owned(),
        api.settings.home_account,
    )
}

async fn credential<S>(api: &Api<S>, presented: &Presented) -> Result<Arc<Credential>, CredentialError> {
    let request = CredentialRequest {
        access_key_id: &presented.access_key_id,
        scope: &presented.scope,
        session_token: presented.session_token.as_deref(),
    };
    match api.credentials.cached(request) {
        Some(credential) => Ok(credential),
        None => api.credentials.resolve(request).await,
    }
}

async fn forwarded<S>(api: &Api<S>, signer: &Caller, token: &str) -> Result<Arc<Caller>, ApiError> {
    if signer.service_name().is_none() {
        return Err(ApiError::common(Common::AccessDenied, "only a service may act for another caller"));
    }
    api.credentials.forwarded(token, signer).await.map_err(credential_error)
}

fn scoped_region<S>(api: &Api<S>, presented: &Presented) -> Result<Region, ApiError> {
    let scope = &presented.scope;
    if scope.service != api.settings.signing_name {
        let message =
            format!("credential should be scoped to correct service: '{}'", api.settings.signing_name);
        return Err(ApiError::common(Common::InvalidSignature, message));
    }
    let region = api.settings.regions.iter().find(|region| region.as_str() == scope.region);
    region.cloned().ok_or_else(|| {
        ApiError::common(Common::InvalidSignature, "credential should be scoped to a valid region")
    })
}

fn unverified(error: ApiError) -> Refused {
    Refused { error, access_key_id: None, account: None }
}

fn signature_error(error: &SigV4Error) -> ApiError {
    let kind = match error.fault() {
        keywright_sigv4::Fault::MissingAuthenticationToken => Common::MissingAuthenticationToken,
        keywright_sigv4::Fault::IncompleteSignature => Common::IncompleteSignature,
        keywright_sigv4::Fault::InvalidSignature => Common::InvalidSignature,
    };
    ApiError::common(kind, error.public_message())
}

fn credential_error(error: CredentialError) -> ApiError {
    match error {
        CredentialError::Unknown | CredentialError::InvalidToken => ApiError::common(
            Common::UnknownAccessKey,
            "the security token included in the request is invalid",
        ),
        CredentialError::Expired => {
            ApiError::common(Common::ExpiredToken, "the security token included in the request is expired")
        }
        CredentialError::Unavailable(cause) => {
            ApiError::unavailable("credentials cannot be verified now; try again", cause)
        }
    }
}
