//! DescribeCustomKeyStores.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeCustomKeyStores.html>

use keywright_aws_api::shape::Timestamp;
use keywright_aws_api::{Access, Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::wire::page_size;
use crate::custom_stores::CustomStoreError;
use crate::domain::custom_store::{
    Backing, ConnectionErrorCodeType, ConnectionStateType, CustomKeyStore, CustomKeyStoreType,
    XksProxyConnectivityType,
};
use crate::domain::marker;
use crate::error::Error;
use crate::service::Kms;
use crate::store;
use crate::store::custom_stores::Listed;

pub(crate) struct DescribeCustomKeyStores;

#[derive(Input)]
pub(crate) struct DescribeCustomKeyStoresInput {
    #[member(length = 1..=64)]
    custom_key_store_id: Option<String>,
    #[member(length = 1..=256)]
    custom_key_store_name: Option<String>,
    #[member(range = 1..=1000)]
    limit: Option<i32>,
    #[member(length = 1..=1024, pattern = "[\\u0020-\\u00FF]*")]
    marker: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeCustomKeyStoresOutput {
    custom_key_stores: Vec<CustomKeyStoresListEntry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_marker: Option<String>,
    truncated: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct CustomKeyStoresListEntry {
    custom_key_store_id: String,
    custom_key_store_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    cloud_hsm_cluster_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trust_anchor_certificate: Option<String>,
    connection_state: ConnectionStateType,
    #[serde(skip_serializing_if = "Option::is_none")]
    connection_error_code: Option<ConnectionErrorCodeType>,
    creation_date: Timestamp,
    custom_key_store_type: CustomKeyStoreType,
    #[serde(skip_serializing_if = "Option::is_none")]
    xks_proxy_configuration: Option<XksProxyConfiguration>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct XksProxyConfiguration {
    connectivity: XksProxyConnectivityType,
    access_key_id: String,
    uri_endpoint: String,
    uri_path: String,
}

impl From<CustomKeyStore> for CustomKeyStoresListEntry {
    fn from(store: CustomKeyStore) -> Self {
        let custom_key_store_type = store.backing.store_type();
        let (cluster, proxy) = match store.backing {
            Backing::CloudHsm(cluster) => (Some(cluster), None),
            Backing::External(proxy) => (None, Some(proxy)),
        };
        let (cloud_hsm_cluster_id, trust_anchor_certificate) =
            cluster.map(|cluster| (cluster.cluster_id, cluster.trust_anchor)).unzip();
        Self {
            custom_key_store_id: store.name.id.into(),
            custom_key_store_name: store.friendly_name,
            cloud_hsm_cluster_id,
            trust_anchor_certificate,
            connection_state: store.connection,
            connection_error_code: store.error_code,
            creation_date: store.created_at.into(),
            custom_key_store_type,
            xks_proxy_configuration: proxy.map(|proxy| XksProxyConfiguration {
                connectivity: XksProxyConnectivityType::PublicEndpoint,
                access_key_id: proxy.access_key_id,
                uri_endpoint: proxy.uri_endpoint,
                uri_path: proxy.uri_path,
            }),
        }
    }
}

impl Operation for DescribeCustomKeyStores {
    type Service = Kms;
    type Input = DescribeCustomKeyStoresInput;
    type Output = DescribeCustomKeyStoresOutput;
    /// Behind which id the page begins.
    type Resource = String;
    type Error = Error;
    const NAME: &'static str = "DescribeCustomKeyStores";
    const ACTION: &'static str = "kms:DescribeCustomKeyStores";
    const READ_ONLY: bool = true;

    async fn load(_kms: &Kms, _call: &Call, input: &DescribeCustomKeyStoresInput) -> Result<String, Error> {
        if input.custom_key_store_id.is_some() && input.custom_key_store_name.is_some() {
            return Err(Error::Invalid("CustomKeyStoreId and CustomKeyStoreName exclude each other"));
        }
        Ok(marker::decode(LIST, input.marker.as_deref())?.unwrap_or_default())
    }

    fn accesses(_call: &Call, _input: &DescribeCustomKeyStoresInput, _after: &String) -> Accesses {
        Access::any(Self::ACTION).into()
    }

    async fn run(
        kms: &Kms,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<DescribeCustomKeyStoresOutput, Error> {
        let (input, page) = (request.input, page_size(request.input.limit, 50, 100));
        let (id, friendly_name) =
            (input.custom_key_store_id.as_deref(), input.custom_key_store_name.as_deref());
        let listed = Listed { id, friendly_name, after: request.resource };
        let connection = kms.store.connection().await?;
        let account = request.call.account();
        let mut stores =
            store::custom_stores::list(&connection, &kms.region, account, listed, page.rows()).await?;
        if let Some(wanted) = id.or(friendly_name).filter(|_| stores.is_empty()) {
            return Err(CustomStoreError::NotFound(wanted.to_owned()).into());
        }
        let next_marker = marker::page(LIST, &mut stores, page.len(), |store| store.name.id.to_string());
        Ok(DescribeCustomKeyStoresOutput {
            custom_key_stores: stores.into_iter().map(Into::into).collect(),
            truncated: next_marker.is_some(),
            next_marker,
        })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a DescribeCustomKeyStoresInput,
        _after: Option<&'a String>,
        _output: Option<&'a DescribeCustomKeyStoresOutput>,
    ) {
        shown
            .request
            .push_opt_str("customKeyStoreId", input.custom_key_store_id.as_deref())
            .push_opt_str("customKeyStoreName", input.custom_key_store_name.as_deref());
        if let Some(limit) = input.limit {
            shown.request.push_i64("limit", limit.into());
        }
        shown.request.push_opt_str("marker", input.marker.as_deref());
    }
}

const LIST: &str = "custom-key-stores";
