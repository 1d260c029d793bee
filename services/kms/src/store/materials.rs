//! The materials of keys, wrapped by domain keys.

use keywright_aws_api::{AccountId, Region};
use keywright_store::{Connection, Row, StoreError, Transaction};
use time::OffsetDateTime;
use uuid::Uuid;

use super::key_row::{KEY_COLUMNS, get, key_from_row};
use super::{KeyRow, Parameters};
use crate::domain::imported::ImportedFacts;
use crate::domain::key::Key;
use crate::domain::key_id::KeyMaterialId;
use crate::domain::material::{KeyMaterialState, MaterialFacts, Rotated};
use crate::error::Error;

/// A material as it is stored.
pub struct StoredMaterial {
    /// What is known of it.
    pub facts: MaterialFacts,
    /// The material itself; none for imported material that is gone.
    pub wrapped: Option<WrappedMaterial>,
}

/// A wrapped material.
pub struct WrappedMaterial {
    /// The domain key which wraps it.
    pub domain_key: Uuid,
    /// The wrapped bytes.
    pub bytes: Vec<u8>,
}

/// A key's materials, the current one first.
///
/// # Errors
/// [`Error::Store`]; [`Error::Corrupt`] for a row that can't be.
pub async fn of_key(connection: &Connection, at: &KeyRow) -> Result<Vec<StoredMaterial>, Error> {
    let rows = connection.query(OF_KEY, &[&at.region, &at.account, &at.key_id]).await?;
    rows.iter().map(from_row).collect()
}

/// Adds a material.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn insert(
    transaction: &Transaction,
    at: &KeyRow,
    material: &StoredMaterial,
) -> Result<(), StoreError> {
    let StoredMaterial { facts, wrapped } = material;
    let (id, state) = (facts.id.as_bytes().as_slice(), facts.state.as_str());
    let is_current = facts.state == KeyMaterialState::Current;
    let (domain_key, bytes) = match wrapped {
        Some(wrapped) => (Some(wrapped.domain_key), Some(wrapped.bytes.as_slice())),
        None => (None, None),
    };
    let (rotated_at, rotated_by) = match facts.rotated {
        Some(Rotated { at, by }) => (Some(at), Some(by.as_str())),
        None => (None, None),
    };
    let parameters: Parameters<'_> = &[
        &at.region,
        &at.account,
        &at.key_id,
        &id,
        &domain_key,
        &bytes,
        &is_current,
        &facts.created_at,
        &state,
        &facts.description,
        &facts.imported,
        &facts.valid_to,
        &rotated_at,
        &rotated_by,
    ];
    transaction.execute(INSERT, parameters).await.map(|_| ())
}

/// Stores imported material again, with the time at which it expires now; its description stays unless there is another.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn restore(
    transaction: &Transaction,
    at: &KeyRow,
    id: KeyMaterialId,
    wrapped: &WrappedMaterial,
    imported: &ImportedFacts,
) -> Result<(), StoreError> {
    let (id, bytes) = (id.as_bytes().as_slice(), wrapped.bytes.as_slice());
    let ImportedFacts { description, valid_to, .. } = imported;
    let parameters: Parameters<'_> =
        &[&at.region, &at.account, &at.key_id, &id, &wrapped.domain_key, &bytes, valid_to, description];
    transaction.execute(RESTORE, parameters).await.map(|_| ())
}

/// Destroys imported material. Of one that belongs to the key for good it stays known that there was one.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn destroy(
    transaction: &Transaction,
    at: &KeyRow,
    material: &MaterialFacts,
) -> Result<(), StoreError> {
    let id = material.id.as_bytes().as_slice();
    let statement = if material.is_permanent() { DESTROY } else { DELETE };
    transaction.execute(statement, &[&at.region, &at.account, &at.key_id, &id]).await.map(|_| ())
}

/// The material which is longest expired, with its key, both locked; what other replicas have locked is left to them.
///
/// # Errors
/// [`Error::Store`]; [`Error::Corrupt`] for a row that can't be.
pub async fn claim_expired(
    transaction: &Transaction,
    region: &Region,
    now: OffsetDateTime,
) -> Result<Option<(Key, MaterialFacts)>, Error> {
    let Some(row) = transaction.query_opt(CLAIM_EXPIRED, &[&region.as_str(), &now]).await? else {
        return Ok(None);
    };
    let account = AccountId::parse(get(&row, 0)?).map_err(|_| Error::Corrupt("account_id"))?;
    let key = key_from_row(&row, region, account, 1)?;
    Ok(Some((key, facts_from_row(&row, 1 + KEY_COLUMNS)?)))
}

fn from_row(row: &Row) -> Result<StoredMaterial, Error> {
    let facts = facts_from_row(row, 0)?;
    let wrapped = match (get(row, FACT_COLUMNS)?, get(row, FACT_COLUMNS + 1)?) {
        (Some(domain_key), Some(bytes)) => Some(WrappedMaterial { domain_key, bytes }),
        _ => None,
    };
    Ok(StoredMaterial { facts, wrapped })
}

/// Reads what is known of a material, whose columns begin at `first`, in the order of `materials_of_key.sql`.
fn facts_from_row(row: &Row, first: usize) -> Result<MaterialFacts, Error> {
    let id: &[u8] = get(row, first)?;
    let id = id.try_into().map_err(|_| Error::Corrupt("key_material_id"))?;
    let state: &str = get(row, first + 1)?;
    let (rotated_at, rotated_by): (_, Option<&str>) = (get(row, first + 5)?, get(row, first + 6)?);
    let rotated = match (rotated_at, rotated_by) {
        (Some(at), Some(by)) => {
            Some(Rotated { at, by: by.parse().map_err(|_| Error::Corrupt("rotation_type"))? })
        }
        _ => None,
    };
    Ok(MaterialFacts {
        id: KeyMaterialId::from_bytes(id),
        state: state.parse().map_err(|_| Error::Corrupt("material_state"))?,
        description: get(row, first + 2)?,
        imported: get(row, first + 3)?,
        valid_to: get(row, first + 4)?,
        rotated,
        created_at: get(row, first + 7)?,
    })
}

/// How many columns [`facts_from_row`] reads.
const FACT_COLUMNS: usize = 8;

const OF_KEY: &str = include_str!("sql/materials_of_key.sql");
const INSERT: &str = include_str!("sql/insert_material.sql");
const RESTORE: &str = include_str!("sql/restore_material.sql");
const DESTROY: &str = include_str!("sql/destroy_material.sql");
const DELETE: &str = include_str!("sql/delete_material.sql");
const CLAIM_EXPIRED: &str = include_str!("sql/claim_expired_material.sql");
