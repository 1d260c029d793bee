//! UpdateCustomKeyStore.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_UpdateCustomKeyStore.html>

use keywright_aws_api::{Access, Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_crypto::SecretString;
use keywright_policy::ContextKeys as _;
use keywright_service::PostgresWork;

use super::condition_keys::ConditionKeys;
use super::key_access::requester;
use super::store_access::{XksProxyAuthenticationCredential, change_store, refusal, store_name, wrap};
use super::wire::Nothing;
use crate::custom_stores::{CustomStoreError, TrustAnchor};
use crate::domain::custom_store::{
    Backing, ConnectionStateType as State, CustomKeyStore, ProxyAddress, XksProxyConnectivityType,
};
use crate::domain::store_credential;
use crate::error::Error;
use crate::service::Kms;
use crate::store;
use crate::store::custom_stores::StoredStore;

pub(crate) struct UpdateCustomKeyStore;

#[derive(Input)]
pub(crate) struct UpdateCustomKeyStoreInput {
    #[member(length = 1..=64)]
    custom_key_store_id: String,
    #[member(length = 1..=256)]
    new_custom_key_store_name: Option<String>,
    #[member(length = 7..=32)]
    key_store_password: Option<SecretString>,
    #[member(length = 19..=24, pattern = "cluster-[2-7a-zA-Z]{11,16}")]
    cloud_hsm_cluster_id: Option<String>,
    #[member(length = 10..=128, pattern = "^https://[a-zA-Z0-9.-]+$")]
    xks_proxy_uri_endpoint: Option<String>,
    #[member(length = 10..=128, pattern = "^(/[a-zA-Z0-9\\/_-]+/kms/xks/v\\d{1,2})$|^(/kms/xks/v\\d{1,2})$")]
    xks_proxy_uri_path: Option<String>,
    #[member(length = 20..=64, pattern = "^(com|eu)\\.amazonaws\\.vpce\\.([a-z]+-){2,3}\\d+\\.vpce-svc-[0-9a-z]+$")]
    xks_proxy_vpc_endpoint_service_name: Option<String>,
    #[member(length = 12..=12, pattern = "[0-9]{12}")]
    xks_proxy_vpc_endpoint_service_owner: Option<String>,
    #[member(shape)]
    xks_proxy_authentication_credential: Option<XksProxyAuthenticationCredential>,
    xks_proxy_connectivity: Option<XksProxyConnectivityType>,
}

impl UpdateCustomKeyStoreInput {
    /// Refuses what no store can be given.
    fn check(&self) -> Result<(), Error> {
        let service = self.xks_proxy_vpc_endpoint_service_name.is_some()
            || self.xks_proxy_vpc_endpoint_service_owner.is_some();
        if service || self.xks_proxy_connectivity == Some(XksProxyConnectivityType::VpcEndpointService) {
            return Err(CustomStoreError::VpcEndpointServiceNotFound.into());
        }
        let nothing =
            self.new_custom_key_store_name.is_none() && !self.is_of_cluster() && !self.is_of_proxy();
        if nothing { Err(Error::Invalid("The request changes nothing")) } else { Ok(()) }
    }

    fn is_of_cluster(&self) -> bool {
        self.key_store_password.is_some() || self.cloud_hsm_cluster_id.is_some()
    }

    fn is_of_proxy(&self) -> bool {
        self.changes_proxy() || self.xks_proxy_connectivity.is_some()
    }

    fn changes_proxy(&self) -> bool {
        self.xks_proxy_uri_endpoint.is_some()
            || self.xks_proxy_uri_path.is_some()
            || self.xks_proxy_authentication_credential.is_some()
    }

    /// Refuses what the store's kind or its connection state doesn't allow.
    fn check_for(&self, store: &CustomKeyStore) -> Result<(), Error> {
        let while_connected = match store.backing {
            Backing::External(_) if self.is_of_cluster() => {
                return Err(Error::Invalid(
                    "KeyStorePassword and CloudHsmClusterId are of AWS_CLOUDHSM stores only",
                ));
            }
            Backing::CloudHsm(_) if self.is_of_proxy() => {
                return Err(Error::Invalid("The XksProxy members are of an EXTERNAL_KEY_STORE only"));
            }
            Backing::External(_) => {
                self.xks_proxy_uri_endpoint.is_none() && self.xks_proxy_connectivity.is_none()
            }
            Backing::CloudHsm(_) => !self.is_of_cluster(),
        };
        match store.connection {
            State::Disconnected => Ok(()),
            State::Connected if while_connected => Ok(()),
            state => Err(CustomStoreError::InvalidState(state).into()),
        }
    }

    /// The proxy's address as it is to be.
    fn address(&self, now: &ProxyAddress) -> ProxyAddress {
        let endpoint = self.xks_proxy_uri_endpoint.as_deref().map(str::to_ascii_lowercase);
        let credential = self.xks_proxy_authentication_credential.as_ref();
        let access_key_id = credential.map(|credential| credential.access_key_id.expose_secret().to_owned());
        ProxyAddress {
            uri_endpoint: endpoint.unwrap_or_else(|| now.uri_endpoint.clone()),
            uri_path: self.xks_proxy_uri_path.clone().unwrap_or_else(|| now.uri_path.clone()),
            access_key_id: access_key_id.unwrap_or_else(|| now.access_key_id.clone()),
        }
    }
}

impl Operation for UpdateCustomKeyStore {
    type Service = Kms;
    type Input = UpdateCustomKeyStoreInput;
    type Output = Nothing;
    type Resource = ();
    type Error = Error;
    const NAME: &'static str = "UpdateCustomKeyStore";
    const ACTION: &'static str = "kms:UpdateCustomKeyStore";
    const READ_ONLY: bool = false;

    async fn load(_kms: &Kms, _call: &Call, input: &UpdateCustomKeyStoreInput) -> Result<(), Error> {
        input.check()
    }

    fn accesses(_call: &Call, _input: &UpdateCustomKeyStoreInput, (): &()) -> Accesses {
        Access::any(Self::ACTION).into()
    }

    /// The store is locked while its proxy is asked: two changes at once would else be checked apart, and stored mixed.
    fn condition_key(
        call: &Call,
        _input: &UpdateCustomKeyStoreInput,
        _loaded: Option<&()>,
        _access: usize,
        key: &str,
        each: &mut dyn FnMut(&str),
    ) -> bool {
        ConditionKeys::new(call, None).get(key, each)
    }

    async fn run(
        kms: &Kms,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<Nothing, Error> {
        let input = request.input;
        let name = store_name(request.call, &input.custom_key_store_id);
        let StoredStore { mut store, mut credential } = change_store(kms, work, &name).await?;
        input.check_for(&store)?;
        if let Some(friendly_name) = &input.new_custom_key_store_name {
            store.friendly_name = friendly_name.clone();
        }
        if let Backing::External(now) = &store.backing
            && input.changes_proxy()
        {
            let address = input.address(now);
            let secret = match &input.xks_proxy_authentication_credential {
                Some(new) => {
                    credential = wrap(kms, &name, &new.raw_secret_access_key)?;
                    new.raw_secret_access_key.clone()
                }
                None => {
                    let key = kms.directory.domain_key(credential.domain_key).await?;
                    store_credential::unwrap(&credential.wrapped, &name, &kms.region, &key)?
                }
            };
            let proxy = kms.backends.proxy(&address, secret).map_err(CustomStoreError::Proxy)?;
            let checked = proxy.check_health(&requester(&request).health_metadata()).await;
            checked.map_err(CustomStoreError::Proxy)?;
            store.backing = Backing::External(address);
        }
        if let Backing::CloudHsm(now) = &mut store.backing
            && let Some(id) = &input.cloud_hsm_cluster_id
        {
            let cluster = kms.cluster(request.call.account(), id)?;
            if TrustAnchor::from_pem(&now.trust_anchor).as_ref() != Some(cluster.trust_anchor()) {
                return Err(CustomStoreError::ClusterNotRelated.into());
            }
            now.cluster_id.clone_from(id);
        }
        if let Some(password) = &input.key_store_password {
            credential = wrap(kms, &name, password)?;
        }
        let transaction = work.transaction().await?;
        let updated = store::custom_stores::update(transaction, &kms.region, &store, &credential).await;
        updated.map_err(refusal)?;
        Ok(Nothing {})
    }

    /// Passwords and credentials aren't shown.
    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a UpdateCustomKeyStoreInput,
        _resource: Option<&'a ()>,
        _output: Option<&'a Nothing>,
    ) {
        shown
            .request
            .push_str("customKeyStoreId", input.custom_key_store_id.as_str())
            .push_opt_str("newCustomKeyStoreName", input.new_custom_key_store_name.as_deref())
            .push_opt_str("clusterId", input.cloud_hsm_cluster_id.as_deref())
            .push_opt_str("xksProxyConnectivity", input.xks_proxy_connectivity.map(|value| value.as_str()))
            .push_opt_str("xksProxyUriEndpoint", input.xks_proxy_uri_endpoint.as_deref())
            .push_opt_str("xksProxyUriPath", input.xks_proxy_uri_path.as_deref());
    }
}
