//! Key materials.

use futures::future::BoxFuture;
use keywright_store::Connection;
use uuid::Uuid;

use super::{Batch, Pass, Rewrap, Step};
use crate::domain::material::{KeyMaterial, MaterialOwner};
use crate::error::Error;
use crate::store::wrapped_materials::{self, MaterialPlace, WrappedRow};

/// The materials of keys.
pub(super) struct Materials;

impl Rewrap for Materials {
    fn name(&self) -> &'static str {
        "key materials"
    }

    fn count<'a>(
        &'a self,
        connection: &'a Connection,
        domain_key: Uuid,
    ) -> BoxFuture<'a, Result<i64, Error>> {
        Box::pin(async move { Ok(wrapped_materials::count(connection, domain_key).await?) })
    }

    fn begin(&self) -> Box<dyn Pass> {
        Box::new(ThroughMaterials { after: None })
    }
}

struct ThroughMaterials {
    after: Option<MaterialPlace>,
}

impl Pass for ThroughMaterials {
    fn next<'a>(&'a mut self, step: Step<'a>) -> BoxFuture<'a, Result<Batch, Error>> {
        Box::pin(async move {
            let (from, to) = (step.from.0, step.to.0);
            let after = self.after.as_ref();
            let claimed = wrapped_materials::claim(step.transaction, from, after, step.limit).await?;
            let Some(last) = claimed.last() else { return Ok(Batch::default()) };
            self.after = Some(last.place.clone());
            let rewrapped: Vec<WrappedRow> =
                claimed.into_iter().filter_map(|row| rewrap_or_report(row, step)).collect();
            let replaced = wrapped_materials::replace(step.transaction, from, to, &rewrapped).await?;
            Ok(Batch { rewrapped: usize::try_from(replaced).unwrap_or(usize::MAX), more: true })
        })
    }
}

fn rewrap_or_report(row: WrappedRow, step: Step<'_>) -> Option<WrappedRow> {
    match rewrap(&row, step) {
        Ok(wrapped) => Some(WrappedRow { wrapped, ..row }),
        Err(error) => {
            let MaterialPlace { account, key_id, material, .. } = &row.place;
            tracing::error!(%account, key = %key_id, %material, %error, "a key material can't be re-wrapped");
            None
        }
    }
}

/// The same material, wrapped by the other domain key; unwrapped again, to be sure.
fn rewrap(row: &WrappedRow, step: Step<'_>) -> Result<Vec<u8>, Error> {
    let MaterialPlace { region, account, key_id, material } = &row.place;
    let owner = MaterialOwner { account: *account, region, key_id: *key_id };
    let unwrapped = KeyMaterial::unwrap(owner, *material, &row.wrapped, step.from.1)?;
    let wrapped = unwrapped.wrap(owner, step.to.1, step.random)?;
    KeyMaterial::unwrap(owner, *material, &wrapped, step.to.1)?;
    Ok(wrapped)
}
