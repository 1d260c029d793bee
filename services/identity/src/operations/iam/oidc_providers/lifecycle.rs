//! Registering providers, telling of them and taking them away.

use keywright_aws_api::shape::Timestamp;
use serde::Serialize;

use super::settings::{checked_client_ids, checked_thumbprints};
use super::subjects::{NewProvider, ProviderArn, ProviderIfAny};
use crate::domain::issuer_url::IssuerUrl;
use crate::domain::quota::Quota;
use crate::domain::tags::Tags;
use crate::error::{Entity, IdentityError};
use crate::operations::iam::define::iam_operation;
use crate::operations::iam::page::One;
use crate::operations::iam::subjects::WholeAccount;
use crate::operations::iam::tag::{self, Tag};
use crate::store::oidc_providers::{self, OidcProvider};

/// The ARN of a provider with its tags.
#[derive(Serialize)]
pub(crate) struct CreatedOut {
    #[serde(rename = "OpenIDConnectProviderArn")]
    arn: String,
    #[serde(rename = "Tags", skip_serializing_if = "Vec::is_empty")]
    tags: Vec<Tag>,
}

iam_operation! {
    /// Registers a provider. Nothing is asked of it: its keys are fetched when a first token is to be verified.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html>
    CreateOpenIDConnectProvider: changes NewProvider => CreatedOut {
        #[member(length = 1..=255)]
        url: String as "url",
        #[member(name = "ClientIDList", each(length = 1..=255))]
        client_id_list: Option<Vec<String>> as "clientIDList",
        #[member(each(length = 40..=40))]
        thumbprint_list: Option<Vec<String>> as "thumbprintList",
        #[member(length = ..=50)]
        tags: Option<Vec<Tag>> as "tags",
    }
    name(_, input) {
        IssuerUrl::parse(&input.url).map_err(|error| IdentityError::InvalidInput(error.to_string()))
    }
    keys(input, keys) {
        tag::push_request_tags(keys, input.tags.as_deref().unwrap_or_default());
    }
    tags(input) "iam:TagOpenIDConnectProvider"
    answer(response, made) {
        response.push_str("openIDConnectProviderArn", &*made.arn);
    }
    run(directory, request, work) {
        let (input, NewProvider { account, url }) = (request.input, request.subject);
        let provider = OidcProvider {
            account: *account,
            url: url.name().to_owned(),
            client_ids: checked_client_ids(input.client_id_list.clone().unwrap_or_default())?,
            thumbprints: checked_thumbprints(input.thumbprint_list.clone().unwrap_or_default())?,
            tags: tag::put_over(Tags::new(), input.tags.as_deref().unwrap_or_default())?,
            created_at: directory.clock.now(),
        };
        let transaction = work.transaction().await?;
        if oidc_providers::lock_and_count(transaction, *account).await? >= Quota::OIDC_PROVIDERS.most {
            return Err(IdentityError::LimitExceeded(Quota::OIDC_PROVIDERS));
        }
        if oidc_providers::lock(transaction, *account, &provider.url).await?.is_some() {
            return Err(IdentityError::EntityAlreadyExists(Entity::OidcProvider(provider.arn())));
        }
        oidc_providers::insert(transaction, &provider).await?;
        Ok(CreatedOut { arn: provider.arn(), tags: tag::listed(&provider.tags) })
    }
}

/// A provider as answers show it; AWS shows the URL without its scheme.
#[derive(Serialize)]
pub(crate) struct ProviderOut {
    #[serde(rename = "Url")]
    url: String,
    #[serde(rename = "ClientIDList")]
    client_ids: Vec<String>,
    #[serde(rename = "ThumbprintList")]
    thumbprints: Vec<String>,
    #[serde(rename = "CreateDate")]
    created_at: Timestamp,
    #[serde(rename = "Tags", skip_serializing_if = "Vec::is_empty")]
    tags: Vec<Tag>,
}

iam_operation! {
    /// Tells of a provider.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetOpenIDConnectProvider.html>
    GetOpenIDConnectProvider: reads OidcProvider => ProviderOut {
        #[member(name = "OpenIDConnectProviderArn", length = 20..=2048)]
        provider_arn: String as "openIDConnectProviderArn",
    }
    name(_, input) {
        ProviderArn::parse(&input.provider_arn)
    }
    run(_, request, _) {
        let OidcProvider { url, client_ids, thumbprints, tags, created_at, .. } = request.subject.clone();
        let (tags, created_at) = (tag::listed(&tags), created_at.into());
        Ok(ProviderOut { url, client_ids, thumbprints, created_at, tags })
    }
}

/// An element of the list of providers.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListedOut {
    arn: String,
}

iam_operation! {
    /// Tells which providers there are.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListOpenIDConnectProviders.html>
    ListOpenIDConnectProviders: reads WholeAccount => One<Vec<ListedOut>> {}
    name(_, _) {
        Ok(())
    }
    run(directory, request, _) {
        let connection = directory.store.connection().await?;
        let found = oidc_providers::list(&connection, request.call.account()).await?;
        let found = found.iter().map(|provider| ListedOut { arn: provider.arn() });
        Ok(One::of("OpenIDConnectProviderList", found.collect()))
    }
}

iam_operation! {
    /// Takes a provider away; one that isn't there is no fault. Sessions that were made with its tokens stay.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteOpenIDConnectProvider.html>
    DeleteOpenIDConnectProvider: changes ProviderIfAny => () {
        #[member(name = "OpenIDConnectProviderArn", length = 20..=2048)]
        provider_arn: String as "openIDConnectProviderArn",
    }
    name(_, input) {
        ProviderArn::parse(&input.provider_arn)
    }
    run(_, request, work) {
        if let Some(OidcProvider { account, url, .. }) = &request.subject.provider {
            oidc_providers::delete(work.transaction().await?, *account, url).await?;
        }
        Ok(())
    }
}
