//! What an operation is.

use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;

use keywright_policy::{Grant, Policy, Principal, ResourcePolicyRule};
use serde::Serialize;
use smallvec::SmallVec;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::caller::Caller;
use crate::context::ContextKeys;
use crate::error::ApiError;
use crate::ids::{AccountId, Region, RequestId};
use crate::shape::Input;
use crate::shown::Shown;
use crate::work::ServiceState;

/// One operation of an API: its names, its shapes, what it needs, what it does and what the audit record shows of it.
///
/// What [`Operation::show`] doesn't name is not recorded, so a plaintext can't leak by being forgotten.
pub trait Operation: Sized + Send + Sync + 'static {
    /// What the service's operations share.
    type Service: ServiceState;
    /// The request's shape, with AWS's constraints.
    type Input: Input + Send + Sync;
    /// The answer's shape.
    type Output: Serialize + Send + Sync;
    /// What is loaded before it is decided whether the caller may.
    type Resource: Send + Sync;
    /// The service's error type.
    type Error: Into<ApiError> + Send;

    /// The operation's name in the API reference, such as `GenerateDataKey`.
    const NAME: &'static str;
    /// The IAM action, such as `kms:GenerateDataKey`.
    const ACTION: &'static str;
    /// Whether it changes nothing, as CloudTrail's `readOnly` says.
    const READ_ONLY: bool;
    /// Whether the request must be signed. One that need not be is by [`Caller::anonymous`], whatever signature it
    /// carries, and has to say in [`Access::principal`] for whom it is decided.
    const SIGNED: bool = true;

    /// Finds what the request is about. Nothing may be changed here, nor anything told of what is found.
    fn load(
        service: &Self::Service,
        call: &Call,
        input: &Self::Input,
    ) -> impl Future<Output = Result<Self::Resource, Self::Error>> + Send;

    /// Counts the call against the caller's quotas, before it is decided whether the caller may; the resource is absent
    /// when it could not be loaded. By default it counts as a call of this operation.
    ///
    /// # Errors
    /// [`Common::Throttling`](crate::Common::Throttling) when a quota is used up.
    fn admit(
        service: &Self::Service,
        call: &Call,
        _input: &Self::Input,
        _resource: Option<&Self::Resource>,
    ) -> Result<(), ApiError> {
        service.admit(call, Self::NAME)
    }

    /// All that must be allowed.
    fn accesses(call: &Call, input: &Self::Input, resource: &Self::Resource) -> Accesses;

    /// What must be allowed before a caller is told that loading failed: by default, the action on every resource.
    fn accesses_unloaded(_call: &Call, _input: &Self::Input) -> Accesses {
        Accesses::from_elem(Access::any(Self::ACTION), 1)
    }

    /// The condition keys which this operation adds to the global ones.
    fn context_keys(_call: &Call, _input: &Self::Input, _resource: &Self::Resource, _keys: &mut ContextKeys) {
    }

    /// Passes on the values of a condition key for one of the accesses (counted in their order), and answers whether the
    /// key is present: for keys that differ between the accesses, and for those that are to be made only when a policy asks
    /// for them. They count beside [`Self::context_keys`]; the resource is absent where loading failed.
    fn condition_key(
        _call: &Call,
        _input: &Self::Input,
        _resource: Option<&Self::Resource>,
        _access: usize,
        _key: &str,
        _each: &mut dyn FnMut(&str),
    ) -> bool {
        false
    }

    /// Does it. A change goes through `work`; the pipeline commits it, together with the record.
    fn run(
        service: &Self::Service,
        request: Authorized<'_, Self>,
        work: &mut <Self::Service as ServiceState>::Work,
    ) -> impl Future<Output = Result<Self::Output, Self::Error>> + Send;

    /// Notes that it was done: its record is durable, and the answer goes out. For what needs no record of its own.
    fn succeeded(
        _service: &Self::Service,
        _call: &Call,
        _input: &Self::Input,
        _resource: Option<&Self::Resource>,
        _output: &Self::Output,
    ) {
    }

    /// What of it the audit record shows; resource and output are absent as far as the request failed.
    fn show<'a>(
        shown: &mut Shown<'a>,
        call: &'a Call,
        input: &'a Self::Input,
        resource: Option<&'a Self::Resource>,
        output: Option<&'a Self::Output>,
    );
}

