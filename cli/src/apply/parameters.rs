//! Parameters.

use serde_json::{Value, json};

use super::InAccount;
use super::document::Parameter;
use super::error::{ApplyError, present};
use crate::api_client::SSM;

impl InAccount<'_> {
    /// Puts a parameter that isn't there, or whose value or type differs. Values are said to nobody.
    pub(super) async fn parameter(&mut self, declared: &Parameter) -> Result<(), ApplyError> {
        let what = format!("parameter {} of account {}", declared.name, self.account);
        let value = value(declared, &what)?;
        let region = declared.region.as_deref().unwrap_or(self.region.as_str());
        let named = json!({ "Name": declared.name, "WithDecryption": true });
        let found = present(self.client.json(SSM, Some(region), "GetParameter", &named).await)?;
        let is = |member: &str, wanted: &str| {
            found.as_ref().and_then(|found| found.pointer(member)).and_then(Value::as_str) == Some(wanted)
        };
        if (is("/Parameter/Value", &value) && is("/Parameter/Type", &declared.parameter_type))
            || !self.changes.change(&format!("put {what}"))
        {
            return Ok(());
        }
        let mut input = json!({
            "Name": declared.name,
            "Type": declared.parameter_type,
            "Value": value,
            "Overwrite": found.is_some(),
        });
        for (member, text) in [("Description", &declared.description), ("KeyId", &declared.key)] {
            if let (Some(text), Some(input)) = (text, input.as_object_mut()) {
                input.insert(member.to_owned(), text.as_str().into());
            }
        }
        self.client.json(SSM, Some(region), "PutParameter", &input).await?;
        Ok(())
    }
}

/// The value, from the one place where it stands.
fn value(declared: &Parameter, what: &str) -> Result<String, ApplyError> {
    let incomplete = |lacks| ApplyError::Incomplete { what: what.to_owned(), lacks };
    match (&declared.value, &declared.value_file, &declared.value_env) {
        (Some(value), None, None) => Ok(value.clone()),
        (None, Some(path), None) => {
            let text = std::fs::read_to_string(path);
            let text = text.map_err(|cause| ApplyError::File { path: path.clone(), cause })?;
            Ok(text.trim_end_matches(['\r', '\n']).to_owned())
        }
        (None, None, Some(name)) => {
            std::env::var(name).map_err(|_| incomplete("the variable of value_env is not set"))
        }
        _ => Err(incomplete("it needs one of value, value_file and value_env")),
    }
}
