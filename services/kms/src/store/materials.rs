//! The materials of keys, wrapped by domain keys.

use keywright_store::{Connection, Row, StoreError, Transaction};
use uuid::Uuid;

use super::key_row::get;
use super::{KeyRow, Parameters};
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

fn from_row(row: &Row) -> Result<StoredMaterial, Error> {
    let id: &[u8] = get(row, 0)?;
    let id = id.try_into().map_err(|_| Error::Corrupt("key_material_id"))?;
    let state: &str = get(row, 1)?;
    let (rotated_at, rotated_by): (_, Option<&str>) = (get(row, 5)?, get(row, 6)?);
    let rotated = match (rotated_at, rotated_by) {
        (Some(at), Some(by)) => {
            Some(Rotated { at, by: by.parse().map_err(|_| Error::Corrupt("rotation_type"))? })
        }
        _ => None,
    };
    let facts = MaterialFacts {
        id: KeyMaterialId::from_bytes(id),
        state: state.parse().map_err(|_| Error::Corrupt("material_state"))?,
        description: get(row, 2)?,
        imported: get(row, 3)?,
        valid_to: get(row, 4)?,
        rotated,
        created_at: get(row, 7)?,
    };
    let wrapped = match (get(row, 8)?, get(row, 9)?) {
        (Some(domain_key), Some(bytes)) => Some(WrappedMaterial { domain_key, bytes }),
        _ => None,
    };
    Ok(StoredMaterial { facts, wrapped })
}

const OF_KEY: &str = include_str!("sql/materials_of_key.sql");
const INSERT: &str = include_str!("sql/insert_material.sql");
