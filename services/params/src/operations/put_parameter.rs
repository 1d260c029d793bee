//! PutParameter.

use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::{Accesses, AccountId, Authorized, Call, Input, Operation, Shown};
use keywright_crypto::SecretString;
use keywright_service::PostgresWork;
use serde::Serialize;

use super::access::{on_arn, on_name, show_parameter};
use super::tagging::{Tag, add_tag_keys, shown_tags, tags};
use crate::domain::kind::{ParameterTier, ParameterType, Tier};
use crate::domain::name::ParameterName;
use crate::domain::parameter::{Parameter, StoredValue};
use crate::domain::policies::{ParameterPolicies, PolicyError};
use crate::domain::revision::{Proposal, Revision};
use crate::domain::service_setting::ServiceSetting;
use crate::domain::tags::ResourceTags;
use crate::error::Error;
use crate::secure_string::seal;
use crate::service::Params;
use crate::store::changes::{Locked, NewVersion};
use crate::store::{Scope, changes, counts, labels, parameters, policies, settings, tags as tag_store};

/// [PutParameter](https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html).
pub struct PutParameter;

/// What PutParameter takes.
#[derive(Input)]
pub struct PutParameterInput {
    /// The name, not an ARN.
    #[member(length = 1..=2048)]
    pub name: String,
    /// What the parameter is for.
    #[member(length = 0..=1024)]
    pub description: Option<String>,
    /// The value.
    #[member(length = 1..=32768)]
    pub value: SecretString,
    /// The type; needed for a new parameter.
    pub r#type: Option<ParameterType>,
    /// The KMS key of a SecureString.
    #[member(length = 1..=256, pattern = "^([a-zA-Z0-9:/_-]+)$")]
    pub key_id: Option<String>,
    /// Whether an existing parameter gets a new version.
    pub overwrite: Option<bool>,
    /// What values must match.
    #[member(length = 0..=1024)]
    pub allowed_pattern: Option<String>,
    /// Tags of a new parameter.
    #[member(shape, length = ..=1000)]
    pub tags: Option<Vec<Tag>>,
    /// The tier.
    pub tier: Option<ParameterTier>,
    /// Policies of an advanced parameter, as a JSON array.
    #[member(length = 1..=4096)]
    pub policies: Option<String>,
    /// The data type.
    #[member(length = 0..=128)]
    pub data_type: Option<String>,
}

/// What PutParameter answers.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PutParameterOutput {
    version: i64,
    tier: Tier,
}

/// What is there before.
pub struct Target {
    name: ParameterName,
    account: AccountId,
    arn: String,
    current: Option<Parameter>,
    tags: ResourceTags,
}

impl Operation for PutParameter {
    type Service = Params;
    type Input = PutParameterInput;
    type Output = PutParameterOutput;
    type Resource = Target;
    type Error = Error;

    const NAME: &'static str = "PutParameter";
    const ACTION: &'static str = "ssm:PutParameter";
    const READ_ONLY: bool = false;

    async fn load(service: &Params, call: &Call, input: &PutParameterInput) -> Result<Target, Error> {
        let account = call.account();
        let name = ParameterName::of_new(&input.name, &call.region, account)
            .map_err(|reason| Error::name(&input.name, reason))?;
        let connection = service.store.connection().await?;
        let scope = Scope::new(&call.region, account);
        let found = parameters::find_tagged(&connection, &scope, name.path()).await?;
        let (current, tags) = found.map(|(current, tags)| (Some(current), tags)).unwrap_or_default();
        Ok(Target { arn: name.arn(&call.region, account), name, account, current, tags })
    }

    fn accesses(_call: &Call, input: &PutParameterInput, target: &Target) -> Accesses {
        let mut accesses = Accesses::from(on_arn(Self::ACTION, target.account, &target.arn));
        if input.tags.as_ref().is_some_and(|tags| !tags.is_empty()) {
            accesses.push(on_arn("ssm:AddTagsToResource", target.account, &target.arn));
        }
        accesses
    }

    fn accesses_unloaded(call: &Call, input: &PutParameterInput) -> Accesses {
        on_name(Self::ACTION, call, &input.name)
    }

    fn context_keys(_call: &Call, input: &PutParameterInput, _target: &Target, keys: &mut ContextKeys) {
        keys.push("ssm:Overwrite", input.overwrites().to_string());
        if let Some(policies) = &input.policies {
            keys.push("ssm:Policies", policies.clone());
        }
        add_tag_keys(keys, input.tags.as_deref());
    }

