//! What is to be simulated, as a request says it.

use keywright_audit_log::Fields;
use keywright_aws_api::{AccountId, Arn, Input};
use keywright_policy::{PolicyKind, Principal};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::principal::SourceArn;
use super::{given_policies, given_policy};
use crate::domain::identity::IdentityKind;
use crate::error::IdentityError;
use crate::operations::iam::define::Recorded;
use crate::simulation::{ContextValueType, SimulatedContext, Simulation, SourcePolicy, SourceType};
use crate::store::identities::StoredIdentity;

/// [ContextEntry](https://docs.aws.amazon.com/IAM/latest/APIReference/API_ContextEntry.html).
#[derive(Clone, Debug, Input)]
pub(crate) struct ContextEntry {
    #[member(length = 5..=256)]
    context_key_name: Option<String>,
    context_key_values: Option<Vec<String>>,
    context_key_type: Option<ContextValueType>,
}

impl Recorded for Vec<ContextEntry> {
    fn record<'a>(&'a self, request: &mut Fields<'a>, name: &'static str) {
        let shown = |entry: &'a ContextEntry| {
            let mut fields = Fields::new();
            fields.push_opt_str("contextKeyName", entry.context_key_name.as_deref());
            if let Some(values) = &entry.context_key_values {
                fields.push_list("contextKeyValues", values.iter().map(String::as_str));
            }
            fields.push_opt_str("contextKeyType", entry.context_key_type.map(ContextValueType::as_str));
            fields
        };
        request.push_objects(name, self.iter().map(shown));
    }
}

/// What both simulations take.
pub(super) struct Scenario<'a> {
    pub(super) policies: &'a [String],
    pub(super) boundaries: &'a [String],
    pub(super) actions: &'a [String],
    pub(super) resources: &'a [String],
    pub(super) resource_policy: Option<&'a str>,
    pub(super) resource_owner: Option<&'a str>,
    pub(super) caller: Option<&'a str>,
    pub(super) context: &'a [ContextEntry],
}

/// Whose stored policies are simulated, with these.
pub(super) struct Stored<'a> {
    pub(super) source: &'a StoredIdentity,
    pub(super) policies: Vec<SourcePolicy>,
    pub(super) boundary: Option<SourcePolicy>,
}

impl Scenario<'_> {
    /// The simulation in an account, with what is stored of somebody.
    ///
    /// # Errors
    /// [`IdentityError::InvalidInput`] for what can't be simulated.
    pub(super) fn simulation(
        &self,
        account: AccountId,
        stored: Option<Stored<'_>>,
        now: OffsetDateTime,
    ) -> Result<Simulation, IdentityError> {
        self.check_actions()?;
        self.check_resources()?;
        let caller = self.caller.map(caller).transpose()?;
        let source = stored.as_ref().map(|stored| stored.source);
        let is_user = source.is_some_and(|source| source.identity.kind == IdentityKind::User);
        if self.resource_policy.is_some() && caller.is_none() && !is_user {
            return Err(invalid("A resource policy can be simulated for a user only: CallerArn is missing."));
        }
        let mut context = self.given_context()?;
        know_time(&mut context, now);
        let principal = match (&caller, source) {
            (Some(caller), _) => {
                know_caller(&mut context, caller);
                Principal::user(caller.text.as_str(), caller.account.as_str())
            }
            (None, Some(source)) => known_source(&mut context, source),
            // Nobody in particular, of the account.
            (None, None) => Principal::user("", account.as_str()),
        };
        if let Some(source) =
            source.filter(|source| caller.as_ref().is_none_or(|c| c.text == source.identity.arn()))
        {
            know_identity(&mut context, source);
        }
        let (mut identity, stored_boundary) =
            stored.map_or_else(|| (Vec::new(), None), |stored| (stored.policies, stored.boundary));
        identity.extend(given_policies("PolicyInputList", PolicyKind::Identity, self.policies)?);
        Ok(Simulation {
            principal,
            identity,
            boundary: self.boundary()?.or(stored_boundary),
            resource: self.resource_policy()?,
            owner: self.resource_owner.map(owner).transpose()?.map(|owner| owner.to_string()),
            context,
        })
    }

    fn check_actions(&self) -> Result<(), IdentityError> {
        let is_action = |action: &String| {
            action.split_once(':').is_some_and(|(service, name)| {
                let plain = |text: &str| {
                    !text.is_empty()
                        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
                };
                plain(service) && plain(name)
            })
        };
        match self.actions.iter().find(|action| !is_action(action)) {
            Some(action) => Err(invalid(&format!("Invalid Action: {action}"))),
            None if self.actions.is_empty() => Err(invalid("There is no action to simulate.")),
            None => Ok(()),
        }
    }

    fn check_resources(&self) -> Result<(), IdentityError> {
        match self.resources.iter().find(|resource| *resource != "*" && Arn::parse(resource).is_err()) {
            Some(resource) => Err(invalid(&format!("Invalid Resource: {resource}"))),
            None => Ok(()),
        }
    }

    fn given_context(&self) -> Result<SimulatedContext, IdentityError> {
        let mut context = SimulatedContext::default();
        for ContextEntry { context_key_name, context_key_values, context_key_type } in self.context {
            let name = context_key_name.as_ref().ok_or_else(|| invalid("A context entry has no name."))?;
            let values = context_key_values.clone().unwrap_or_default();
            let of = context_key_type.unwrap_or(ContextValueType::TextList);
            context.give(name, values, of).map_err(|error| invalid(&error.to_string()))?;
        }
        Ok(context)
    }

    fn boundary(&self) -> Result<Option<SourcePolicy>, IdentityError> {
        if self.boundaries.len() > 1 {
            return Err(invalid("Only one permissions boundary can be simulated."));
        }
        let list = "PermissionsBoundaryPolicyInputList";
        Ok(given_policies(list, PolicyKind::Boundary, self.boundaries)?.pop())
    }

    fn resource_policy(&self) -> Result<Option<SourcePolicy>, IdentityError> {
        let read = |text| {
            given_policy("ResourcePolicy".to_owned(), SourceType::Resource, PolicyKind::Resource, text)
        };
        self.resource_policy.map(read).transpose()
    }
}

