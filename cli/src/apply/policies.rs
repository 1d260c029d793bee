//! Managed policies.

use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::InAccount;
use super::document::ManagedPolicy;
use super::error::{ApplyError, present};
use crate::api_client::{ApiError, Query};
use crate::xml::Texts;

impl InAccount<'_> {
    /// Makes a policy, or gives it a version of what is declared.
    pub(super) async fn policy(&mut self, policy: &ManagedPolicy) -> Result<(), ApplyError> {
        let ManagedPolicy { name, path, description, document } = policy;
        let (partition, account) = (self.partition, &self.account);
        let (arn, text) =
            (format!("arn:{partition}:iam::{account}:policy{path}{name}"), document.to_string());
        let found = present(self.iam("GetPolicy", &[("PolicyArn", &arn)]).await)?;
        let Some(found) = found else {
            if self.changes.change(&format!("make policy {arn}")) {
                let mut input =
                    vec![("PolicyName", name.as_str()), ("Path", path), ("PolicyDocument", &text)];
                input.extend(description.as_deref().map(|description| ("Description", description)));
                self.iam("CreatePolicy", &input).await?;
            }
            return Ok(());
        };
        let version = found.first("DefaultVersionId").unwrap_or_default();
        let current = self.iam("GetPolicyVersion", &[("PolicyArn", &arn), ("VersionId", version)]).await?;
        if is_document(current.first("Document"), document)
            || !self.changes.change(&format!("give policy {arn} a new version"))
        {
            return Ok(());
        }
        let input = [("PolicyArn", arn.as_str()), ("PolicyDocument", &text), ("SetAsDefault", "true")];
        match self.iam("CreatePolicyVersion", &input).await {
            Err(error) if error.is_limit() => {
                self.delete_oldest_version(&arn, version).await?;
                self.iam("CreatePolicyVersion", &input).await?;
            }
            made => {
                made?;
            }
        }
        Ok(())
    }

    async fn delete_oldest_version(&self, arn: &str, default: &str) -> Result<(), ApplyError> {
        let versions = self.iam("ListPolicyVersions", &[("PolicyArn", arn)]).await?;
        let number = |version: &str| version.trim_start_matches('v').parse::<u64>().unwrap_or(u64::MAX);
        let others = versions.all("VersionId").filter(|version| *version != default);
        if let Some(oldest) = others.min_by_key(|version| number(version)) {
            self.iam("DeletePolicyVersion", &[("PolicyArn", arn), ("VersionId", oldest)]).await?;
        }
        Ok(())
    }

    /// Calls an operation of IAM.
    pub(super) async fn iam(&self, operation: &str, input: &[(&str, &str)]) -> Result<Texts, ApiError> {
        self.client.query(Query::Iam, operation, input).await
    }
}

/// Whether a document, percent-encoded as IAM gives it, says what is declared.
pub(super) fn is_document(encoded: Option<&str>, declared: &Value) -> bool {
    let decoded = encoded.map(|text| percent_decode_str(text).decode_utf8_lossy());
    decoded.is_some_and(|text| serde_json::from_str::<Value>(&text).is_ok_and(|found| found == *declared))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn documents_are_compared_by_what_they_say() {
        let declared = json!({"Version": "2012-10-17", "Statement": []});
        assert!(is_document(
            Some("%7B%22Statement%22%3A%5B%5D%2C%20%22Version%22:%222012-10-17%22%7D"),
            &declared
        ));
        assert!(!is_document(Some("%7B%7D"), &declared) && !is_document(None, &declared));
    }
}
