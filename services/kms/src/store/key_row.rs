//! The columns of a key's metadata.

use keywright_aws_api::{AccountId, Region};
use keywright_store::types::FromSql;
use keywright_store::{Row, StoreError};

use crate::domain::key::{AutomaticRotation, CustomStoreKey, Key, MultiRegion, OnDemandRotations};
use crate::domain::key_id::KeyId;
use crate::error::Error;

/// Reads the metadata, whose columns begin at `first`, in the order of `lock_key.sql`.
pub(super) fn key_from_row(
    row: &Row,
    region: &Region,
    account: AccountId,
    first: usize,
) -> Result<Key, Error> {
    let text = |offset: usize| get::<&str>(row, first + offset);
    let id = key_id(row, first)?;
    let period_days: Option<i32> = get(row, first + 10)?;
    Ok(Key {
        id,
        account,
        arn: id.arn(region, account).into(),
        spec: text(1)?.parse().map_err(|_| Error::Corrupt("key_spec"))?,
        usage: text(2)?.parse().map_err(|_| Error::Corrupt("key_usage"))?,
        origin: text(3)?.parse().map_err(|_| Error::Corrupt("origin"))?,
        manager: text(4)?.parse().map_err(|_| Error::Corrupt("key_manager"))?,
        state: text(5)?.parse().map_err(|_| Error::Corrupt("key_state"))?,
        description: text(6)?.into(),
        created_at: get(row, first + 7)?,
        deletion_date: get(row, first + 8)?,
        pending_window_days: get(row, first + 9)?,
        rotation: match (period_days, get(row, first + 11)?) {
            (Some(period_days), Some(next)) => Some(AutomaticRotation { period_days, next }),
            _ => None,
        },
        on_demand: OnDemandRotations { count: get(row, first + 12)?, started_at: get(row, first + 13)? },
        multi_region: multi_region(get(row, first + 14)?, get(row, first + 15)?)?,
        custom_store: match get::<Option<&str>>(row, first + 16)? {
            Some(store_id) => Some(CustomStoreKey {
                store_id: store_id.into(),
                xks_key_id: get::<Option<&str>>(row, first + 17)?.map(Into::into),
            }),
            None => None,
        },
    })
}

/// How many columns [`key_from_row`] reads.
pub(super) const KEY_COLUMNS: usize = 18;

fn multi_region(primary: Option<&str>, replicas: Vec<&str>) -> Result<Option<MultiRegion>, Error> {
    let Some(primary) = primary else { return Ok(None) };
    let parse = |region: &str| Region::parse(region).map_err(|_| Error::Corrupt("a region"));
    let replicas = replicas.into_iter().map(parse).collect::<Result<_, _>>()?;
    Ok(Some(MultiRegion { primary: parse(primary)?, replicas }))
}

pub(super) fn key_id(row: &Row, column: usize) -> Result<KeyId, Error> {
    KeyId::parse(get(row, column)?).ok_or(Error::Corrupt("key_id"))
}

pub(super) fn get<'a, T: FromSql<'a>>(row: &'a Row, column: usize) -> Result<T, StoreError> {
    Ok(row.try_get(column)?)
}
