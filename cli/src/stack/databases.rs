//! The private Postgres, and in it a database and a role for each service.

use keywright_local_stack::{LocalStackError, PostgresCluster, PostgresConfig};
use keywright_store::{StoreConfig, TlsMode};

use super::layout::Layout;
use super::secrets::SecretFiles;
use crate::console::Console;
use crate::error::CliError;

/// Starts the cluster of the data directory, which it makes at the first time.
pub(crate) async fn start(layout: &Layout, console: &Console) -> Result<PostgresCluster, CliError> {
    let dir = layout.postgres();
    if dir.join("data").exists() {
        console.say("starting Postgres");
    } else {
        console.say(&format!("making a private Postgres in {}", dir.display()));
    }
    Ok(PostgresCluster::start(PostgresConfig { dir, port: 0, settings: Vec::new() }).await?)
}

/// Makes a service's database and role where they aren't there, and says how to get in. `pool_size` bounds its
/// connections.
pub(crate) async fn of_service(
    postgres: &PostgresCluster,
    secrets: &SecretFiles<'_>,
    service: &str,
    pool_size: usize,
) -> Result<StoreConfig, CliError> {
    let name = database_name(service);
    let (password_file, password) = secrets.database_password(service)?;
    let login = postgres.create_database(&name, &name, password.expose_secret()).await?;
    let mut config = StoreConfig::new(login.host(), login.database(), login.user(), password);
    config.port = login.port();
    config.password = None;
    config.password_file = Some(password_file);
    // It listens on the loopback interface alone.
    config.tls = TlsMode::Disable;
    config.pool_size = pool_size;
    config.application_name = format!("keywright {service}");
    Ok(config)
}

/// Makes a role that nobody logs in as, and `member` a member of it: what the audit service runs queries as.
pub(crate) async fn make_group_role(
    postgres: &PostgresCluster,
    role: &str,
    member: &str,
) -> Result<(), CliError> {
    let client = postgres.superuser().connect().await?;
    let (role, member) = (quoted(role), quoted(member));
    let sql = format!(
        "DO $$ BEGIN CREATE ROLE {role} NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$; GRANT {role} TO {member}; \
         ALTER ROLE {member} SET temp_file_limit = '2GB'"
    );
    client
        .batch_execute(&sql)
        .await
        .map_err(|source| LocalStackError::Postgres { action: "making the role of queries", source })?;
    Ok(())
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// How many connections each of so many services may keep, so that all fit.
pub(crate) fn pool_size(services: usize) -> usize {
    // One more each, to hear changes.
    (CONNECTIONS / services.max(1)).saturating_sub(1).clamp(2, MAX_POOL_SIZE)
}

/// `kms.us-east-1` is `keywright_kms_us_east_1`.
fn database_name(service: &str) -> String {
    format!("keywright_{}", service.replace(['.', '-'], "_"))
}

/// What the private cluster takes, less some to look at it.
const CONNECTIONS: usize = 280;
const MAX_POOL_SIZE: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_named_by_service_and_region() {
        assert_eq!(database_name("kms.us-east-1"), "keywright_kms_us_east_1");
        assert_eq!(database_name("identity"), "keywright_identity");
    }

    #[test]
    fn all_pools_fit_into_the_cluster() {
        assert_eq!(pool_size(5), 10);
        for services in [5, 20, 50, 90] {
            assert!((pool_size(services) + 1) * services <= CONNECTIONS, "{services}");
        }
    }
}
