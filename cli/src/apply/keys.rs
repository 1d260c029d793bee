//! KMS keys.

use serde_json::{Map, Value, json};

use super::InAccount;
use super::document::Key;
use super::error::{ApplyError, present};
use crate::api_client::{ApiError, KMS};

impl InAccount<'_> {
    /// Makes a key with its alias, or changes what differs from what is declared. Spec and usage of a key stay.
    pub(super) async fn key(&mut self, declared: &Key) -> Result<(), ApplyError> {
        let what = format!("key {} of account {}", declared.alias, self.account);
        let named = json!({ "KeyId": declared.alias });
        let Some(found) = present(self.kms(declared, "DescribeKey", &named).await)? else {
            if self.changes.change(&format!("make {what}")) {
                let made = self.kms(declared, "CreateKey", &input(declared)).await?;
                let id = key_id(&made)?;
                let alias = json!({ "AliasName": declared.alias, "TargetKeyId": id });
                self.kms(declared, "CreateAlias", &alias).await?;
                self.rotation(declared, &id, &what).await?;
                self.aliases(declared, &id, &what).await?;
            }
            return Ok(());
        };
        let id = key_id(&found)?;
        let description = found.pointer("/KeyMetadata/Description").and_then(Value::as_str);
        if let Some(wanted) = declared.description.as_deref()
            && description != Some(wanted)
            && self.changes.change(&format!("describe {what}"))
        {
            let input = json!({ "KeyId": id, "Description": wanted });
            self.kms(declared, "UpdateKeyDescription", &input).await?;
        }
        if let Some(wanted) = &declared.policy {
            let found = self.kms(declared, "GetKeyPolicy", &json!({ "KeyId": id })).await?;
            let found = found.get("Policy").and_then(Value::as_str).unwrap_or_default();
            let is_there = serde_json::from_str::<Value>(found).is_ok_and(|found| found == *wanted);
            if !is_there && self.changes.change(&format!("set the policy of {what}")) {
                let input = json!({ "KeyId": id, "Policy": wanted.to_string() });
                self.kms(declared, "PutKeyPolicy", &input).await?;
            }
        }
        self.key_tags(declared, &id, &what).await?;
        self.rotation(declared, &id, &what).await?;
        self.aliases(declared, &id, &what).await
    }

    async fn rotation(&mut self, declared: &Key, id: &str, what: &str) -> Result<(), ApplyError> {
        let Some(days) = declared.rotation_days else { return Ok(()) };
        let found = self.kms(declared, "GetKeyRotationStatus", &json!({ "KeyId": id })).await?;
        let period = found.get("RotationPeriodInDays").and_then(Value::as_u64);
        let enabled = found.get("KeyRotationEnabled").and_then(Value::as_bool) == Some(true);
        if (!enabled || period != Some(days.into()))
            && self.changes.change(&format!("rotate {what} every {days} days"))
        {
            let input = json!({ "KeyId": id, "RotationPeriodInDays": days });
            self.kms(declared, "EnableKeyRotation", &input).await?;
        }
        Ok(())
    }

    async fn aliases(&mut self, declared: &Key, id: &str, what: &str) -> Result<(), ApplyError> {
        for alias in &declared.aliases {
            let found = present(self.kms(declared, "DescribeKey", &json!({ "KeyId": alias })).await)?;
            let operation = match found {
                Some(found) if key_id(&found)? == id => continue,
                Some(_) => "UpdateAlias",
                None => "CreateAlias",
            };
            if self.changes.change(&format!("name {what} {alias}")) {
                let input = json!({ "AliasName": alias, "TargetKeyId": id });
                self.kms(declared, operation, &input).await?;
            }
        }
        Ok(())
    }

    async fn key_tags(&mut self, declared: &Key, id: &str, what: &str) -> Result<(), ApplyError> {
        if declared.tags.is_empty() {
            return Ok(());
        }
        let found = self.kms(declared, "ListResourceTags", &json!({ "KeyId": id })).await?;
        let found = found.get("Tags").and_then(Value::as_array).cloned().unwrap_or_default();
        let wanted: Vec<_> = tags(declared).into_iter().filter(|tag| !found.contains(tag)).collect();
        if !wanted.is_empty() && self.changes.change(&format!("tag {what}")) {
            let input = json!({ "KeyId": id, "Tags": wanted });
            self.kms(declared, "TagResource", &input).await?;
        }
        Ok(())
    }

    async fn kms(&self, declared: &Key, operation: &str, input: &Value) -> Result<Value, ApiError> {
        let region = declared.region.as_deref().unwrap_or(self.region.as_str());
        self.client.json(KMS, Some(region), operation, input).await
    }
}

fn input(declared: &Key) -> Value {
    let mut input = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            input.insert(name.to_owned(), value);
        }
    };
    put("KeySpec", declared.spec.clone().map(Value::from));
    put("KeyUsage", declared.usage.clone().map(Value::from));
    put("Description", declared.description.clone().map(Value::from));
    put("Policy", declared.policy.as_ref().map(|policy| policy.to_string().into()));
    put("MultiRegion", declared.multi_region.then_some(true.into()));
    put("Tags", (!declared.tags.is_empty()).then(|| tags(declared).into()));
    Value::Object(input)
}

fn tags(declared: &Key) -> Vec<Value> {
    declared.tags.iter().map(|(key, value)| json!({ "TagKey": key, "TagValue": value })).collect()
}

fn key_id(answer: &Value) -> Result<String, ApiError> {
    let id = answer.pointer("/KeyMetadata/KeyId").and_then(Value::as_str);
    id.map(str::to_owned).ok_or_else(|| ApiError::Answer { operation: "DescribeKey".to_owned() })
}
