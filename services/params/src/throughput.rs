//! How often an account may call, and whether it has switched to the higher throughput.
//!
//! As in KMS the buckets are this process's own, and nothing is limited unless it is set. By default an account's reads share
//! one quota; with `high-throughput-enabled` each of them has its own.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use keywright_aws_api::{AccountId, ApiError, Call};
use keywright_service::quotas::{AccountQuotas, QuotaError, QuotasSection};
use keywright_store::Store;
use time::{Duration, OffsetDateTime};

use crate::app::NAME;
use crate::domain::service_setting::ServiceSetting;
use crate::error::Error;
use crate::store::{Scope, settings};

/// All buckets of a Region.
pub struct Throughput {
    quotas: AccountQuotas,
    /// Which accounts have the higher throughput, and when that was asked for.
    high: Mutex<HashMap<AccountId, (bool, OffsetDateTime)>>,
}

impl Throughput {
    /// All buckets full.
    ///
    /// # Errors
    /// [`QuotaError`] for a setting that can't be counted.
    pub fn new(section: &QuotasSection) -> Result<Self, QuotaError> {
        Ok(Self { quotas: AccountQuotas::new(NAME, section, "throughput", &TABLE)?, high: Mutex::default() })
    }

    /// Learns whether the caller's account has the higher throughput, where that matters and isn't known.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn learn(&self, store: &Store, call: &Call) -> Result<(), Error> {
        let are_reads_limited = OF_READS.iter().any(|name| self.quotas.limits(name));
        if !are_reads_limited || self.known(call).is_some() {
            return Ok(());
        }
        let account = call.account();
        let connection = store.connection().await?;
        let scope = Scope::new(&call.region, account);
        let found = settings::find(&connection, &scope, ServiceSetting::HighThroughputEnabled).await?;
        let is_high = found.is_some_and(|setting| setting.value == "true");
        let mut known = self.high.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX_ACCOUNTS {
            known.retain(|_, (_, asked_at)| call.received_at - *asked_at < KNOWN_FOR);
        }
        known.insert(account, (is_high, call.received_at));
        Ok(())
    }

    /// Counts a call.
    ///
    /// # Errors
    /// [`Common::Throttling`](keywright_aws_api::Common::Throttling) when its quota is used up.
    pub fn admit(&self, call: &Call, operation: &str) -> Result<(), ApiError> {
        if !self.quotas.is_limited() {
            return Ok(());
        }
        let name = snake_case(operation);
        let is_read = READS.contains(&name.as_str());
        let name = if is_read && self.known(call) != Some(true) { DEFAULT_THROUGHPUT } else { &name };
        self.quotas.admit(call.account(), name, call.received_at)
    }

    fn known(&self, call: &Call) -> Option<bool> {
        let known = self.high.lock().unwrap_or_else(PoisonError::into_inner);
        let (is_high, asked_at) = *known.get(&call.account())?;
        (call.received_at - asked_at < KNOWN_FOR).then_some(is_high)
    }
}

/// `GetParameter` becomes `get_parameter`.
fn snake_case(operation: &str) -> String {
    let mut name = String::with_capacity(operation.len() + 8);
    for letter in operation.chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

/// What an account's reads share until it switches to the higher throughput.
const DEFAULT_THROUGHPUT: &str = "default_throughput";
const READS: [&str; 3] = ["get_parameter", "get_parameters", "get_parameters_by_path"];
/// Those that depend on the throughput that an account has.
const OF_READS: [&str; 4] = [DEFAULT_THROUGHPUT, "get_parameter", "get_parameters", "get_parameters_by_path"];
/// How long it may take until a change of the setting is heeded.
const KNOWN_FOR: Duration = Duration::SECOND;
/// Of so many accounts it is known which throughput they have.
const MAX_ACCOUNTS: usize = 10_000;

/// Names, and the figures that AWS publishes, in calls a second.
/// <https://docs.aws.amazon.com/general/latest/gr/ssm.html>
const TABLE: [(&str, Option<f64>); 20] = [
    (DEFAULT_THROUGHPUT, Some(40.0)),
    ("get_parameter", Some(10_000.0)),
    ("get_parameters", Some(1_000.0)),
    ("get_parameters_by_path", Some(100.0)),
    ("put_parameter", None),
    ("get_parameter_history", None),
    ("describe_parameters", None),
    ("delete_parameter", None),
    ("delete_parameters", None),
    ("label_parameter_version", None),
    ("unlabel_parameter_version", None),
    ("add_tags_to_resource", None),
    ("list_tags_for_resource", None),
    ("remove_tags_from_resource", None),
    ("get_resource_policies", None),
    ("put_resource_policy", None),
    ("delete_resource_policy", None),
    ("get_service_setting", None),
    ("update_service_setting", None),
    ("reset_service_setting", None),
];
