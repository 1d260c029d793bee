//! The built-in functions: clients of this service's own API like any others, with the credentials of an execution role.
//! Policies, keys and the audit trail hold for them as for a function of somebody's own.

mod own_api;
mod role;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use keywright_aws_api::{AccountId, Arn, Clock, Region};
use keywright_crypto::Random;
use keywright_rotators::{BuiltInRotators, RotationRequest, RotationStep, RotatorKind, RotatorSettings};
use keywright_service::ServiceError;
use keywright_service::identity::IdentityClientConfig;

use self::own_api::OwnApi;
pub use self::role::{RoleError, Roles};
use super::invocation::{FunctionError, RotationEvent};
use super::state::Step;

/// The built-in functions.
pub struct BuiltInFunctions {
    rotators: BuiltInRotators,
    time_limit: Duration,
    roles: Roles,
    /// The roles that were set, by the function's name.
    role_of: BTreeMap<String, String>,
    /// Where this service itself is, once it listens.
    address: Arc<OnceLock<SocketAddr>>,
    region: Region,
    clock: Arc<dyn Clock>,
}

/// What the built-in functions are told.
pub struct BuiltInConfig<'a> {
    /// `[rotators]`.
    pub settings: RotatorSettings,
    /// `[rotation_roles]`: the roles of functions, by name.
    pub roles: BTreeMap<String, String>,
    /// Where identity is, and by which access key this service asks it for sessions.
    pub identity: &'a IdentityClientConfig,
    /// Where this service itself is, once it listens.
    pub address: Arc<OnceLock<SocketAddr>>,
}

impl BuiltInFunctions {
    /// The functions of these settings.
    ///
    /// # Errors
    /// [`ServiceError`] for settings that can't be used.
    pub fn new(
        config: BuiltInConfig<'_>,
        region: &Region,
        clock: &Arc<dyn Clock>,
        random: &Arc<dyn Random>,
    ) -> Result<Self, ServiceError> {
        let BuiltInConfig { settings, roles, identity, address } = config;
        let time_limit = settings.step_timeout;
        Ok(Self {
            rotators: BuiltInRotators::new(settings, Arc::clone(random)).map_err(ServiceError::own)?,
            time_limit,
            roles: Roles::new(identity, region, Arc::clone(clock))?,
            role_of: roles,
            address,
            region: region.clone(),
            clock: Arc::clone(clock),
        })
    }

    /// How long a step may take, with all that is asked for it.
    #[must_use]
    pub fn time_limit(&self) -> Duration {
        self.time_limit
    }

    /// Has one do a step of the rotation of an account's secret.
    ///
    /// # Errors
    /// [`FunctionError`].
    pub async fn invoke(
        &self,
        kind: RotatorKind,
        account: AccountId,
        event: &RotationEvent<'_>,
    ) -> Result<(), FunctionError> {
        let name = kind.function_name();
        let role = self.role_of(name, account).unwrap_or_else(|| service_linked_role(account));
        let session = self.roles.session(&role, name).await?;
        let address = self.address.get().copied().ok_or(FunctionError::Undone("the service is starting"))?;
        let api = OwnApi::new(reachable(address), &session, &self.region, Arc::clone(&self.clock))?;
        let request = RotationRequest {
            step: step(event.step),
            secret_id: event.secret_id.to_owned(),
            client_request_token: event.client_request_token.to_owned(),
            rotation_token: Some(event.rotation_token.clone()),
        };
        let failed = |reason: String| FunctionError::BuiltIn(reason);
        let rotator = self.rotators.rotator(kind).map_err(|error| failed(error.to_string()))?;
        rotator.rotate(&api, &request).await.map_err(|error| failed(error.to_string()))
    }
}

impl BuiltInFunctions {
    /// The role that was set for a function, for secrets of the role's own account: nobody's secrets are rotated with the
    /// rights of another account, which could be had by naming what that may reach.
    fn role_of(&self, function: &str, account: AccountId) -> Option<String> {
        let role = self.role_of.get(function)?;
        Arn::parse(role).is_ok_and(|arn| arn.account() == account.as_str()).then(|| role.clone())
    }
}

/// The role that identity makes for this service in an account.
#[must_use]
pub fn service_linked_role(account: AccountId) -> String {
    Arn::global("iam", account.as_str(), SERVICE_LINKED_ROLE)
}

/// The address at which this process reaches what it listens at.
fn reachable(address: SocketAddr) -> SocketAddr {
    match address.ip().is_unspecified() {
        true => SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), address.port()),
        false => address,
    }
}

fn step(step: Step) -> RotationStep {
    match step {
        Step::Create => RotationStep::CreateSecret,
        Step::Set => RotationStep::SetSecret,
        Step::Test => RotationStep::TestSecret,
        Step::Finish => RotationStep::FinishSecret,
    }
}

const SERVICE_LINKED_ROLE: &str =
    "role/aws-service-role/secretsmanager.amazonaws.com/AWSServiceRoleForSecretsManager";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_that_listens_everywhere_is_reached_on_the_loopback() {
        let address = |text: &str| reachable(text.parse().unwrap()).to_string();
        assert_eq!(address("0.0.0.0:8080"), "127.0.0.1:8080");
        assert_eq!(address("[::]:8080"), "127.0.0.1:8080");
        assert_eq!(address("10.0.0.7:8080"), "10.0.0.7:8080");
    }
}
