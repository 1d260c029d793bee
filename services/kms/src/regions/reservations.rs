//! Replica keys that were announced here and never completed: where the primary Region died before it noted that it
//! has a replica key here, the announcement is dropped.

use std::sync::Arc;
use std::time::Duration;

use keywright_service::due_work::keep_doing;

use super::message::{Answer, Content, Message};
use crate::changes::{Changed, announce};
use crate::domain::entry::KeyName;
use crate::domain::state::KeyState;
use crate::error::Error;
use crate::events::KeyEvent;
use crate::service::Kms;
use crate::store;
use crate::store::KeyRow;

pub(super) async fn keep_dropping_abandoned(kms: Arc<Kms>) {
    keep_doing("drop announced replica keys", INTERVAL, || drop_abandoned(&kms)).await;
}

/// Drops the replica keys that were announced some time ago, and of which their primary Region knows nothing.
async fn drop_abandoned(kms: &Kms) -> Result<usize, Error> {
    let connection = kms.store.connection().await?;
    let names = store::multi_region::creating_since(&connection, &kms.region, kms.now() - PATIENCE).await?;
    drop(connection);
    let mut count = 0;
    for name in names {
        if is_abandoned(kms, name).await? && drop_one(kms, name).await? {
            count += 1;
        }
    }
    Ok(count)
}

async fn is_abandoned(kms: &Kms, name: KeyName) -> Result<bool, Error> {
    let entry = kms.directory.key(name).await?;
    let Some(regions) = &entry.key.multi_region else { return Ok(false) };
    let Some(peer) = kms.peers.get(&regions.primary) else { return Ok(false) };
    // While the primary Region is away, it stays: it may be completed.
    let Ok(answer) = kms.peers.ask(&peer, &Message::new(name, 0, Content::Ask)).await else {
        return Ok(false);
    };
    Ok(match answer {
        Answer::Key(None) => true,
        Answer::Key(Some(view)) => view.primary == peer.region && !view.replicas.contains(&kms.region),
        _ => false,
    })
}

async fn drop_one(kms: &Kms, name: KeyName) -> Result<bool, Error> {
    let transaction = kms.store.begin().await?;
    let key = store::keys::lock(&transaction, &kms.region, name).await?;
    let Some(key) = key.filter(|key| key.state == KeyState::Creating) else {
        transaction.rollback().await?;
        return Ok(false);
    };
    store::keys::delete(&transaction, &KeyRow::new(&kms.region, name)).await?;
    let changed = Changed::Key(name);
    announce(&transaction, &kms.region, &changed).await?;
    kms.commit_event(transaction, KeyEvent::DeleteKey, &key, kms.now()).await?;
    kms.directory.caches().forget(&changed);
    Ok(true)
}

/// Longer than the request in the primary Region can take that announced it.
const PATIENCE: time::Duration = time::Duration::seconds(60);
const INTERVAL: Duration = Duration::from_secs(5);