    fn condition_key(
        _call: &Call,
        _input: &PutParameterInput,
        target: Option<&Target>,
        _access: usize,
        key: &str,
        each: &mut dyn FnMut(&str),
    ) -> bool {
        target.is_some_and(|target| target.tags.condition_key(key, each))
    }

    async fn run(
        service: &Params,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<PutParameterOutput, Error> {
        let (call, input, target) = (request.call, request.input, request.resource);
        let tags = tags(input.tags.as_deref())?;
        if input.overwrites() && !tags.is_empty() {
            return Err(Error::TagsWithOverwrite);
        }
        let policies = input.policies.as_deref();
        let policies = policies.map(|text| ParameterPolicies::parse(text, call.received_at)).transpose()?;
        if let Some(current) = &target.current {
            may_overwrite(input, target, &current.metadata.name)?;
        }
        let current = target.current.as_ref().map(|current| &current.metadata);
        let scope = Scope::new(&call.region, target.account);
        let tiering = Tiering::learn(service, &scope, input, current.is_some()).await?;
        let revision = Revision::decide(&input.proposal(&tiering), current)?;
        if revision.tier != Tier::Advanced && policies.as_ref().is_some_and(|policies| !policies.is_empty()) {
            return Err(PolicyError::StandardTier.into());
        }
        // KMS is asked before anything is locked: nobody waits for a slow KMS but this request.
        let value = seal(service, call, &revision, &target.arn, &input.value).await?;

        service.directory.forget_after(work, target.account, target.name.path());
        let (locked, revision) = lock(work, &scope, input, target, &tiering, revision).await?;
        let version = locked.version + 1;
        store(work, call, &locked, version, &revision, &value).await?;
        if locked.tier != Some(revision.tier) {
            check_limit(service, work, &scope, revision.tier).await?;
        }
        if revision.tier == Tier::Advanced {
            set_policies(work, call, &locked, version, policies.as_ref()).await?;
        }
        if !tags.is_empty() {
            tag_store::put(work.transaction().await?, locked.id, &tags).await?;
        }
        Ok(PutParameterOutput { version, tier: revision.tier })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a PutParameterInput,
        resource: Option<&'a Target>,
        output: Option<&'a PutParameterOutput>,
    ) {
        let request = &mut shown.request;
        request
            .push_str("name", &input.name)
            .push_opt_str("description", input.description.as_deref())
            .push_str("value", "HIDDEN_DUE_TO_SECURITY_REASONS")
            .push_opt_str("type", input.r#type.map(ParameterType::as_str))
            .push_opt_str("keyId", input.key_id.as_deref());
        if let Some(overwrite) = input.overwrite {
            request.push_bool("overwrite", overwrite);
        }
        request.push_opt_str("allowedPattern", input.allowed_pattern.as_deref());
        if let Some(tags) = &input.tags {
            request.push_objects("tags", shown_tags(tags));
        }
        request
            .push_opt_str("tier", input.tier.map(ParameterTier::as_str))
            .push_opt_str("policies", input.policies.as_deref())
            .push_opt_str("dataType", input.data_type.as_deref());
        if let Some(output) = output {
            shown.response.push_i64("version", output.version).push_str("tier", output.tier.as_str());
        }
        if let Some(target) = resource {
            show_parameter(shown, &target.account, &target.arn);
        }
    }
}

impl PutParameterInput {
    fn overwrites(&self) -> bool {
        self.overwrite == Some(true)
    }

    /// A parameter with policies is more than a standard one.
    fn asked_tier(&self) -> Option<ParameterTier> {
        let has_policies = self.policies.as_deref().is_some_and(|text| !ParameterPolicies::is_none(text));
        match self.tier {
            Some(ParameterTier::IntelligentTiering) if has_policies => Some(ParameterTier::Advanced),
            tier => tier,
        }
    }

    fn proposal(&self, tiering: &Tiering) -> Proposal<'_> {
        Proposal {
            value: self.value.expose_secret(),
            parameter_type: self.r#type,
            tier: self.asked_tier(),
            default_tier: tiering.default_tier,
            standard_is_full: tiering.standard_is_full,
            data_type: self.data_type.as_deref(),
            key_id: self.key_id.as_deref(),
            description: self.description.as_deref(),
            allowed_pattern: self.allowed_pattern.as_deref(),
        }
    }
}

/// What decides upon the tier besides the request.
struct Tiering {
    default_tier: ParameterTier,
    standard_is_full: bool,
}

impl Tiering {
    /// Asks only for what the request makes matter.
    async fn learn(
        service: &Params,
        scope: &Scope,
        input: &PutParameterInput,
        exists: bool,
    ) -> Result<Self, Error> {
        let mut tiering = Self { default_tier: ParameterTier::Standard, standard_is_full: false };
        if input.tier.is_none() {
            let connection = service.store.connection().await?;
            let found = settings::find(&connection, scope, ServiceSetting::DefaultParameterTier).await?;
            if let Some(setting) = found {
                tiering.default_tier = setting.value.parse().map_err(|_| Error::Corrupt("default tier"))?;
            }
        }
        let asked = input.tier.unwrap_or(tiering.default_tier);
        if let Some(limit) = service.limits.of(Tier::Standard)
            && asked == ParameterTier::IntelligentTiering
            && !exists
        {
            let connection = service.store.connection().await?;
            tiering.standard_is_full = counts::reaches(&connection, scope, Tier::Standard, limit).await?;
        }
        Ok(tiering)
    }
}

async fn check_limit(
    service: &Params,
    work: &mut PostgresWork,
    scope: &Scope,
    tier: Tier,
) -> Result<(), Error> {
    let Some(limit) = service.limits.of(tier) else { return Ok(()) };
    if counts::exceeds(work.transaction().await?, scope, tier, limit).await? {
        Err(Error::TooManyParameters(tier))
    } else {
        Ok(())
    }
}

/// `name` and `/name` have one ARN: where one is, the other can't be.
fn may_overwrite(input: &PutParameterInput, target: &Target, existing: &str) -> Result<(), Error> {
    if input.overwrites() && existing == target.name.as_str() {
        Ok(())
    } else {
        Err(Error::AlreadyExists(existing.to_owned()))
    }
}

/// Locks the parameter, making it first where there is none, and decides again by what it is now: others may have been
/// faster. What was sealed before must still be right then.
async fn lock(
    work: &mut PostgresWork,
    scope: &Scope,
    input: &PutParameterInput,
    target: &Target,
    tiering: &Tiering,
    sealed: Revision,
) -> Result<(Locked, Revision), Error> {
    let transaction = work.transaction().await?;
    let path = target.name.path();
    let locked = match changes::lock(transaction, scope, path).await? {
        Some(locked) => locked,
        None => match changes::insert(transaction, scope, &target.name, sealed.tier).await? {
            Some(id) => {
                let new = Locked { id, name: target.name.as_str().to_owned(), version: 0, tier: None };
                let revision = Revision::decide(&input.proposal(tiering), None)?;
                return consistent(new, revision, &sealed);
            }
            // Another request made it in this moment; if it was deleted as quickly, the caller may try again.
            None => {
                let other = changes::lock(transaction, scope, path).await?;
                other.ok_or_else(|| Error::TooManyUpdates(path.to_owned()))?
            }
        },
    };
    may_overwrite(input, target, &locked.name)?;
    // A statement of its own, behind the lock: only so it sees what the transaction that was waited for has written.
    let current = parameters::find_current(transaction, scope, path).await?;
    let current = current.ok_or(Error::Corrupt("version"))?;
    let revision = Revision::decide(&input.proposal(tiering), Some(&current.metadata))?;
    consistent(locked, revision, &sealed)
}

fn consistent(locked: Locked, revision: Revision, sealed: &Revision) -> Result<(Locked, Revision), Error> {
    if revision.is_sealed_as(sealed) {
        Ok((locked, revision))
    } else {
        Err(Error::TooManyUpdates(locked.name))
    }
}

async fn store(
    work: &mut PostgresWork,
    call: &Call,
    locked: &Locked,
    version: i64,
    revision: &Revision,
    value: &StoredValue,
) -> Result<(), Error> {
    let new = NewVersion {
        id: locked.id,
        version,
        revision,
        value,
        modified_at: call.received_at,
        modified_by: &call.caller.principal.arn,
    };
    let transaction = work.transaction().await?;
    if let Some(forgotten) = new.forgotten()
        && let Some(oldest) = labels::oldest(transaction, locked.id, forgotten).await?
    {
        return Err(Error::OldestIsLabelled { name: locked.name.clone(), version: oldest });
    }
    Ok(changes::add_version(transaction, &new).await?)
}

/// Policies stay until others are given; what counts from the last change counts from now on.
async fn set_policies(
    work: &mut PostgresWork,
    call: &Call,
    locked: &Locked,
    version: i64,
    given: Option<&ParameterPolicies>,
) -> Result<(), Error> {
    let transaction = work.transaction().await?;
    let now = call.received_at;
    match given {
        Some(given) => {
            policies::replace(transaction, &call.region, locked.id, version, given, now).await?;
        }
        None if version > 1 => policies::rearm(transaction, locked.id, now).await?,
        None => {}
    }
    Ok(())
}
