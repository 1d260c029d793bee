//! The identity service, put together.

use std::sync::Arc;
use std::time::Duration;

use keywright_aws_api::{Clock, CredentialSource, Protocol, Region, SystemClock};
use keywright_crypto::{Random, SystemRandom};
use keywright_service::base::ApiNames;
use keywright_service::due_work::keep_doing;
use keywright_service::identity::{
    ADMIN_SIGNING_NAME, ADMIN_TARGET_PREFIX, CacheSettings, IdentityCredentials, SIGNING_NAME, TARGET_PREFIX,
};
use keywright_service::{Base, Running, ServiceError};
use keywright_store::Store;
use tokio::runtime::Handle;

use crate::bootstrap::Bootstrap;
use crate::change_feed::ChangeFeed;
use crate::config::Config;
use crate::directory::Directory;
use crate::domain::policy::internal_policy;
use crate::error::IdentityError;
use crate::events::Events;
use crate::local::LocalIdentity;
use crate::operations::{
    AssumeRole, AssumeRoleWithWebIdentity, AwaitChanges, CloseAccount, CreateAccount,
    DecodeAuthorizationMessage, DescribePrincipal, GetAccessKeyInfo, GetCallerIdentity, GetFederationToken,
    GetSessionToken, ListAccounts, ResolveCredential, ResolveForwardToken, RotateRootKey,
    register_identities, register_policies,
};
use crate::store::{self, changes};
use crate::token_keys::TokenKeys;
use crate::web_identity::WebIdentities;

/// The running service, and its directory for what the `keywright` command does within the process.
pub struct IdentityApp {
    /// The service.
    pub running: Running,
    /// Accounts, users and access keys.
    pub directory: Arc<Directory>,
}

/// Starts the service.
///
/// # Errors
/// [`ServiceError`] for whatever can't be had.
pub async fn start(config: Config) -> Result<IdentityApp, ServiceError> {
    start_with(config, Arc::new(SystemClock), Arc::new(SystemRandom)).await
}

/// Starts the service with another clock and randomness.
///
/// # Errors
/// [`ServiceError`] for whatever can't be had.
pub async fn start_with(
    config: Config,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
) -> Result<IdentityApp, ServiceError> {
    config.answers.check().map_err(ServiceError::own)?;
    let services = config.service_principals()?;
    let home = config.base.service.account;
    let regions = config.base.regions()?;

    let mut base =
        Base::start(NAME, config.base, store::migrations(), Arc::clone(&clock), Arc::clone(&random)).await?;
    let events = Events::new(base.outbox.clone(), base.config.service.region.clone());
    let bootstrap = Bootstrap {
        store: &base.store,
        root_key: &config.root_key,
        previous_root_key: config.previous_root_key.as_ref(),
        random: Arc::clone(&random),
        events: &events,
        home,
        services: &services,
    };
    let bootstrapped = bootstrap.run_at(clock.now()).await?;
    let internal_policy = internal_policy(home, &bootstrapped.services);

    let directory = Arc::new(Directory {
        store: base.store.clone(),
        sealing: bootstrapped.sealing,
        root_keys: bootstrapped.root_keys,
        random,
        clock: Arc::clone(&clock),
        events,
        home,
        internal_policy: internal_policy.map_err(|error| ServiceError::own(IdentityError::Policy(error)))?,
        answers: config.answers,
        web_identities: WebIdentities::new(&config.web_identity)?,
        token_keys: TokenKeys::new(),
        changes: ChangeFeed::start(base.store.clone(), &base.config.store, base.closing())?,
        last_use: Arc::default(),
    });
    let (last_use, store) = (Arc::clone(&directory.last_use), base.store.clone());
    base.keep(tokio::spawn(Arc::clone(&last_use).keep_flushing(store.clone())));
    base.at_end(move || last_use.flush_or_warn(store));
    let store = base.store.clone();
    base.keep(tokio::spawn(keep_doing("forget old changes", FORGET_CHANGES_EVERY, move || {
        forget_old_changes(store.clone())
    })));
    if !config.bootstrap.admin_credentials_file.as_os_str().is_empty() {
        let file = &config.bootstrap.admin_credentials_file;
        directory.ensure_admin_credentials_file(file).await.map_err(ServiceError::own)?;
    }
    let local = Arc::new(LocalIdentity(Arc::clone(&directory)));
    let runtime = Handle::try_current().map_err(ServiceError::own)?;
    let credentials: Arc<dyn CredentialSource> =
        Arc::new(IdentityCredentials::new(local, LOCAL_CACHE, clock, runtime));

    let sts = base
        .api(STS, regions.clone(), Arc::clone(&directory), Arc::clone(&credentials))
        .operation::<AssumeRole>()
        .operation::<AssumeRoleWithWebIdentity>()
        .operation::<DecodeAuthorizationMessage>()
        .operation::<GetAccessKeyInfo>()
        .operation::<GetCallerIdentity>()
        .operation::<GetFederationToken>()
        .operation::<GetSessionToken>()
        .build();
    // AWS has one IAM for all Regions, so clients sign for its Region whatever theirs is.
    let mut iam_regions = regions.clone();
    let own_region = Region::parse(IAM_REGION).map_err(ServiceError::own)?;
    if !iam_regions.contains(&own_region) {
        iam_regions.push(own_region);
    }
    let iam = base.api(IAM, iam_regions, Arc::clone(&directory), Arc::clone(&credentials));
    let iam = register_policies(register_identities(iam)).build();
    let internal = base
        .api(INTERNAL, regions.clone(), Arc::clone(&directory), Arc::clone(&credentials))
        .operation::<ResolveCredential>()
        .operation::<ResolveForwardToken>()
        .operation::<AwaitChanges>()
        .build();
    let admin = base
        .api(ADMIN, regions, Arc::clone(&directory), credentials)
        .operation::<RotateRootKey>()
        .operation::<CreateAccount>()
        .operation::<ListAccounts>()
        .operation::<CloseAccount>()
        .operation::<DescribePrincipal>()
        .build();
    let running = base.serve(vec![sts, iam, internal, admin])?;
    Ok(IdentityApp { running, directory })
}

