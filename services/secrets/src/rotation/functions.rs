//! The functions that there are.

use std::collections::HashMap;
use std::time::Duration;

use keywright_service::ServiceError;

use super::invocation::{FunctionError, HttpFunction, RotationEvent};
use super::section::FunctionSections;

/// All functions, by name.
pub struct Functions(HashMap<String, HttpFunction>);

impl Functions {
    /// Those of the settings.
    ///
    /// # Errors
    /// [`ServiceError`] for one that can't be used.
    pub fn new(sections: &FunctionSections) -> Result<Self, ServiceError> {
        let function = |(name, section)| Ok((String::clone(name), HttpFunction::new(name, section)?));
        sections.iter().map(function).collect::<Result<_, _>>().map(Self)
    }

    /// Whether there is one of this name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// How long one may take.
    #[must_use]
    pub fn time_limit(&self, name: &str) -> Duration {
        self.0.get(name).map_or(Duration::ZERO, HttpFunction::time_limit)
    }

    /// Has one do a step.
    ///
    /// # Errors
    /// [`FunctionError`].
    pub async fn invoke(&self, name: &str, event: &RotationEvent<'_>) -> Result<(), FunctionError> {
        self.0.get(name).ok_or(FunctionError::Unknown)?.invoke(event).await
    }
}
