//! Many requests share one sync, and each is woken.

use std::{
    collections::BTreeSet,
    future::poll_fn,
    pin::Pin,
    sync::{Arc, atomic::Ordering::SeqCst},
    task::{Context, Poll, Wake},
    thread::Thread,
    time::Duration,
};

use futures::future::join_all;
use keywright_audit_log::{Journal, journal::Append};

use crate::{
    faulty::Disk,
    fixture::{config, entry, number, numbers, open, read_all},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_appends_share_syncs_and_all_are_there_after_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let disk = Arc::new(Disk::default());
    disk.sync_micros.store(500, SeqCst);
    let journal = Journal::open_on(config(dir.path()), disk.storage()).unwrap();
    let tasks = (0..64_u64).map(|task| {
        let journal = journal.clone();
        tokio::spawn(async move {
            let mut positions = Vec::new();
            for turn in 0..30 {
                positions.push(journal.append(entry(task * 1_000 + turn)).await.unwrap().get());
            }
            positions
        })
    });
    let mut positions = BTreeSet::new();
    for task in join_all(tasks).await {
        positions.extend(task.unwrap());
    }
    assert_eq!(positions, (1..=64 * 30).collect());
    let syncs = disk.syncs.load(SeqCst);
    assert!(syncs < 64 * 30 / 4, "{syncs} syncs for {} entries", positions.len());

    journal.close().await;
    drop(journal);
    let stored = read_all(&open(dir.path())).await;
    assert_eq!(stored.len(), 64 * 30);
    for stored in &stored {
        assert_eq!(stored.entry, entry(number(&stored.entry)), "at {}", stored.position);
    }
    for task in 0..64_u64 {
        let of_task: Vec<_> = stored.iter().map(|s| number(&s.entry)).filter(|n| n / 1_000 == task).collect();
        assert_eq!(of_task, (0..30).map(|turn| task * 1_000 + turn).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn an_append_that_is_given_up_is_written_and_holds_nobody_up() {
    let dir = tempfile::tempdir().unwrap();
    let disk = Arc::new(Disk::default());
    disk.sync_micros.store(20_000, SeqCst);
    let journal = Journal::open_on(config(dir.path()), disk.storage()).unwrap();
    let mut given_up = vec![journal.append(entry(1)), journal.append(entry(2))];
    for append in &mut given_up {
        poll_once(append).await;
    }
    let waiting = join_all((3..20).map(|number| journal.append(entry(number))));
    let (_, answers) = tokio::join!(async { drop(given_up) }, waiting);
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(numbers(&journal).await, (1..20).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_waiter_that_is_never_polled_again_holds_nobody_up() {
    let dir = tempfile::tempdir().unwrap();
    let disk = Arc::new(Disk::default());
    disk.sync_micros.store(20_000, SeqCst);
    let journal = Journal::open_on(config(dir.path()), disk.storage()).unwrap();
    let mut busy = journal.append(entry(1));
    poll_once(&mut busy).await;
    let mut stuck = journal.append(entry(2));
    poll_once(&mut stuck).await;
    let tasks: Vec<_> = (3..20).map(|number| tokio::spawn(journal.append(entry(number)))).collect();
    for task in tasks {
        let answer = tokio::time::timeout(Duration::from_secs(10), task).await;
        answer.expect("woken although another of its batch was not polled").unwrap().unwrap();
    }
    assert_eq!(stuck.await.unwrap().get(), 2);
    assert_eq!(busy.await.unwrap().get(), 1);
}

#[test]
fn an_append_needs_no_runtime() {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    let waker = Arc::new(Unpark(std::thread::current())).into();
    let mut append = journal.append(entry(1));
    let position = loop {
        match Pin::new(&mut append).poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(position) => break position,
            Poll::Pending => std::thread::park_timeout(Duration::from_secs(10)),
        }
    };
    assert_eq!(position.unwrap().get(), 1);
}

async fn poll_once(append: &mut Append) {
    poll_fn(|context| {
        assert!(Pin::new(&mut *append).poll(context).is_pending());
        Poll::Ready(())
    })
    .await;
}