/// The facts of one authenticated request.
pub struct Call {
    /// The request's id.
    pub request_id: RequestId,
    /// The id of its audit event.
    pub event_id: Uuid,
    /// When it arrived.
    pub received_at: OffsetDateTime,
    /// The Region it was signed for.
    pub region: Region,
    /// Who asks, and is decided upon.
    pub caller: Arc<Caller>,
    /// The service which asks on the caller's behalf.
    pub via: Option<Arc<Caller>>,
    /// The address it came from, where that is known.
    pub source_ip: Option<IpAddr>,
    /// Whether it came over TLS.
    pub secure_transport: bool,
    /// What the client says it is.
    pub user_agent: String,
    account: AccountId,
}

impl Call {
    #[expect(clippy::too_many_arguments, reason = "the one constructor of a plain record of facts")]
    pub(crate) fn new(
        request_id: RequestId,
        event_id: Uuid,
        received_at: OffsetDateTime,
        region: Region,
        caller: Arc<Caller>,
        via: Option<Arc<Caller>>,
        source_ip: Option<IpAddr>,
        secure_transport: bool,
        user_agent: String,
        home_account: AccountId,
    ) -> Self {
        let account = caller.account.unwrap_or(home_account);
        Self {
            request_id,
            event_id,
            received_at,
            region,
            caller,
            via,
            source_ip,
            secure_transport,
            user_agent,
            account,
        }
    }

    /// The account that the request is made in: the caller's.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// The same, for what borrows it from the call.
    #[must_use]
    pub fn account_ref(&self) -> &AccountId {
        &self.account
    }

    /// The service principal that asks on the caller's behalf, such as `ssm.amazonaws.com`.
    #[must_use]
    pub fn invoked_by(&self) -> Option<&str> {
        self.via.as_deref().and_then(Caller::service_name)
    }
}

/// A request that was authenticated, decoded and authorized; only the pipeline can make one.
pub struct Authorized<'a, O: Operation> {
    /// The facts of the request.
    pub call: &'a Call,
    /// The decoded input.
    pub input: &'a O::Input,
    /// What was loaded.
    pub resource: &'a O::Resource,
    _proof: Proof,
}

struct Proof;

impl<'a, O: Operation> Authorized<'a, O> {
    /// The only place where the proof is made; `pipeline::serve` calls it behind the authorization.
    pub(crate) fn after_authorization(
        call: &'a Call,
        input: &'a O::Input,
        resource: &'a O::Resource,
    ) -> Self {
        Self { call, input, resource, _proof: Proof }
    }
}

/// One thing that must be allowed: an action on a resource.
#[derive(Clone)]
pub struct Access {
    /// The IAM action.
    pub action: &'static str,
    /// The resource.
    pub target: Target,
    /// The grants on the resource that are for this action and whose constraints the request meets.
    pub grants: Vec<Grant>,
    /// For whom it is decided, where that isn't the caller: whom an identity provider vouches for. No policy of the
    /// caller's counts then.
    pub principal: Option<Arc<Principal>>,
    /// Whether a refusal keeps to itself what was lacking, as that would tell whether the resource exists.
    pub reticent: bool,
}

/// All things that must be allowed; each one is.
pub type Accesses = SmallVec<[Access; 2]>;

/// A resource as the decision sees it.
#[derive(Clone)]
pub struct Target {
    /// Its ARN, or `*`.
    pub arn: Arc<str>,
    /// The account it belongs to; none for `*`, which is the caller's.
    pub account: Option<AccountId>,
    /// The policy that is attached to it.
    pub policy: Option<Arc<Policy>>,
    /// What that policy is needed for.
    pub rule: ResourcePolicyRule,
}

impl Access {
    /// An action on one resource.
    #[must_use]
    pub fn new(action: &'static str, target: Target) -> Self {
        Self { action, target, grants: Vec::new(), principal: None, reticent: false }
    }

    /// The same, with grants that are for the action and whose constraints the request meets; those to other principals
    /// don't count.
    #[must_use]
    pub fn with_grants(self, grants: Vec<Grant>) -> Self {
        Self { grants, ..self }
    }

    /// The same, decided for this principal instead of the caller.
    #[must_use]
    pub fn by_principal(self, principal: Arc<Principal>) -> Self {
        Self { principal: Some(principal), ..self }
    }

    /// The same, with refusals that don't say why.
    #[must_use]
    pub fn without_reasons(self) -> Self {
        Self { reticent: true, ..self }
    }

    /// An action that isn't about one resource.
    #[must_use]
    pub fn any(action: &'static str) -> Self {
        let rule = ResourcePolicyRule::Additional;
        Self::new(action, Target { arn: "*".into(), account: None, policy: None, rule })
    }
}

impl From<Access> for Accesses {
    fn from(access: Access) -> Self {
        let mut accesses = Self::new();
        accesses.push(access);
        accesses
    }
}
