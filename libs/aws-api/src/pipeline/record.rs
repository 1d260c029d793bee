//! The audit record of a request, made durable before the answer goes out.

use std::net::IpAddr;

use bytes::Bytes;
use keywright_audit_log::record::{
    EventType, SessionAttributes, SessionContext, SessionIssuer, SourceAddress, WebIdFederationData,
};
use keywright_audit_log::{Entry, Fields, Record, UserIdentity};
use smallvec::SmallVec;
use uuid::Uuid;

use super::Received;
use super::authenticate::Refused;
use super::authorize::DecidingGrants;
use crate::api::Api;
use crate::caller::{Caller, CallerKind};
use crate::error::{ApiError, Common};
use crate::operation::{Call, Operation};
use crate::shown::{Shown, WebIdentity};

/// What is told of an operation beside its outcome.
pub(crate) struct Told<'a> {
    /// What it shows itself.
    pub(crate) shown: Shown<'a>,
    /// The grants that allowed it; absent where it was not allowed.
    pub(crate) grants: Option<&'a DecidingGrants>,
}

/// The entries of one request: one for the account whose request it is, and one for each other account whose resource
/// it was about; the same for each of its parts.
pub(crate) type Entries = SmallVec<[Entry; 1]>;

/// Records how an operation ended.
pub(crate) async fn record_operation<O: Operation>(
    api: &Api<O::Service>,
    call: &Call,
    told: Told<'_>,
    error: Option<&ApiError>,
) -> Result<(), ApiError> {
    let entries = entries::<O>(api, call, told, error)?;
    append(api, entries).await
}

/// Records an authenticated request that named no operation, or whose envelope could not be read.
pub(crate) async fn record_failed<S>(
    api: &Api<S>,
    call: &Call,
    event_name: &str,
    error: &ApiError,
) -> Result<(), ApiError> {
    let told = Told { shown: Shown::default(), grants: None };
    let entries = describe(api, call, event_name, false, told, Some(error))?;
    append(api, entries).await
}

/// Records a request whose sender could not be verified.
pub(crate) async fn record_refused<S>(
    api: &Api<S>,
    received: &Received<'_>,
    event_name: &str,
    refused: &Refused,
) -> Result<(), ApiError> {
    let account = refused.account.unwrap_or(api.settings.home_account);
    let record = Record {
        user_identity: UserIdentity::Unknown {
            access_key_id: refused.access_key_id.as_deref(),
            account_id: refused.account.as_ref().map(crate::ids::AccountId::as_str),
            invoked_by: None,
        },
        event_time: received.received_at,
        event_source: api.settings.event_source,
        event_name,
        aws_region: api.settings.regions.first().map_or("", crate::ids::Region::as_str),
        source_ip_address: source_address(received.request.source_ip),
        user_agent: received.request.header("user-agent"),
        error_code: Some(refused.error.code(&api.settings.protocol).0),
        error_message: Some(refused.error.message()),
        request_parameters: None,
        response_elements: None,
        additional_event_data: None,
        request_id: Some(received.request_id.as_uuid()),
        event_id: received.event_id,
        read_only: false,
        resources: &[],
        event_type: EventType::AwsApiCall,
        recipient_account_id: if api.settings.internal { INTERNAL } else { account.as_str() },
        service_event_details: None,
        shared_event_id: None,
        tls_details: None,
    };
    let payload = record.to_json().map_err(ApiError::internal)?;
    let key = Bytes::copy_from_slice(account.as_str().as_bytes());
    let entry = Entry::new(received.event_id, key, payload);
    append(api, [entry.with_trace_parent(keywright_telemetry::trace_context::inject_current())].into()).await
}

/// The journal entries for an operation's outcome.
pub(crate) fn entries<O: Operation>(
    api: &Api<O::Service>,
    call: &Call,
    told: Told<'_>,
    error: Option<&ApiError>,
) -> Result<Entries, ApiError> {
    describe(api, call, O::NAME, O::READ_ONLY, told, error)
}

