//! Tags of managed policies.

use super::subjects::{PolicyArn, own};
use crate::domain::managed_policy::ManagedPolicy;
use crate::domain::tags::without_tags;
use crate::operations::iam::define::iam_operation;
use crate::operations::iam::page::{Page, slice};
use crate::operations::iam::tag::{self, Tag};
use crate::store::managed_policies;

iam_operation! {
    /// Sets tags; one replaces the tag of its key. No principal's rights depend on them, so nobody needs to hear of it.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagPolicy.html>
    TagPolicy: changes ManagedPolicy => () {
        #[member(length = 20..=2048)]
        policy_arn: String as "policyArn",
        #[member(length = ..=50)]
        tags: Vec<Tag> as "tags",
    }
    name(_, input) {
        PolicyArn::parse(&input.policy_arn)
    }
    keys(input, keys) {
        tag::push_request_tags(keys, &input.tags);
    }
    run(_, request, work) {
        let account = own(request.subject)?;
        let transaction = work.transaction().await?;
        let policy = managed_policies::lock(transaction, account, &request.subject.arn).await?;
        let tags = tag::put_over(policy.tags, &request.input.tags)?;
        Ok(managed_policies::set_tags(transaction, &policy.arn, &tags).await?)
    }
}

iam_operation! {
    /// Takes tags away.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UntagPolicy.html>
    UntagPolicy: changes ManagedPolicy => () {
        #[member(length = 20..=2048)]
        policy_arn: String as "policyArn",
        #[member(length = ..=50, each(length = 1..=128, pattern = "[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+"))]
        tag_keys: Vec<String> as "tagKeys",
    }
    name(_, input) {
        PolicyArn::parse(&input.policy_arn)
    }
    keys(input, keys) {
        tag::push_tag_keys(keys, &input.tag_keys);
    }
    run(_, request, work) {
        let account = own(request.subject)?;
        let transaction = work.transaction().await?;
        let policy = managed_policies::lock(transaction, account, &request.subject.arn).await?;
        let tags = without_tags(policy.tags, &request.input.tag_keys);
        Ok(managed_policies::set_tags(transaction, &policy.arn, &tags).await?)
    }
}

iam_operation! {
    /// Tells the tags, in the order of their keys.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicyTags.html>
    ListPolicyTags: reads ManagedPolicy => Page<Tag> {
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
    run(_, request, _) {
        let slice = slice(request.input.marker.as_deref(), request.input.max_items)?;
        let tags = tag::listed(&request.subject.tags);
        Ok(Page::of_all("Tags", tags, &slice, |tag: &Tag| tag.key.as_str()))
    }
}
