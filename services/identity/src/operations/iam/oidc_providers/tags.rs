//! Tags of providers.

use super::subjects::{ProviderArn, locked};
use crate::domain::tags::without_tags;
use crate::operations::iam::define::iam_operation;
use crate::operations::iam::page::{Page, slice};
use crate::operations::iam::tag::{self, Tag};
use crate::store::oidc_providers::{self, OidcProvider};

iam_operation! {
    /// Sets tags; one replaces the tag of its key.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagOpenIDConnectProvider.html>
    TagOpenIDConnectProvider: changes OidcProvider => () {
        #[member(name = "OpenIDConnectProviderArn", length = 20..=2048)]
        provider_arn: String as "openIDConnectProviderArn",
        #[member(length = ..=50)]
        tags: Vec<Tag> as "tags",
    }
    name(_, input) {
        ProviderArn::parse(&input.provider_arn)
    }
    keys(input, keys) {
        tag::push_request_tags(keys, &input.tags);
    }
    run(_, request, work) {
        let transaction = work.transaction().await?;
        let provider = locked(transaction, request.subject).await?;
        let tags = tag::put_over(provider.tags.clone(), &request.input.tags)?;
        Ok(oidc_providers::update(transaction, &OidcProvider { tags, ..provider }).await?)
    }
}

iam_operation! {
    /// Takes tags away.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UntagOpenIDConnectProvider.html>
    UntagOpenIDConnectProvider: changes OidcProvider => () {
        #[member(name = "OpenIDConnectProviderArn", length = 20..=2048)]
        provider_arn: String as "openIDConnectProviderArn",
        #[member(length = ..=50, each(length = 1..=128, pattern = "[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+"))]
        tag_keys: Vec<String> as "tagKeys",
    }
    name(_, input) {
        ProviderArn::parse(&input.provider_arn)
    }
    keys(input, keys) {
        tag::push_tag_keys(keys, &input.tag_keys);
    }
    run(_, request, work) {
        let transaction = work.transaction().await?;
        let provider = locked(transaction, request.subject).await?;
        let tags = without_tags(provider.tags.clone(), &request.input.tag_keys);
        Ok(oidc_providers::update(transaction, &OidcProvider { tags, ..provider }).await?)
    }
}

iam_operation! {
    /// Tells the tags, in the order of their keys.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListOpenIDConnectProviderTags.html>
    ListOpenIDConnectProviderTags: reads OidcProvider => Page<Tag> {
        #[member(name = "OpenIDConnectProviderArn", length = 20..=2048)]
        provider_arn: String as "openIDConnectProviderArn",
        #[member(length = 1..=320, pattern = "[\\u0020-\\u00FF]+")]
        marker: Option<String> as "marker",
        #[member(range = 1..=1000)]
        max_items: Option<i32> as "maxItems",
    }
    name(_, input) {
        ProviderArn::parse(&input.provider_arn)
    }
    run(_, request, _) {
        let slice = slice(request.input.marker.as_deref(), request.input.max_items)?;
        let tags = tag::listed(&request.subject.tags);
        Ok(Page::of_all("Tags", tags, &slice, |tag: &Tag| tag.key.as_str()))
    }
}
