//! CreateCustomKeyStore.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateCustomKeyStore.html>

use keywright_aws_api::{Access, Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_crypto::{RandomExt as _, SecretString, hex_lower};
use keywright_policy::ContextKeys as _;
use keywright_service::PostgresWork;
use keywright_store::Transaction;
use serde::Serialize;

use super::condition_keys::ConditionKeys;
use super::key_access::requester;
use super::store_access::{XksProxyAuthenticationCredential, refusal, store_name, wrap};
use crate::custom_stores::{CustomStoreError, TrustAnchor};
use crate::domain::custom_store::{
    Backing, CloudHsm, ConnectionStateType, CustomKeyStore, CustomKeyStoreType, MAX_STORES, ProxyAddress,
    XksProxyConnectivityType,
};
use crate::error::Error;
use crate::service::Kms;
use crate::store;
use crate::store::AccountRows;

pub(crate) struct CreateCustomKeyStore;

#[derive(Input)]
pub(crate) struct CreateCustomKeyStoreInput {
    #[member(length = 1..=256)]
    custom_key_store_name: String,
    #[member(length = 19..=24, pattern = "cluster-[2-7a-zA-Z]{11,16}")]
    cloud_hsm_cluster_id: Option<String>,
    #[member(length = 1..=5000)]
    trust_anchor_certificate: Option<String>,
    #[member(length = 7..=32)]
    key_store_password: Option<SecretString>,
    custom_key_store_type: Option<CustomKeyStoreType>,
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

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateCustomKeyStoreOutput {
    custom_key_store_id: String,
}

/// What backs the new store, with its credential.
struct Wanted<'a> {
    backing: Backing,
    credential: &'a SecretString,
}

impl CreateCustomKeyStoreInput {
    fn wanted(&self) -> Result<Wanted<'_>, Error> {
        match self.custom_key_store_type.unwrap_or(CustomKeyStoreType::AwsCloudHsm) {
            CustomKeyStoreType::AwsCloudHsm => self.cloud_hsm(),
            CustomKeyStoreType::ExternalKeyStore => self.external(),
        }
    }

    fn cloud_hsm(&self) -> Result<Wanted<'_>, Error> {
        let foreign = self.xks_proxy_uri_endpoint.is_some()
            || self.xks_proxy_uri_path.is_some()
            || self.xks_proxy_vpc_endpoint_service_name.is_some()
            || self.xks_proxy_vpc_endpoint_service_owner.is_some()
            || self.xks_proxy_authentication_credential.is_some()
            || self.xks_proxy_connectivity.is_some();
        if foreign {
            return Err(Error::Invalid("The XksProxy members are of an EXTERNAL_KEY_STORE only"));
        }
        match (&self.cloud_hsm_cluster_id, &self.trust_anchor_certificate, &self.key_store_password) {
            (Some(id), Some(trust_anchor), Some(password)) => {
                let cluster = CloudHsm { cluster_id: id.clone(), trust_anchor: trust_anchor.clone() };
                Ok(Wanted { backing: Backing::CloudHsm(cluster), credential: password })
            }
            _ => Err(Error::Invalid(
                "An AWS_CLOUDHSM store needs CloudHsmClusterId, TrustAnchorCertificate and KeyStorePassword",
            )),
        }
    }

    fn external(&self) -> Result<Wanted<'_>, Error> {
        if self.cloud_hsm_cluster_id.is_some()
            || self.trust_anchor_certificate.is_some()
            || self.key_store_password.is_some()
        {
            return Err(Error::Invalid(
                "CloudHsmClusterId, TrustAnchorCertificate and KeyStorePassword are of an AWS_CLOUDHSM store only",
            ));
        }
        let (Some(connectivity), Some(endpoint), Some(path), Some(credential)) = (
            self.xks_proxy_connectivity,
            &self.xks_proxy_uri_endpoint,
            &self.xks_proxy_uri_path,
            &self.xks_proxy_authentication_credential,
        ) else {
            return Err(Error::Invalid(
                "An EXTERNAL_KEY_STORE needs XksProxyConnectivity, XksProxyUriEndpoint, XksProxyUriPath and XksProxyAuthenticationCredential",
            ));
        };
        let service = &self.xks_proxy_vpc_endpoint_service_name;
        match connectivity {
            XksProxyConnectivityType::VpcEndpointService if service.is_none() => {
                return Err(Error::Invalid("VPC_ENDPOINT_SERVICE needs XksProxyVpcEndpointServiceName"));
            }
            XksProxyConnectivityType::VpcEndpointService => {
                return Err(CustomStoreError::VpcEndpointServiceNotFound.into());
            }
            XksProxyConnectivityType::PublicEndpoint
                if service.is_some() || self.xks_proxy_vpc_endpoint_service_owner.is_some() =>
            {
                return Err(Error::Invalid("A PUBLIC_ENDPOINT has no VPC endpoint service"));
            }
            XksProxyConnectivityType::PublicEndpoint => {}
        }
        let backing = Backing::External(ProxyAddress {
            uri_endpoint: endpoint.to_ascii_lowercase(),
            uri_path: path.clone(),
            access_key_id: credential.access_key_id.expose_secret().to_owned(),
        });
        Ok(Wanted { backing, credential: &credential.raw_secret_access_key })
    }
}

