//! A provider as what an operation is about.

use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::{AccountId, Arn};
use keywright_store::{Connection, Transaction};

use crate::directory::Directory;
use crate::domain::issuer_url::IssuerUrl;
use crate::error::{Entity, IdentityError};
use crate::operations::iam::operation::Subject;
use crate::store::oidc_providers::{self, OidcProvider};

/// The ARN of a provider, in whatever account.
pub(crate) struct ProviderArn {
    arn: String,
    account: String,
    url: String,
}

impl ProviderArn {
    /// # Errors
    /// [`IdentityError::InvalidInput`] for another text.
    pub(crate) fn parse(text: &str) -> Result<Self, IdentityError> {
        let invalid = || IdentityError::InvalidInput(format!("ARN {text} is not valid."));
        let arn = Arn::parse(text).map_err(|_| invalid())?;
        let url = arn.resource().strip_prefix("oidc-provider/").filter(|_| arn.service() == "iam");
        let url = url.ok_or_else(invalid)?.to_owned();
        Ok(Self { account: arn.account().to_owned(), arn: text.to_owned(), url })
    }

    fn missing(&self) -> IdentityError {
        IdentityError::NoSuchEntity(Entity::OidcProvider(self.arn.clone()))
    }
}

impl Subject for OidcProvider {
    type Name = ProviderArn;

    async fn find(
        _: &Directory,
        connection: &Connection,
        account: AccountId,
        name: ProviderArn,
    ) -> Result<Self, IdentityError> {
        if name.account != account.as_str() {
            return Err(name.missing());
        }
        oidc_providers::find(connection, account, &name.url).await?.ok_or_else(|| name.missing())
    }

    fn arn(&self) -> String {
        OidcProvider::arn(self)
    }

    fn arn_of(_: AccountId, name: &ProviderArn) -> String {
        name.arn.clone()
    }

    fn resource_type(&self) -> Option<&'static str> {
        Some(RESOURCE_TYPE)
    }

    fn condition_keys(&self, keys: &mut ContextKeys) {
        for (key, value) in &self.tags {
            keys.push(format!("aws:ResourceTag/{key}"), value.clone());
        }
    }
}

/// The provider as it is now, locked until the transaction ends.
///
/// # Errors
/// [`IdentityError::NoSuchEntity`] when it is gone by now.
pub(super) async fn locked(
    transaction: &Transaction,
    provider: &OidcProvider,
) -> Result<OidcProvider, IdentityError> {
    let found = oidc_providers::lock(transaction, provider.account, &provider.url).await?;
    found.ok_or_else(|| IdentityError::NoSuchEntity(Entity::OidcProvider(provider.arn())))
}

/// A provider that may not be there: to take away what is gone is no fault.
pub(crate) struct ProviderIfAny {
    pub(super) arn: String,
    pub(super) provider: Option<OidcProvider>,
}

impl Subject for ProviderIfAny {
    type Name = ProviderArn;

    async fn find(
        _: &Directory,
        connection: &Connection,
        account: AccountId,
        name: ProviderArn,
    ) -> Result<Self, IdentityError> {
        let provider = if name.account == account.as_str() {
            oidc_providers::find(connection, account, &name.url).await?
        } else {
            None
        };
        Ok(Self { arn: name.arn, provider })
    }

    fn arn(&self) -> String {
        self.arn.clone()
    }

    fn arn_of(_: AccountId, name: &ProviderArn) -> String {
        name.arn.clone()
    }

    fn resource_type(&self) -> Option<&'static str> {
        Some(RESOURCE_TYPE)
    }

    fn condition_keys(&self, keys: &mut ContextKeys) {
        if let Some(provider) = &self.provider {
            provider.condition_keys(keys);
        }
    }
}

/// A provider that is to be registered.
pub(crate) struct NewProvider {
    pub(super) account: AccountId,
    pub(super) url: IssuerUrl,
}

impl Subject for NewProvider {
    type Name = IssuerUrl;

    async fn find(
        _: &Directory,
        _: &Connection,
        account: AccountId,
        url: IssuerUrl,
    ) -> Result<Self, IdentityError> {
        Ok(Self { account, url })
    }

    fn arn(&self) -> String {
        Self::arn_of(self.account, &self.url)
    }

    fn arn_of(account: AccountId, url: &IssuerUrl) -> String {
        Arn::global("iam", account.as_str(), &format!("oidc-provider/{}", url.name()))
    }

    fn resource_type(&self) -> Option<&'static str> {
        Some(RESOURCE_TYPE)
    }
}

const RESOURCE_TYPE: &str = "AWS::IAM::OIDCProvider";