/// Makes entries durable, or says that the call can't be answered.
pub(crate) async fn append<S>(api: &Api<S>, entries: Entries) -> Result<(), ApiError> {
    // Side by side, so that they wait for one sync.
    let appended = entries.into_iter().map(|entry| api.recorder.append(entry));
    futures::future::try_join_all(appended).await.map_err(|error| journal_refuses().caused_by(error))?;
    Ok(())
}

/// The answer while the journal can't take records.
pub(crate) fn journal_refuses() -> ApiError {
    ApiError::common(
        Common::ServiceUnavailable,
        "the audit journal cannot accept records; the request was not carried out",
    )
}

fn describe<S>(
    api: &Api<S>,
    call: &Call,
    event_name: &str,
    read_only: bool,
    told: Told<'_>,
    error: Option<&ApiError>,
) -> Result<Entries, ApiError> {
    let Told { mut shown, grants } = told;
    if let Some(grant) = grants.and_then(|grants| grants.first()) {
        shown.additional.push_str("grantId", &**grant);
    }
    let account = call.account();
    let internal = api.settings.internal;
    let recipient = if internal { INTERNAL } else { shown.recipient.unwrap_or(&account).as_str() };
    let owners = match grants {
        Some(_) if !internal => owners(&shown, recipient),
        _ => SmallVec::new(),
    };
    let record = Record {
        user_identity: user_identity(call, account.as_str(), shown.web_identity.as_ref()),
        event_time: call.received_at,
        event_source: api.settings.event_source,
        event_name,
        aws_region: call.region.as_str(),
        source_ip_address: match call.invoked_by() {
            Some(service) => SourceAddress::Service(service),
            None => source_address(call.source_ip),
        },
        user_agent: call.invoked_by().or(Some(call.user_agent.as_str())),
        error_code: error.map(|error| error.code(&api.settings.protocol).0),
        error_message: error.map(ApiError::message),
        request_parameters: present(&shown.request),
        response_elements: if error.is_none() { present(&shown.response) } else { None },
        additional_event_data: present(&shown.additional),
        request_id: Some(call.request_id.as_uuid()),
        event_id: call.event_id,
        read_only,
        resources: &shown.resources,
        event_type: EventType::AwsApiCall,
        recipient_account_id: recipient,
        shared_event_id: (!owners.is_empty()).then(Uuid::now_v7),
        service_event_details: None,
        tls_details: None,
    };
    let mut entries = Entries::new();
    add_entries(&mut entries, call, &record, &owners)?;
    if !internal {
        for part in &shown.parts {
            let owners: SmallVec<[&str; 2]> = part
                .resource
                .iter()
                .map(|resource| resource.account_id)
                .filter(|owner| part.is_authorized && *owner != recipient)
                .collect();
            let of_part = Record {
                event_name: part.event_name,
                read_only: part.read_only,
                error_code: part.error.map(|(code, _)| code),
                error_message: part.error.map(|(_, message)| message),
                request_parameters: present(&part.request),
                response_elements: None,
                additional_event_data: None,
                event_id: Uuid::now_v7(),
                resources: part.resource.as_slice(),
                shared_event_id: (!owners.is_empty()).then(Uuid::now_v7),
                ..record.clone()
            };
            add_entries(&mut entries, call, &of_part, &owners)?;
        }
    }
    Ok(entries)
}

/// Adds a record, and its copies for other accounts whose resources it is about.
fn add_entries(
    entries: &mut Entries,
    call: &Call,
    record: &Record<'_>,
    owners: &[&str],
) -> Result<(), ApiError> {
    let partition_key = record.resources.first().map_or(record.recipient_account_id, |resource| resource.arn);
    let key = Bytes::copy_from_slice(partition_key.as_bytes());
    let entry = |record: &Record<'_>| {
        let payload = record.to_json().map_err(ApiError::internal)?;
        Ok(Entry::new(record.event_id, key.clone(), payload)
            .with_trace_parent(keywright_telemetry::trace_context::inject_current()))
    };
    entries.push(entry(record)?);
    for owner in owners {
        // Of a caller of another account its owner sees who it is, and nothing that the caller's account keeps of it.
        let copy = Record {
            user_identity: UserIdentity::AwsAccount {
                principal_id: &call.caller.principal_id,
                account_id: call.account_ref().as_str(),
                invoked_by: call.invoked_by(),
            },
            event_id: Uuid::now_v7(),
            recipient_account_id: owner,
            ..record.clone()
        };
        entries.push(entry(&copy)?);
    }
    Ok(())
}

