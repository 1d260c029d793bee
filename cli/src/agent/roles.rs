//! Which role is meant for which service account.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::error::AgentError;

/// The roles of service accounts.
#[derive(Debug, Default)]
pub(crate) struct Roles {
    /// Lines of `namespace/name = ARN`. Read for each exchange, so that a changed one counts at once.
    pub(crate) file: Option<PathBuf>,
    /// For all that the file doesn't name.
    pub(crate) default: Option<String>,
}

impl Roles {
    /// The ARN of the role for a service account, `namespace/name`.
    pub(crate) fn of(&self, service_account: &str) -> Result<String, AgentError> {
        let named = self.read()?.remove(service_account);
        named.or_else(|| self.default.clone()).ok_or_else(|| AgentError::NoRole(service_account.to_owned()))
    }

    /// All that the file names.
    pub(crate) fn read(&self) -> Result<BTreeMap<String, String>, AgentError> {
        let Some(path) = &self.file else { return Ok(BTreeMap::new()) };
        let fault = |reason: String| AgentError::RolesFile { path: path.clone(), reason };
        let text = std::fs::read_to_string(path).map_err(|error| fault(error.to_string()))?;
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        lines
            .map(|line| {
                let pair = line.split_once('=').map(|(name, arn)| (name.trim(), arn.trim()));
                match pair.filter(|(name, arn)| name.contains('/') && arn.starts_with("arn:")) {
                    Some((name, arn)) => Ok((name.to_owned(), arn.to_owned())),
                    None => Err(fault(format!("the line `{line}` is not of the form namespace/name = ARN"))),
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_names_roles_and_the_default_is_for_the_rest() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("roles");
        std::fs::write(&file, "# roles\n\nshop/web = arn:aws:iam::111122223333:role/web\n").unwrap();
        let mut roles = Roles { file: Some(file.clone()), default: None };
        assert_eq!(roles.of("shop/web").unwrap(), "arn:aws:iam::111122223333:role/web");
        assert!(matches!(roles.of("shop/db"), Err(AgentError::NoRole(_))));
        roles.default = Some("arn:aws:iam::111122223333:role/any".to_owned());
        assert_eq!(roles.of("shop/db").unwrap(), "arn:aws:iam::111122223333:role/any");
        std::fs::write(&file, "shop/web\n").unwrap();
        assert!(matches!(roles.of("shop/db"), Err(AgentError::RolesFile { .. })));
    }
}
