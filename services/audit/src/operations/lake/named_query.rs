//! The query that a request names.

use keywright_aws_api::{Accesses, Call, Region};
use uuid::Uuid;

use super::named_store::access;
use crate::error::AuditError;
use crate::lake::event_data_store::{EventDataStore, id_of};
use crate::lake::queries::Query;
use crate::lake::store::queries;
use crate::service::AuditTrail;

/// The query of the caller's account that has this id, and reads the store that may be named beside it.
pub(super) async fn find_query(
    trail: &AuditTrail,
    call: &Call,
    id: &str,
    store: Option<&str>,
    owner: Option<&str>,
) -> Result<Query, AuditError> {
    if owner.is_some_and(|owner| owner != call.account_ref().as_str()) {
        return Err(AuditError::StoreNotFound);
    }
    let store = store.map(|named| id_of(named, call.account(), &call.region)).transpose()?;
    let id = Uuid::try_parse(id).map_err(|_| AuditError::QueryNotFound)?;
    let connection = trail.store.connection().await?;
    let query = queries::find(&connection, call.account(), id, call.received_at).await?;
    let query = query.ok_or(AuditError::QueryNotFound)?;
    match store {
        Some(store) if !query.stores.contains(&store) => Err(AuditError::QueryNotFound),
        _ => Ok(query),
    }
}

/// An action on each store that a query reads.
pub(super) fn accesses(action: &'static str, call: &Call, stores: &[Uuid]) -> Accesses {
    stores.iter().map(|store| access(action, call, &arn_of(*store, call, &call.region))).collect()
}

fn arn_of(id: Uuid, call: &Call, region: &Region) -> String {
    EventDataStore { id, ..EventDataStore::of_account(call.account(), region) }.arn()
}
