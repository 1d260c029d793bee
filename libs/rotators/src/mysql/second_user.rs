//! Gives a second user what the first one has, and at last its password.

use keywright_crypto::{Random, RandomExt as _, SecretString};
use mysql_async::prelude::Queryable as _;

use super::error::database_error;
use super::grants::granted_to;
use super::sql::{Account, native_hash, text};
use super::{Flavor, Session};
use crate::RotationError;

pub(super) async fn set_up(
    administrator: &mut Session,
    first: &Account,
    other: &Account,
    password: &SecretString,
    random: &dyn Random,
) -> Result<(), RotationError> {
    if !exists(administrator, other).await? {
        create(administrator, other, random).await?;
    }
    copy_grants(administrator, first, other).await?;
    copy_tls_options(administrator, first, other).await?;
    let password = password.expose_secret();
    let statement = match administrator.flavor {
        Flavor::MariaDb => format!("SET PASSWORD FOR {other} = {}", native_hash(password)),
        Flavor::MySql => format!("ALTER USER {other} IDENTIFIED BY {}", text(password)),
    };
    administrator.run("setting the other user's password", &statement).await
}

pub(super) async fn exists(administrator: &mut Session, account: &Account) -> Result<bool, RotationError> {
    let query = "SELECT 1 FROM mysql.user WHERE User = ? AND Host = ?";
    let found: Option<u8> = administrator
        .conn
        .exec_first(query, (&account.user, &account.host))
        .await
        .map_err(database_error("looking for the other user"))?;
    Ok(found.is_some())
}

/// With a password that nobody knows, until all else is done.
async fn create(
    administrator: &mut Session,
    account: &Account,
    random: &dyn Random,
) -> Result<(), RotationError> {
    let unknown = random
        .secret(UNKNOWN_BYTES)
        .map_err(|error| RotationError::NoPassword { reason: error.to_string() })?;
    let unknown = unknown.to_base64();
    let statement = match administrator.flavor {
        Flavor::MariaDb => {
            format!("CREATE USER {account} IDENTIFIED BY PASSWORD {}", native_hash(unknown.expose_secret()))
        }
        Flavor::MySql => format!("CREATE USER {account} IDENTIFIED BY {}", text(unknown.expose_secret())),
    };
    administrator.run("CREATE USER", &statement).await
}

async fn copy_grants(
    administrator: &mut Session,
    first: &Account,
    other: &Account,
) -> Result<(), RotationError> {
    let show = format!("SHOW GRANTS FOR {first}");
    let grants: Vec<String> = administrator.conn.query(show).await.map_err(database_error("SHOW GRANTS"))?;
    for statement in grants.iter().filter_map(|grant| granted_to(grant, first, other)) {
        administrator.run("granting what the current user has", &statement).await?;
    }
    Ok(())
}

/// Whether the user must come by TLS, and with which certificate.
async fn copy_tls_options(
    administrator: &mut Session,
    first: &Account,
    other: &Account,
) -> Result<(), RotationError> {
    let query = "SELECT CONVERT(ssl_type USING utf8mb4), CONVERT(ssl_cipher USING utf8mb4), \
                 CONVERT(x509_issuer USING utf8mb4), CONVERT(x509_subject USING utf8mb4) \
                 FROM mysql.user WHERE User = ? AND Host = ?";
    let found: Option<(String, String, String, String)> = administrator
        .conn
        .exec_first(query, (&first.user, &first.host))
        .await
        .map_err(database_error("reading the current user's TLS options"))?;
    let Some((kind, cipher, issuer, subject)) = found else { return Ok(()) };
    let required = match kind.as_str() {
        "" => "NONE".to_owned(),
        "ANY" => "SSL".to_owned(),
        "X509" => "X509".to_owned(),
        _ => [("CIPHER", cipher), ("ISSUER", issuer), ("SUBJECT", subject)]
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| format!("{name} {}", text(value)))
            .collect::<Vec<_>>()
            .join(" AND "),
    };
    administrator.run("copying the TLS options", &format!("ALTER USER {other} REQUIRE {required}")).await
}

const UNKNOWN_BYTES: usize = 32;
