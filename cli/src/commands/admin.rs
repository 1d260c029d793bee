//! `keywright admin`: what an operator does to accounts and to the key hierarchy.

mod account;
mod explain;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use keywright_aws_api::{Region, SystemClock};
use keywright_crypto::{SecretString, SystemRandom};
use keywright_root_key::RootKeySource;
use keywright_service::{CallError, Destination, ServiceClient, ServiceKey};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use self::account::Account;
use self::explain::Explain;
use crate::api_client::{ApiClient, Credentials};
use crate::commands::wait_for;
use crate::console::Console;
use crate::error::CliError;

/// Manage accounts, and rotate the keys that wrap all others; needs an access key of the installation's first account
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Admin {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Have a new domain key wrap all key material of KMS, while it runs
    RotateDomainKey {
        #[command(flatten)]
        target: Target,
        /// Wait until the former ones wrap nothing any more
        #[arg(long)]
        wait: bool,
    },
    /// Have the root key that is configured now wrap what `previous_root_key` has wrapped, while the service runs
    RotateRootKey {
        #[command(flatten)]
        target: Target,
        /// Whose root key
        #[arg(long, value_enum, default_value = "kms")]
        service: Service,
    },
    /// Show which root key wraps which domain keys of KMS, and how much each of these wraps
    KeyHierarchy {
        #[command(flatten)]
        target: Target,
    },
    /// Make, list and close accounts
    #[command(subcommand)]
    Account(Account),
    /// Tell whether a principal may do something, and why, step by step
    Explain(Box<Explain>),
    /// Make a new root key file; it is not used before it is configured
    NewRootKey {
        /// The file, which must not be there yet
        path: PathBuf,
    },
}