async fn forget_old_changes(store: Store) -> Result<usize, IdentityError> {
    let forgotten = changes::forget_old(&store.connection().await?).await?;
    Ok(usize::try_from(forgotten).unwrap_or(usize::MAX))
}

/// Security Token Service: <https://docs.aws.amazon.com/STS/latest/APIReference/welcome.html>.
const STS: ApiNames = ApiNames {
    event_source: "sts.amazonaws.com",
    signing_name: "sts",
    protocol: Protocol::Query { version: "2011-06-15", xmlns: "https://sts.amazonaws.com/doc/2011-06-15/" },
    internal: false,
};

/// Identity and Access Management: <https://docs.aws.amazon.com/IAM/latest/APIReference/welcome.html>.
const IAM: ApiNames = ApiNames {
    event_source: "iam.amazonaws.com",
    signing_name: "iam",
    protocol: Protocol::Query { version: "2010-05-08", xmlns: "https://iam.amazonaws.com/doc/2010-05-08/" },
    internal: false,
};

/// By which the other services ask.
const INTERNAL: ApiNames = ApiNames {
    event_source: "keywright-identity.amazonaws.com",
    signing_name: SIGNING_NAME,
    protocol: Protocol::Json11 { target_prefix: TARGET_PREFIX },
    internal: true,
};

/// The Region that clients sign requests to IAM for.
const IAM_REGION: &str = "us-east-1";

/// What an operator does to identity's keys; signed for as STS is, which brings it here from the front.
const ADMIN: ApiNames = ApiNames {
    event_source: "keywright-identity.amazonaws.com",
    signing_name: ADMIN_SIGNING_NAME,
    protocol: Protocol::Json11 { target_prefix: ADMIN_TARGET_PREFIX },
    internal: false,
};

const FORGET_CHANGES_EVERY: Duration = Duration::from_secs(600);
const LOCAL_CACHE: CacheSettings = CacheSettings { entries: 10_000, unknown_for: Duration::from_secs(1) };

/// The service's name.
pub const NAME: &str = "identity";