impl Operation for CreateCustomKeyStore {
    type Service = Kms;
    type Input = CreateCustomKeyStoreInput;
    type Output = CreateCustomKeyStoreOutput;
    type Resource = ();
    type Error = Error;
    const NAME: &'static str = "CreateCustomKeyStore";
    const ACTION: &'static str = "kms:CreateCustomKeyStore";
    const READ_ONLY: bool = false;

    async fn load(_kms: &Kms, _call: &Call, input: &CreateCustomKeyStoreInput) -> Result<(), Error> {
        input.wanted().map(|_| ())
    }

    fn accesses(_call: &Call, _input: &CreateCustomKeyStoreInput, (): &()) -> Accesses {
        Access::any(Self::ACTION).into()
    }

    fn condition_key(
        call: &Call,
        _input: &CreateCustomKeyStoreInput,
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
    ) -> Result<CreateCustomKeyStoreOutput, Error> {
        let Wanted { backing, credential } = request.input.wanted()?;
        match &backing {
            Backing::External(address) => {
                let proxy =
                    kms.backends.proxy(address, credential.clone()).map_err(CustomStoreError::Proxy)?;
                let checked = proxy.check_health(&requester(&request).health_metadata()).await;
                checked.map_err(CustomStoreError::Proxy)?;
            }
            // The password shows at the first connection whether it is right.
            Backing::CloudHsm(CloudHsm { cluster_id, trust_anchor }) => {
                let cluster = kms.cluster(request.call.account(), cluster_id)?;
                if TrustAnchor::from_pem(trust_anchor).as_ref() != Some(cluster.trust_anchor()) {
                    return Err(CustomStoreError::IncorrectTrustAnchor.into());
                }
            }
        }
        let drawn: [u8; 9] = kms.random.bytes()?;
        // As AWS's: 17 digits.
        let id = hex_lower(&drawn).chars().skip(1).collect::<String>();
        let store = CustomKeyStore {
            name: store_name(request.call, &format!("cks-{id}")),
            friendly_name: request.input.custom_key_store_name.clone(),
            connection: ConnectionStateType::Disconnected,
            error_code: None,
            attempt: 0,
            created_at: kms.now(),
            backing,
        };
        let transaction = work.transaction().await?;
        let of = AccountRows::new(&kms.region, request.call.account());
        if store::custom_stores::count_alone(transaction, &of).await? >= MAX_STORES {
            return Err(CustomStoreError::LimitExceeded.into());
        }
        if let Backing::CloudHsm(cluster) = &store.backing {
            check_cluster_is_free(transaction, &of, cluster).await?;
        }
        let credential = wrap(kms, &store.name, credential)?;
        let inserted = store::custom_stores::insert(transaction, &kms.region, &store, &credential).await;
        inserted.map_err(refusal)?;
        Ok(CreateCustomKeyStoreOutput { custom_key_store_id: store.name.id.into() })
    }

    /// Passwords and credentials aren't shown.
    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a CreateCustomKeyStoreInput,
        _resource: Option<&'a ()>,
        output: Option<&'a CreateCustomKeyStoreOutput>,
    ) {
        shown
            .request
            .push_str("customKeyStoreName", input.custom_key_store_name.as_str())
            .push_opt_str("customKeyStoreType", input.custom_key_store_type.map(CustomKeyStoreType::as_str))
            .push_opt_str("clusterId", input.cloud_hsm_cluster_id.as_deref())
            .push_opt_str("xksProxyConnectivity", input.xks_proxy_connectivity.map(|value| value.as_str()))
            .push_opt_str("xksProxyUriEndpoint", input.xks_proxy_uri_endpoint.as_deref())
            .push_opt_str("xksProxyUriPath", input.xks_proxy_uri_path.as_deref())
            .push_opt_str(
                "xksProxyVpcEndpointServiceName",
                input.xks_proxy_vpc_endpoint_service_name.as_deref(),
            );
        if let Some(output) = output {
            shown.response.push_str("customKeyStoreId", output.custom_key_store_id.as_str());
        }
    }
}

/// Refuses a copy of a cluster that the account has a store of; for the same cluster the table does.
async fn check_cluster_is_free(
    transaction: &Transaction,
    of: &AccountRows,
    cluster: &CloudHsm,
) -> Result<(), Error> {
    let wanted = TrustAnchor::from_pem(&cluster.trust_anchor);
    let taken = store::custom_stores::trust_anchors(transaction, of).await?;
    if taken.iter().any(|pem| TrustAnchor::from_pem(pem) == wanted) {
        return Err(CustomStoreError::ClusterInUse.into());
    }
    Ok(())
}
