//! Custom key stores.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/key-store-overview.html>

use keywright_aws_api::{AccountId, wire_enum};
use time::OffsetDateTime;

use super::key::Key;
use super::state::KeyState;

wire_enum! {
    /// What a custom key store is backed by.
    pub enum CustomKeyStoreType {
        /// A token that speaks PKCS#11.
        AwsCloudHsm = "AWS_CLOUDHSM",
        /// An external key store proxy.
        ExternalKeyStore = "EXTERNAL_KEY_STORE",
    }
}

wire_enum! {
    /// Whether a custom key store is connected to what backs it.
    pub enum ConnectionStateType {
        /// Its keys can be used.
        Connected = "CONNECTED",
        /// It is being connected.
        Connecting = "CONNECTING",
        /// It could not be connected.
        Failed = "FAILED",
        /// Its keys can't be used.
        Disconnected = "DISCONNECTED",
        /// It is being disconnected.
        Disconnecting = "DISCONNECTING",
    }
}

wire_enum! {
    /// Why a custom key store could not be connected.
    pub enum ConnectionErrorCodeType {
        /// The password or the proxy's credential is wrong.
        InvalidCredentials = "INVALID_CREDENTIALS",
        /// There is no such cluster.
        ClusterNotFound = "CLUSTER_NOT_FOUND",
        /// The token can't be reached.
        NetworkErrors = "NETWORK_ERRORS",
        /// Something else.
        InternalError = "INTERNAL_ERROR",
        /// The token is locked after too many wrong passwords.
        UserLockedOut = "USER_LOCKED_OUT",
        /// The token has no such user.
        UserNotFound = "USER_NOT_FOUND",
        /// The proxy doesn't let us in.
        XksProxyAccessDenied = "XKS_PROXY_ACCESS_DENIED",
        /// The proxy, or all that is behind it, can't be reached.
        XksProxyNotReachable = "XKS_PROXY_NOT_REACHABLE",
        /// The proxy answers what can't be understood.
        XksProxyInvalidResponse = "XKS_PROXY_INVALID_RESPONSE",
        /// The path is wrong.
        XksProxyInvalidConfiguration = "XKS_PROXY_INVALID_CONFIGURATION",
        /// The proxy doesn't answer in time.
        XksProxyTimedOut = "XKS_PROXY_TIMED_OUT",
        /// The proxy's certificate or its TLS can't be accepted.
        XksProxyInvalidTlsConfiguration = "XKS_PROXY_INVALID_TLS_CONFIGURATION",
    }
}

wire_enum! {
    /// How an external key store proxy is reached.
    pub enum XksProxyConnectivityType {
        /// By its name.
        PublicEndpoint = "PUBLIC_ENDPOINT",
        /// Through a VPC endpoint service, of which there are none here.
        VpcEndpointService = "VPC_ENDPOINT_SERVICE",
    }
}

/// What a custom key store is found by within the Region.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct StoreName {
    /// Its account.
    pub account: AccountId,
    /// Its id.
    pub id: Box<str>,
}

/// A custom key store, without its credential.
#[derive(Clone, Debug)]
pub struct CustomKeyStore {
    /// What it is found by.
    pub name: StoreName,
    /// What its owner calls it.
    pub friendly_name: String,
    /// Whether it is connected.
    pub connection: ConnectionStateType,
    /// Why it could not be connected.
    pub error_code: Option<ConnectionErrorCodeType>,
    /// Which attempt to connect was the last one.
    pub attempt: i64,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// What backs it.
    pub backing: Backing,
}

/// What backs a custom key store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Backing {
    /// A token.
    CloudHsm(CloudHsm),
    /// A proxy.
    External(ProxyAddress),
}

/// The token behind a custom key store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloudHsm {
    /// Which of the configured ones.
    pub cluster_id: String,
    /// Its certificate, in PEM.
    pub trust_anchor: String,
}

/// Where an external key store proxy is, and who we are to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyAddress {
    /// `https://` and a host name.
    pub uri_endpoint: String,
    /// The path up to `/kms/xks/v1`.
    pub uri_path: String,
    /// The access key that signs.
    pub access_key_id: String,
}

impl Backing {
    /// Its kind.
    #[must_use]
    pub fn store_type(&self) -> CustomKeyStoreType {
        match self {
            Self::CloudHsm(_) => CustomKeyStoreType::AwsCloudHsm,
            Self::External(_) => CustomKeyStoreType::ExternalKeyStore,
        }
    }
}

impl CustomKeyStore {
    /// Whether its keys can be used.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.connection == ConnectionStateType::Connected
    }

    /// The state of a key in it: unavailable unless the store is connected, or the key waits for its deletion.
    #[must_use]
    pub fn state_of(&self, key: &Key) -> KeyState {
        if self.is_connected() || key.is_pending_deletion() { key.state } else { KeyState::Unavailable }
    }
}

/// How many custom key stores an account may have in a Region.
pub const MAX_STORES: i64 = 10;
