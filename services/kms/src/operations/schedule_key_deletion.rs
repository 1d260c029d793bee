//! ScheduleKeyDeletion.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html>

use keywright_aws_api::shape::Timestamp;
use keywright_aws_api::shown::shown_time;
use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_policy::ContextKeys as _;
use keywright_service::PostgresWork;
use serde::Serialize;
use time::Duration;

use super::condition_keys::{ConditionKeys, RequestKeys};
use super::idle_key::{IdleKey, TRAILING_DAYS};
use super::key_access::{KeyChange, change_manageable_key, on_key, show_key, unresolved};
use super::wire::SharedText;
use crate::domain::state::KeyState;
use crate::error::Error;
use crate::service::Kms;
use crate::store;
use crate::store::keys::Deletion;

pub(crate) struct ScheduleKeyDeletion;

#[derive(Input)]
pub(crate) struct ScheduleKeyDeletionInput {
    #[member(length = 1..=2048)]
    key_id: String,
    #[member(range = 1..=365)]
    pending_window_in_days: Option<i32>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ScheduleKeyDeletionOutput {
    key_id: SharedText,
    #[serde(skip_serializing_if = "Option::is_none")]
    deletion_date: Option<Timestamp>,
    key_state: KeyState,
    pending_window_in_days: i32,
}

impl ScheduleKeyDeletionInput {
    fn window(&self) -> Result<i32, Error> {
        match self.pending_window_in_days {
            None => Ok(LONGEST_WINDOW),
            Some(days) if (SHORTEST_WINDOW..=LONGEST_WINDOW).contains(&days) => Ok(days),
            Some(_) => Err(Error::Invalid("PendingWindowInDays must be between 7 and 30")),
        }
    }
}

impl Operation for ScheduleKeyDeletion {
    type Service = Kms;
    type Input = ScheduleKeyDeletionInput;
    type Output = ScheduleKeyDeletionOutput;
    type Resource = IdleKey;
    type Error = Error;
    const NAME: &'static str = "ScheduleKeyDeletion";
    const ACTION: &'static str = "kms:ScheduleKeyDeletion";
    const READ_ONLY: bool = false;

    async fn load(kms: &Kms, call: &Call, input: &ScheduleKeyDeletionInput) -> Result<IdleKey, Error> {
        input.window()?;
        let entry = kms.directory.resolve_key(&input.key_id, call.account()).await?;
        IdleKey::of(kms, call, entry).await
    }

    fn accesses(_call: &Call, _input: &ScheduleKeyDeletionInput, idle: &IdleKey) -> Accesses {
        on_key(Self::ACTION, &idle.entry).into()
    }

    fn accesses_unloaded(call: &Call, input: &ScheduleKeyDeletionInput) -> Accesses {
        unresolved(Self::ACTION, call, &input.key_id)
    }

    fn condition_key(
        call: &Call,
        input: &ScheduleKeyDeletionInput,
        idle: Option<&IdleKey>,
        _access: usize,
        key: &str,
        each: &mut dyn FnMut(&str),
    ) -> bool {
        let days = input.pending_window_in_days.unwrap_or(LONGEST_WINDOW).to_string();
        let mut others = vec![("ScheduleKeyDeletionPendingWindowInDays", days.as_str())];
        others.extend(idle.map(|idle| (TRAILING_DAYS, idle.days.as_str())));
        let request = RequestKeys { others: &others, ..RequestKeys::default() };
        ConditionKeys::new(call, idle.map(AsRef::as_ref)).with(request).get(key, each)
    }

    async fn run(
        kms: &Kms,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<ScheduleKeyDeletionOutput, Error> {
        let days = request.input.window()?;
        let KeyChange { key, at, transaction } = change_manageable_key(kms, &request, work).await?;
        if key.state == KeyState::Updating {
            return Err(key.wrong_state());
        }
        let (state, due) = if key.has_replicas(&kms.region) {
            // Its waiting period begins when the last replica key is deleted.
            (KeyState::PendingReplicaDeletion, None)
        } else {
            (KeyState::PendingDeletion, Some(kms.now() + Duration::days(days.into())))
        };
        let deletion = Deletion { window_days: days, due };
        store::keys::set_state(transaction, &at, state, Some(deletion)).await?;
        Ok(ScheduleKeyDeletionOutput {
            key_id: SharedText(key.arn),
            deletion_date: due.map(Into::into),
            key_state: state,
            pending_window_in_days: days,
        })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a ScheduleKeyDeletionInput,
        idle: Option<&'a IdleKey>,
        output: Option<&'a ScheduleKeyDeletionOutput>,
    ) {
        shown.request.push_str("keyId", input.key_id.as_str());
        if let Some(days) = input.pending_window_in_days {
            shown.request.push_i64("pendingWindowInDays", days.into());
        }
        if let Some(output) = output {
            shown
                .response
                .push_str("keyId", output.key_id.as_str())
                .push_str("keyState", output.key_state.as_str())
                .push_opt_str("deletionDate", output.deletion_date.map(|date| shown_time(date.into())))
                .push_i64("pendingWindowInDays", output.pending_window_in_days.into());
        }
        show_key(shown, idle.map(AsRef::as_ref));
    }
}

const SHORTEST_WINDOW: i32 = 7;
const LONGEST_WINDOW: i32 = 30;