/// The accounts beside the recipient's whose resources an authorized request was about. What wasn't authorized isn't told
/// them: nobody is to fill another account's trail.
fn owners<'a>(shown: &Shown<'a>, recipient: &str) -> SmallVec<[&'a str; 2]> {
    let mut owners = SmallVec::new();
    for resource in &shown.resources {
        if resource.account_id != recipient && !owners.contains(&resource.account_id) {
            owners.push(resource.account_id);
        }
    }
    owners
}

fn user_identity<'a>(
    call: &'a Call,
    account_id: &'a str,
    web_identity: Option<&'a WebIdentity<'a>>,
) -> UserIdentity<'a> {
    let caller = &call.caller;
    let access_key_id = Some(caller.access_key_id.as_str());
    let invoked_by = call.invoked_by();
    let (principal_id, arn) = (caller.principal_id.as_str(), caller.principal.arn.as_str());
    match &caller.kind {
        CallerKind::Root => UserIdentity::Root {
            principal_id,
            arn,
            account_id,
            access_key_id,
            session_context: session_context(caller, None),
            invoked_by,
        },
        CallerKind::User { user_name } => UserIdentity::IamUser {
            principal_id,
            arn,
            account_id,
            access_key_id,
            user_name,
            session_context: session_context(caller, None),
            invoked_by,
        },
        CallerKind::Role { role_name, .. } => UserIdentity::AssumedRole {
            principal_id,
            arn,
            account_id,
            access_key_id,
            session_context: session_context(caller, Some(("Role", Some(role_name)))),
            invoked_by,
        },
        CallerKind::FederatedUser { .. } => UserIdentity::FederatedUser {
            principal_id,
            arn,
            account_id,
            access_key_id,
            session_context: session_context(caller, federating(caller)),
            invoked_by,
        },
        CallerKind::Anonymous => match web_identity {
            Some(WebIdentity { principal_id, user_name, identity_provider }) => {
                UserIdentity::WebIdentityUser { principal_id, user_name, identity_provider, invoked_by }
            }
            None => UserIdentity::Unknown { access_key_id: None, account_id: None, invoked_by },
        },
        CallerKind::Service { name } => UserIdentity::AwsService { invoked_by: name },
    }
}

/// The facts of temporary credentials; the issuer is shown by its type and name.
fn session_context<'a>(
    caller: &'a Caller,
    issuer: Option<(&'static str, Option<&'a str>)>,
) -> Option<SessionContext<'a>> {
    let session = caller.session.as_ref()?;
    let session_issuer = issuer.and_then(|(issuer_type, user_name)| {
        Some(SessionIssuer {
            issuer_type,
            principal_id: &session.issuer_id,
            arn: caller.principal.issuer_arn.as_deref()?,
            account_id: &caller.principal.account,
            user_name,
        })
    });
    let federated_provider = session.federated_provider.as_deref();
    Some(SessionContext {
        session_issuer,
        web_id_federation_data: federated_provider
            .map(|federated_provider| WebIdFederationData { federated_provider }),
        source_identity: session.source_identity.as_deref(),
        attributes: SessionAttributes { creation_date: session.issued_at, mfa_authenticated: false },
    })
}

/// The user, or the root user, who made a federated user's session.
fn federating(caller: &Caller) -> Option<(&'static str, Option<&str>)> {
    let (_, name) = caller.principal.issuer_arn.as_deref()?.rsplit_once(':')?;
    Some(match name.rsplit_once('/') {
        Some((_, user_name)) => ("IAMUser", Some(user_name)),
        None => ("Root", None),
    })
}

fn present<'a, 'b>(fields: &'b Fields<'a>) -> Option<&'b Fields<'a>> {
    if fields.is_empty() { None } else { Some(fields) }
}

fn source_address(ip: Option<IpAddr>) -> SourceAddress<'static> {
    SourceAddress::Ip(ip.unwrap_or(IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED)))
}

/// The recipient of records of calls between our own services.
const INTERNAL: &str = "internal";
