//! Versions of managed policies.

use super::subjects::{PolicyArn, own};
use super::{VersionOut, policy_text};
use crate::domain::managed_policy::{ManagedPolicy, PolicyVersion, VersionId};
use crate::error::IdentityError;
use crate::operations::iam::define::iam_operation;
use crate::operations::iam::page::{One, Page, slice};
use crate::store::{changes, managed_policies, policy_versions};

iam_operation! {
    /// Adds a version to a policy, which counts if it is set as the default one.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicyVersion.html>
    CreatePolicyVersion: changes ManagedPolicy => One<VersionOut> {
        #[member(length = 20..=2048)]
        policy_arn: String as "policyArn",
        #[member(length = 1..=131_072, pattern = "[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+")]
        policy_document: String as "policyDocument",
        set_as_default: Option<bool> as "setAsDefault",
    }
    name(_, input) {
        PolicyArn::parse(&input.policy_arn)
    }
    answer(response, made) {
        response.push_object("policyVersion", made.value.shown());
    }
    run(directory, request, work) {
        let (input, account) = (request.input, own(request.subject)?);
        let document = policy_text(&input.policy_document)?;
        let (transaction, now) = (work.transaction().await?, directory.clock.now());
        let policy = managed_policies::lock(transaction, account, &request.subject.arn).await?;
        let id = policy_versions::add(transaction, &policy.arn, document.as_str(), now).await?;
        let is_default = input.set_as_default == Some(true);
        if is_default {
            policy_versions::set_default(transaction, &policy.arn, id).await?;
            changes::note_account(transaction, account).await?;
        }
        let document = String::new();
        let version = PolicyVersion { policy_arn: policy.arn, id, document, is_default, created_at: now };
        Ok(One::of("PolicyVersion", VersionOut::listed(version)))
    }
}

iam_operation! {
    /// Tells a version with its text.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicyVersion.html>
    GetPolicyVersion: reads ManagedPolicy => One<VersionOut> {
        #[member(length = 20..=2048)]
        policy_arn: String as "policyArn",
        #[member(pattern = "v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?")]
        version_id: String as "versionId",
    }
    name(_, input) {
        PolicyArn::parse(&input.policy_arn)
    }
    run(directory, request, _) {
        let id = version_id(request.subject, &request.input.version_id)?;
        let connection = directory.store.connection().await?;
        let version = policy_versions::find(&connection, &request.subject.arn, id).await?;
        Ok(One::of("PolicyVersion", VersionOut::whole(version)))
    }
}

iam_operation! {
    /// Takes a version away that doesn't count.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicyVersion.html>
    DeletePolicyVersion: changes ManagedPolicy => () {
        #[member(length = 20..=2048)]
        policy_arn: String as "policyArn",
        #[member(pattern = "v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?")]
        version_id: String as "versionId",
    }
    name(_, input) {
        PolicyArn::parse(&input.policy_arn)
    }
    run(_, request, work) {
        // Of what doesn't count nobody needs to hear.
        let account = own(request.subject)?;
        let id = version_id(request.subject, &request.input.version_id)?;
        let transaction = work.transaction().await?;
        let policy = managed_policies::lock(transaction, account, &request.subject.arn).await?;
        policy_versions::delete(transaction, &policy, id).await
    }
}

iam_operation! {
    /// Tells which versions a policy has, the newest first, without their texts.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicyVersions.html>
    ListPolicyVersions: reads ManagedPolicy => Page<VersionOut> {
        #[member(length = 20..=2048)]
        policy_arn: String as "policyArn",
        #[member(length = 1..=320, pattern = "[\\u0020-\\u00FF]+")]
        marker: Option<String> as "marker",
        #[member(range = 1..=1000)]
        max_items: Option<i32> as "maxItems",
    }
    name(_, input) {
        PolicyArn::parse(&input.policy_arn)
    }
    run(directory, request, _) {
        let input = request.input;
        let mut slice = slice(input.marker.as_deref(), input.max_items)?;
        let after = std::mem::take(&mut slice.after);
        let after = if after.is_empty() {
            None
        } else {
            Some(VersionId::parse(&after).ok_or(IdentityError::Marker)?)
        };
        let connection = directory.store.connection().await?;
        let mut versions = policy_versions::of_policies(&connection, &[&request.subject.arn]).await?;
        versions.retain(|version| after.is_none_or(|after| version.id < after));
        let key = |version: &PolicyVersion| version.id.to_string();
        Ok(Page::of("Versions", versions, &slice, key, VersionOut::listed))
    }
}

iam_operation! {
    /// Makes a version the one that counts.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_SetDefaultPolicyVersion.html>
    SetDefaultPolicyVersion: changes ManagedPolicy => () {
        #[member(length = 20..=2048)]
        policy_arn: String as "policyArn",
        #[member(pattern = "v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?")]
        version_id: String as "versionId",
    }
    name(_, input) {
        PolicyArn::parse(&input.policy_arn)
    }
    run(_, request, work) {
        let account = own(request.subject)?;
        let id = version_id(request.subject, &request.input.version_id)?;
        let transaction = work.transaction().await?;
        let policy = managed_policies::lock(transaction, account, &request.subject.arn).await?;
        policy_versions::find(transaction, &policy.arn, id).await?;
        policy_versions::set_default(transaction, &policy.arn, id).await?;
        Ok(changes::note_account(transaction, account).await?)
    }
}

/// A version's id; AWS's form allows for others than there can be here.
fn version_id(policy: &ManagedPolicy, text: &str) -> Result<VersionId, IdentityError> {
    VersionId::parse(text).ok_or_else(|| policy_versions::no_such_version(&policy.arn, text))
}