/// Where the service is, and who asks.
#[derive(Args)]
pub(crate) struct Target {
    /// The front's URL, or the service's own
    #[arg(long, env = "AWS_ENDPOINT_URL", value_name = "URL")]
    pub(crate) endpoint_url: String,
    /// The Region
    #[arg(long, env = "AWS_REGION", value_name = "REGION")]
    region: Region,
    /// The access key
    #[arg(long, env = "AWS_ACCESS_KEY_ID", value_name = "ID")]
    pub(crate) access_key_id: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Service {
    Kms,
    Identity,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DomainKeyRotated {
    domain_key_id: String,
    retired_domain_key_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RootKeyRotated {
    root_key_id: String,
    rewrapped: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Hierarchy {
    root_key_id: String,
    previous_root_key_id: Option<String>,
    domain_keys: Vec<DomainKey>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DomainKey {
    domain_key_id: String,
    root_key_id: String,
    active: bool,
    wraps: BTreeMap<String, u64>,
}

impl Admin {
    pub(crate) fn run(self, console: &Console) -> Result<ExitCode, CliError> {
        wait_for(self.action.run(console))?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Action {
    async fn run(self, console: &Console) -> Result<(), CliError> {
        match self {
            Self::RotateDomainKey { target, wait } => rotate_domain_key(&target, wait, console).await,
            Self::RotateRootKey { target, service } => {
                let rotated: RootKeyRotated =
                    call(&target.client(service)?, "RotateRootKey", NOTHING).await?;
                console.say(&match rotated.rewrapped {
                    0 => format!("the root key {} wraps everything already", rotated.root_key_id),
                    count => {
                        format!("the root key {} now wraps everything ({count} keys)", rotated.root_key_id)
                    }
                });
                Ok(())
            }
            Self::KeyHierarchy { target } => {
                let hierarchy: Hierarchy =
                    call(&target.client(Service::Kms)?, "DescribeKeyHierarchy", NOTHING).await?;
                console.print(&hierarchy.shown());
                Ok(())
            }
            Self::Account(account) => account.run(console).await,
            Self::Explain(explain) => explain.run(console).await,
            Self::NewRootKey { path } => new_root_key(path, console),
        }
    }
}

impl Target {
    fn client(&self, service: Service) -> Result<ServiceClient, CliError> {
        let endpoint = self.endpoint_url.clone();
        let destination = match service {
            Service::Kms => Destination {
                endpoint,
                signing_name: keywright_service::kms::SIGNING_NAME,
                target_prefix: keywright_service::kms::ADMIN_TARGET_PREFIX,
            },
            Service::Identity => Destination {
                endpoint,
                signing_name: keywright_service::identity::ADMIN_SIGNING_NAME,
                target_prefix: keywright_service::identity::ADMIN_TARGET_PREFIX,
            },
        };
        self.client_of(destination)
    }

    /// A client of the public APIs, with the session token of temporary credentials.
    pub(crate) fn api_client(&self) -> Result<ApiClient, CliError> {
        let credentials = Credentials::of(self.access_key_id.clone()).ok_or(CliError::NoSecretAccessKey)?;
        Ok(ApiClient::new(&self.endpoint_url, self.region.clone(), credentials)?)
    }

    pub(crate) fn client_of(&self, destination: Destination) -> Result<ServiceClient, CliError> {
        self.patient_client_of(destination, TIME_LIMIT)
    }

    /// The same, for what may take longer.
    pub(crate) fn patient_client_of(
        &self,
        destination: Destination,
        time_limit: Duration,
    ) -> Result<ServiceClient, CliError> {
        let secret = std::env::var(SECRET).ok().filter(|secret| !secret.is_empty());
        let secret = SecretString::new(secret.ok_or(CliError::NoSecretAccessKey)?);
        let key = ServiceKey { access_key_id: self.access_key_id.clone(), secret };
        ServiceClient::with_time_limit(destination, &key, &self.region, Arc::new(SystemClock), time_limit)
            .map_err(CliError::from_call)
    }
}

impl Hierarchy {
    fn shown(&self) -> String {
        let mut text = format!("root key {}\n", self.root_key_id);
        if let Some(previous) = &self.previous_root_key_id {
            text.push_str(&format!("previous root key {previous}\n"));
        }
        for key in &self.domain_keys {
            let state = if key.active { "active" } else { "retired" };
            let wraps: Vec<_> = key.wraps.iter().map(|(what, count)| format!("{count} {what}")).collect();
            let (id, root_key, wraps) = (&key.domain_key_id, &key.root_key_id, wraps.join(", "));
            text.push_str(&format!("domain key {id} ({state}), wrapped by {root_key}, wraps {wraps}\n"));
        }
        text
    }

    /// How much the retired domain keys still wrap.
    fn left(&self) -> u64 {
        let retired = self.domain_keys.iter().filter(|key| !key.active);
        retired.flat_map(|key| key.wraps.values()).sum()
    }
}

async fn rotate_domain_key(target: &Target, wait: bool, console: &Console) -> Result<(), CliError> {
    let client = target.client(Service::Kms)?;
    let rotated: DomainKeyRotated = call(&client, "RotateDomainKey", NOTHING).await?;
    console.say(&format!(
        "the domain key {} took the place of {}; what that wraps is being re-wrapped",
        rotated.domain_key_id, rotated.retired_domain_key_id
    ));
    if wait { until_rewrapped(&client, console).await } else { Ok(()) }
}

async fn until_rewrapped(client: &ServiceClient, console: &Console) -> Result<(), CliError> {
    loop {
        let left = call::<Hierarchy>(client, "DescribeKeyHierarchy", NOTHING).await?.left();
        if left == 0 {
            console.say("everything is re-wrapped; the former domain key is destroyed in 25 hours");
            return Ok(());
        }
        console.say(&format!("{left} to go"));
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

fn new_root_key(path: PathBuf, console: &Console) -> Result<(), CliError> {
    if path.exists() {
        return Err(CliError::RootKeyExists { path });
    }
    let source = RootKeySource::KeyFile { path: path.clone(), create: true };
    let made = keywright_root_key::open(&source, &SystemRandom)?;
    console.say(&format!(
        "made the root key {} in {}: keep a copy in a safe place",
        made.id(),
        path.display()
    ));
    Ok(())
}

pub(crate) async fn call<O: DeserializeOwned>(
    client: &ServiceClient,
    operation: &str,
    input: impl Serialize + Sync,
) -> Result<O, CliError> {
    client.call(operation, &input, None).await.map_err(CliError::from_call)
}

impl CliError {
    pub(crate) fn from_call(error: CallError) -> Self {
        match error {
            CallError::Remote { code, message, .. } => Self::Refused { code, message },
            other => Self::Call(other),
        }
    }
}

/// The input of what is asked with nothing.
const NOTHING: BTreeMap<(), ()> = BTreeMap::new();
const SECRET: &str = "AWS_SECRET_ACCESS_KEY";
const TIME_LIMIT: Duration = Duration::from_secs(5);
const POLL_INTERVAL: Duration = Duration::from_secs(1);

const AFTER_HELP: &str = "\
Environment:
  AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY
                  as the AWS CLI has them; for a stack of keywright dev: eval \"$(keywright env)\"

Examples:
  keywright admin rotate-domain-key --wait
  keywright admin new-root-key /var/lib/keywright/kms/root-2027.key
  keywright admin rotate-root-key --service identity
  keywright admin account create payments --id 444455556666
  keywright admin explain --principal arn:aws:iam::000000000000:user/alice --action kms:Decrypt --resource arn:...";