/// A caller must be a user, as AWS has it.
fn caller(text: &str) -> Result<SourceArn, IdentityError> {
    let arn = SourceArn::parse(text)?;
    if arn.kind == IdentityKind::User {
        Ok(arn)
    } else {
        Err(invalid("CallerArn must be the ARN of a user."))
    }
}

/// `arn:aws:iam::111122223333:root`.
fn owner(text: &str) -> Result<AccountId, IdentityError> {
    let not_an_account = || invalid("ResourceOwner must be the ARN of an account.");
    let arn = Arn::parse(text).map_err(|_| not_an_account())?;
    AccountId::parse(arn.account()).map_err(|_| not_an_account())
}

fn know_time(context: &mut SimulatedContext, now: OffsetDateTime) {
    context.know("aws:EpochTime", now.unix_timestamp().to_string());
    let seconds = now.to_offset(time::UtcOffset::UTC).replace_nanosecond(0).ok();
    if let Some(text) = seconds.and_then(|now| now.format(&Rfc3339).ok()) {
        context.know("aws:CurrentTime", text);
    }
}

fn know_caller(context: &mut SimulatedContext, caller: &SourceArn) {
    context.know("aws:PrincipalArn", caller.text.as_str());
    context.know("aws:PrincipalAccount", caller.account.as_str());
    context.know("aws:PrincipalType", "User");
    context.know("aws:username", caller.name.as_str());
}

/// Whoever acts with the policies of the source: the user; a session of the role; of a group, somebody in it.
fn known_source(context: &mut SimulatedContext, source: &StoredIdentity) -> Principal {
    let (arn, account) = (source.identity.arn(), source.identity.account);
    context.know("aws:PrincipalAccount", account.as_str());
    match source.identity.kind {
        IdentityKind::User => {
            context.know("aws:PrincipalArn", arn.as_str());
            context.know("aws:PrincipalType", "User");
            context.know("aws:username", source.identity.name.as_str());
            Principal::user(arn, account.as_str())
        }
        IdentityKind::Role => {
            context.know("aws:PrincipalArn", arn.as_str());
            context.know("aws:PrincipalType", "AssumedRole");
            Principal::role_session(arn.clone(), arn, account.as_str())
        }
        IdentityKind::Group => Principal::user("", account.as_str()),
    }
}

/// What is known of who is stored, beyond its name.
fn know_identity(context: &mut SimulatedContext, source: &StoredIdentity) {
    if source.identity.kind == IdentityKind::User {
        context.know("aws:userid", source.identity.id.as_str());
    }
    for (key, value) in &source.tags {
        context.know(&format!("aws:PrincipalTag/{key}"), value.as_str());
    }
}

fn invalid(message: &str) -> IdentityError {
    IdentityError::InvalidInput(message.to_owned())
}
