//! DeleteSecret.

use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::shape::Timestamp;
use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Region, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;
use time::{Duration, OffsetDateTime};

use super::secret_access::{add_context_keys, on_secret, show_secret, unfound};
use crate::domain::name::Suffix;
use crate::domain::reference::SecretReference;
use crate::domain::secret::{Deletion, Secret};
use crate::error::Error;
use crate::events::SecretEvent;
use crate::service::Secrets;
use crate::store;

/// Input of [DeleteSecret](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html).
#[derive(Input)]
pub struct DeleteSecretInput {
    /// The secret.
    #[member(length = 1..=2048)]
    pub secret_id: String,
    /// For how many days it can be restored.
    pub recovery_window_in_days: Option<i64>,
    /// Whether it is gone at once.
    pub force_delete_without_recovery: Option<bool>,
}

/// Output of DeleteSecret.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteSecretOutput {
    #[serde(rename = "ARN")]
    arn: String,
    name: String,
    deletion_date: Timestamp,
}

/// The secret, if there is one: to delete by force what isn't there is a success.
pub struct Doomed(Option<Secret>);

/// The operation.
pub struct DeleteSecret;

impl Operation for DeleteSecret {
    type Service = Secrets;
    type Input = DeleteSecretInput;
    type Output = DeleteSecretOutput;
    type Resource = Doomed;
    type Error = Error;

    const NAME: &'static str = "DeleteSecret";
    const ACTION: &'static str = "secretsmanager:DeleteSecret";
    const READ_ONLY: bool = false;

    async fn load(service: &Secrets, call: &Call, input: &DeleteSecretInput) -> Result<Doomed, Error> {
        match service.find(call, &input.secret_id).await {
            Ok(secret) => Ok(Doomed(Some(secret))),
            Err(Error::SecretNotFound) if is_forced(input) => Ok(Doomed(None)),
            Err(error) => Err(error),
        }
    }

    fn accesses(call: &Call, input: &DeleteSecretInput, Doomed(secret): &Doomed) -> Accesses {
        match secret {
            Some(secret) => on_secret(Self::ACTION, secret).into(),
            None => unfound(Self::ACTION, call, &input.secret_id),
        }
    }

    fn accesses_unloaded(call: &Call, input: &DeleteSecretInput) -> Accesses {
        unfound(Self::ACTION, call, &input.secret_id)
    }

    fn context_keys(
        _call: &Call,
        input: &DeleteSecretInput,
        Doomed(secret): &Doomed,
        keys: &mut ContextKeys,
    ) {
        if let Some(secret) = secret {
            add_context_keys(keys, secret);
        }
        keys.push("secretsmanager:ForceDeleteWithoutRecovery", is_forced(input).to_string());
        if let Some(days) = input.recovery_window_in_days {
            keys.push("secretsmanager:RecoveryWindowInDays", days.to_string());
        }
    }

    async fn run(
        service: &Secrets,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<DeleteSecretOutput, Error> {
        let (call, now) = (request.call, request.call.received_at);
        let window = window(request.input)?;
        let Some(secret) = &request.resource.0 else {
            return as_if_deleted(service, call, &request.input.secret_id, now);
        };
        let (transaction, locked) = service.change(work, secret).await?;
        if !locked.replica_regions.is_empty() {
            let regions: Vec<&str> = locked.replica_regions.iter().map(Region::as_str).collect();
            return Err(Error::ReplicasLeft { arn: locked.arn.to_string(), regions: regions.join(", ") });
        }
        let (deletion_date, event) = match window {
            None => {
                store::secrets::delete(transaction, secret.id).await?;
                (now, SecretEvent::EndDeletion)
            }
            Some(window) => {
                locked.active()?;
                let deletion = Deletion { deleted_at: now, deletion_date: now + window };
                store::secrets::set_deletion(transaction, secret.id, Some(deletion), now).await?;
                (deletion.deletion_date, SecretEvent::StartDeletion)
            }
        };
        service.add_event(work, event, &locked, now).await?;
        Ok(output(locked.arn.to_string(), locked.name.to_string(), deletion_date))
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a DeleteSecretInput,
        secret: Option<&'a Doomed>,
        output: Option<&'a DeleteSecretOutput>,
    ) {
        shown.request.push_str("secretId", &input.secret_id);
        if let Some(days) = input.recovery_window_in_days {
            shown.request.push_i64("recoveryWindowInDays", days);
        }
        if let Some(force) = input.force_delete_without_recovery {
            shown.request.push_bool("forceDeleteWithoutRecovery", force);
        }
        show_secret(shown, secret.and_then(|Doomed(secret)| secret.as_ref()));
        if let Some(output) = output {
            shown.response.push_str("arn", &output.arn).push_str("name", &output.name);
            shown.response.push_str("deletionDate", output.deletion_date.to_iso8601());
        }
    }
}

fn is_forced(input: &DeleteSecretInput) -> bool {
    input.force_delete_without_recovery == Some(true)
}

/// For how long the secret can be restored; none if it is gone at once.
fn window(input: &DeleteSecretInput) -> Result<Option<Duration>, Error> {
    match (is_forced(input), input.recovery_window_in_days) {
        (true, Some(_)) => Err(Error::InvalidParameter(
            "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
        )),
        (true, None) => Ok(None),
        (false, days) => match days.unwrap_or(DEFAULT_DAYS) {
            days @ 7..=30 => Ok(Some(Duration::days(days))),
            _ => Err(Error::InvalidParameter(
                "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).",
            )),
        },
    }
}

/// The answer for a secret that isn't there, as if it had been.
fn as_if_deleted(
    service: &Secrets,
    call: &Call,
    secret_id: &str,
    now: OffsetDateTime,
) -> Result<DeleteSecretOutput, Error> {
    let reference = SecretReference::parse(secret_id, &service.region, call.account())?;
    let (name, suffix) = match reference.complete {
        Some((name, suffix)) => (name, suffix),
        None => (reference.name, Suffix::generate(service.random.as_ref())?),
    };
    Ok(output(name.arn(&service.region, reference.account, &suffix), name.to_string(), now))
}

fn output(arn: String, name: String, deletion_date: OffsetDateTime) -> DeleteSecretOutput {
    DeleteSecretOutput { arn, name, deletion_date: deletion_date.into() }
}

const DEFAULT_DAYS: i64 = 30;

#[cfg(test)]
mod tests {
    use super::*;

    fn input(days: Option<i64>, force: Option<bool>) -> DeleteSecretInput {
        DeleteSecretInput {
            secret_id: "db".to_owned(),
            recovery_window_in_days: days,
            force_delete_without_recovery: force,
        }
    }

    #[test]
    fn the_window_is_seven_to_thirty_days_or_none() {
        assert_eq!(window(&input(None, None)).unwrap(), Some(Duration::days(30)));
        assert_eq!(window(&input(Some(7), Some(false))).unwrap(), Some(Duration::days(7)));
        assert_eq!(window(&input(None, Some(true))).unwrap(), None);
        for wrong in [
            input(Some(6), None),
            input(Some(31), None),
            input(Some(i64::MIN), None),
            input(Some(7), Some(true)),
        ] {
            assert!(matches!(window(&wrong), Err(Error::InvalidParameter(_))));
        }
    }
}
