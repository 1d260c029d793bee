//! `ResolveCredential`: the derived signing key of an access key for the asking service's scope, and who owns it.

use keywright_aws_api::shape::Blob;
use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use keywright_service::identity::message::{Facts, SealedAnswer};
use keywright_service::identity::{CredentialAnswer, Question, is_near};
use keywright_sigv4::{CredentialScope, SigningKey};
use time::macros::format_description;
use time::{Date, OffsetDateTime};

use super::answer::{Asking, InternalResource};
use crate::directory::Directory;
use crate::domain::policy::{RESOLVE_CREDENTIAL, scope_arn};
use crate::error::IdentityError;

/// Answers a service for one of its own scopes.
pub struct ResolveCredential;

/// Whose key, for which scope.
#[derive(Input)]
pub struct ResolveCredentialInput {
    /// The access key.
    #[member(length = 1..=128, pattern = "[0-9A-Za-z_]+")]
    pub access_key_id: String,
    /// The day of the scope, `yyyymmdd`.
    #[member(pattern = "[0-9]{8}")]
    pub date: String,
    /// The Region of the scope.
    #[member(length = 1..=64, pattern = "[0-9A-Za-z_.-]+")]
    pub region: String,
    /// The service of the scope.
    #[member(length = 1..=64, pattern = "[0-9A-Za-z_.-]+")]
    pub service: String,
    /// The session token that was sent beside the access key.
    #[member(length = 1..=16384, sensitive)]
    pub session_token: Option<String>,
    /// Fresh random bytes, to which the answer is bound.
    #[member(length = 16..=16)]
    pub nonce: Blob,
}

impl Operation for ResolveCredential {
    type Service = Directory;
    type Input = ResolveCredentialInput;
    type Output = SealedAnswer;
    type Resource = InternalResource;
    type Error = IdentityError;

    const NAME: &'static str = "ResolveCredential";
    const ACTION: &'static str = RESOLVE_CREDENTIAL;
    const READ_ONLY: bool = true;

    /// The scope, not the access key: who may not ask for the scope isn't told whether the key exists.
    async fn load(
        directory: &Directory,
        _: &Call,
        input: &ResolveCredentialInput,
    ) -> Result<InternalResource, IdentityError> {
        Ok(InternalResource::new(directory, scope_arn(directory.home, &input.service)))
    }

    fn accesses(_: &Call, _: &ResolveCredentialInput, scope: &InternalResource) -> Accesses {
        scope.access(Self::ACTION).into()
    }

    async fn run(
        directory: &Directory,
        request: Authorized<'_, Self>,
        _: &mut PostgresWork,
    ) -> Result<SealedAnswer, IdentityError> {
        let (call, input) = (request.call, request.input);
        let scope = scope_at(input, call.received_at)?;
        let connection = directory.store.connection().await?;
        let asking = Asking::find(directory, &connection, call, &input.nonce).await?;
        let (token, now) = (input.session_token.as_deref(), call.received_at);
        let key = directory.usable(&connection, &input.access_key_id, token, now).await?;
        let facts = directory.facts(&connection, &key.access_key_id, &key.holder, directory.keep()).await?;
        drop(connection);
        directory.last_use.note(&key.access_key_id, &key.holder, &scope, now);
        let audience = asking.service.clone();
        let forward_token =
            directory.issue_forward_token(&key.access_key_id, &key.holder, audience, now).await?;
        let answer = CredentialAnswer {
            signing_key: SigningKey::derive(&key.secret, scope.date, &scope.region, &scope.service),
            facts: Facts { forward_token, ..facts },
        };
        let answer = answer.encode().map_err(|_| IdentityError::Encode)?;
        let question = Question::Credential {
            access_key_id: &input.access_key_id,
            scope: &scope,
            session_token: input.session_token.as_deref(),
        };
        asking.seal(directory, question, &answer)
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _: &'a Call,
        input: &'a ResolveCredentialInput,
        _: Option<&'a InternalResource>,
        _: Option<&'a SealedAnswer>,
    ) {
        shown
            .request
            .push_str("accessKeyId", &input.access_key_id)
            .push_str("date", &input.date)
            .push_str("region", &input.region)
            .push_str("service", &input.service);
    }
}

/// The scope, if its day is one that a request may be signed for now. A service can't hoard keys for days to come.
fn scope_at(input: &ResolveCredentialInput, now: OffsetDateTime) -> Result<CredentialScope, IdentityError> {
    let date = Date::parse(&input.date, format_description!("[year][month][day]"))
        .map_err(|_| IdentityError::ScopeDate)?;
    if !is_near(date, now) {
        return Err(IdentityError::ScopeDate);
    }
    Ok(CredentialScope { date, region: input.region.clone(), service: input.service.clone() })
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn only_days_around_today_can_be_asked_for() {
        let now = datetime!(2026-03-01 00:00:01 UTC);
        let scope = |date: &str| {
            let input = ResolveCredentialInput {
                access_key_id: String::new(),
                date: date.to_owned(),
                region: "us-east-1".to_owned(),
                service: "kms".to_owned(),
                session_token: None,
                nonce: Blob(vec![0; 16]),
            };
            scope_at(&input, now).map(|scope| scope.to_string())
        };
        for date in ["20260301", "20260228", "20260221", "20260302"] {
            assert_eq!(scope(date).unwrap(), format!("{date}/us-east-1/kms/aws4_request"));
        }
        for date in ["20260220", "20260303", "20270301", "20261301", "00000000"] {
            assert!(matches!(scope(date), Err(IdentityError::ScopeDate)), "{date}");
        }
    }
}
