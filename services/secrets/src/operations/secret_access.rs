//! What must be allowed for an operation on a secret, and how its record names the secret.

use std::sync::Arc;

use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::{Access, Accesses, AccountId, Arn, Call, Shown, Target, check_access};
use keywright_policy::ResourcePolicyRule;

use crate::domain::reference::SecretReference;
use crate::domain::secret::Secret;
use crate::error::Error;
use crate::events::SECRET_RESOURCE;

/// An action on a secret, by its resource policy too.
pub(crate) fn on_secret(action: &'static str, secret: &Secret) -> Access {
    let rule = ResourcePolicyRule::Additional;
    let policy = secret.policy.as_ref().map(|policy| Arc::clone(policy.compiled()));
    Access::new(action, Target { arn: Arc::clone(&secret.arn), account: Some(secret.account), policy, rule })
}

/// An action on a secret that isn't there, or not yet.
pub(crate) fn on_arn(action: &'static str, arn: &Arc<str>, account: AccountId) -> Access {
    let rule = ResourcePolicyRule::Additional;
    Access::new(action, Target { arn: Arc::clone(arn), account: Some(account), policy: None, rule })
}

/// What must be allowed before a caller hears that no secret could be found: what would be for a secret of this name.
pub(crate) fn unfound(action: &'static str, call: &Call, secret_id: &str) -> Accesses {
    match SecretReference::parse(secret_id, &call.region, call.account()) {
        Ok(reference) => {
            let arn = reference.presumed_arn(&call.region).into();
            on_arn(action, &arn, reference.account).into()
        }
        Err(_) => Access::any(action).into(),
    }
}

/// The condition keys of an operation on a secret.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html>
pub(crate) fn add_context_keys(keys: &mut ContextKeys, secret: &Secret) {
    keys.push("secretsmanager:SecretId", secret.arn.to_string());
    keys.push("secretsmanager:Name", secret.name.as_str().to_owned());
    if let Some(region) = secret.primary_region() {
        keys.push("secretsmanager:SecretPrimaryRegion", region.to_owned());
    }
    if let Some(rotation) = &secret.rotation {
        keys.push("secretsmanager:resource/AllowRotationLambdaArn", rotation.function.to_string());
    }
    for tag in &secret.tags {
        keys.push(format!("aws:ResourceTag/{}", tag.key), tag.value.clone());
        keys.push(format!("secretsmanager:ResourceTag/{}", tag.key), tag.value.clone());
    }
}

/// The condition keys of what a request says of a secret.
pub(crate) fn add_request_keys(
    keys: &mut ContextKeys,
    call: &Call,
    description: Option<&str>,
    kms_key_id: Option<&str>,
) {
    if let Some(description) = description {
        keys.push("secretsmanager:Description", description.to_owned());
    }
    if let Some(key) = kms_key_id {
        keys.push("secretsmanager:KmsKeyId", key.to_owned());
        if let Some(arn) = key_arn(call, key) {
            keys.push("secretsmanager:KmsKeyArn", arn);
        }
    }
}

/// The ARN of a KMS key that is named by ARN or id. Of an alias only KMS knows the key: conditions on `KmsKeyArn` don't hold
/// then, which allows nothing.
fn key_arn(call: &Call, key: &str) -> Option<String> {
    if key.is_empty() || key.starts_with("alias/") {
        return None;
    }
    match Arn::parse(key) {
        Ok(arn) => arn.resource().starts_with("key/").then(|| key.to_owned()),
        Err(_) => Some(Arn::regional("kms", &call.region, call.account(), &format!("key/{key}"))),
    }
}

/// Names a secret in the record.
pub(crate) fn show_secret<'a>(shown: &mut Shown<'a>, secret: Option<&'a Secret>) {
    if let Some(secret) = secret {
        shown.resource(secret.account.as_str(), SECRET_RESOURCE, &secret.arn);
    }
}

/// Refuses a change of tags by which the caller could not change them again, as AWS does; `keys` are those of the request.
/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_TagResource.html>
pub(crate) fn check_still_allowed(
    call: &Call,
    action: &'static str,
    after: &Secret,
    mut keys: ContextKeys,
) -> Result<(), Error> {
    add_context_keys(&mut keys, after);
    check_access(call, &on_secret(action, after), &keys).map_err(|_| Error::WouldLoseAccess)
}
