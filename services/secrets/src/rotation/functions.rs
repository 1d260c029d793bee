//! The functions that there are.

use std::collections::HashMap;
use std::time::Duration;

use keywright_aws_api::AccountId;
use keywright_rotators::RotatorKind;
use keywright_service::ServiceError;

use super::built_in::BuiltInFunctions;
use super::invocation::{FunctionError, HttpFunction, RotationEvent};
use super::section::FunctionSections;

/// All functions: those of somebody's own by name, and the built-in ones.
pub struct Functions {
    own: HashMap<String, HttpFunction>,
    built_in: BuiltInFunctions,
}

impl Functions {
    /// Those of the settings, and the built-in ones.
    ///
    /// # Errors
    /// [`ServiceError`] for one that can't be used.
    pub fn new(sections: &FunctionSections, built_in: BuiltInFunctions) -> Result<Self, ServiceError> {
        let function = |(name, section)| Ok((String::clone(name), HttpFunction::new(name, section)?));
        let own = sections.iter().map(function).collect::<Result<_, ServiceError>>()?;
        Ok(Self { own, built_in })
    }

    /// Whether there is one of this name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        RotatorKind::from_function_name(name).is_some() || self.own.contains_key(name)
    }

    /// How long one may take.
    #[must_use]
    pub fn time_limit(&self, name: &str) -> Duration {
        match RotatorKind::from_function_name(name) {
            Some(_) => self.built_in.time_limit(),
            None => self.own.get(name).map_or(Duration::ZERO, HttpFunction::time_limit),
        }
    }

    /// Has one do a step of the rotation of an account's secret.
    ///
    /// # Errors
    /// [`FunctionError`].
    pub async fn invoke(
        &self,
        name: &str,
        account: AccountId,
        event: &RotationEvent<'_>,
    ) -> Result<(), FunctionError> {
        match RotatorKind::from_function_name(name) {
            Some(kind) => self.built_in.invoke(kind, account, event).await,
            None => self.own.get(name).ok_or(FunctionError::Unknown)?.invoke(event).await,
        }
    }
}
