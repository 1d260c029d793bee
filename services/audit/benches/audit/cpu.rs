//! How much of the processors this process and Postgres have used, as `/proc` tells.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use keywright_local_stack::testing::TestDatabase;

/// Looks at this process and at one Postgres.
pub(crate) struct Cpu {
    postgres: PathBuf,
}

/// Seconds of processor time since the processes have begun.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Used {
    /// Of this process.
    pub(crate) own: f64,
    /// Of the postmaster and all its children, those that have ended too.
    pub(crate) postgres: f64,
}

impl Cpu {
    pub(crate) async fn of(database: &TestDatabase) -> Self {
        let client = database.superuser().connect().await.unwrap();
        let row = client.query_one("SHOW data_directory", &[]).await.unwrap();
        Self { postgres: fs::canonicalize(row.get::<_, String>(0)).unwrap() }
    }

    pub(crate) fn used(&self) -> Used {
        let postmaster = fs::read_to_string(self.postgres.join("postmaster.pid")).unwrap();
        let postmaster = postmaster.lines().next().unwrap();
        let living = of_processes(|process| {
            fs::read_link(process.join("cwd")).is_ok_and(|directory| directory == self.postgres)
        });
        let ended = ticks(&Path::new("/proc").join(postmaster), OF_ENDED_CHILDREN).unwrap();
        Used { own: own(), postgres: seconds(living + ended) }
    }
}

impl Used {
    /// What `events` have used since `before`, each, in microseconds: this process and Postgres.
    pub(crate) fn since(self, before: Self, events: usize) -> (f64, f64) {
        let each = |seconds: f64| seconds * 1e6 / events as f64;
        (each(self.own - before.own), each(self.postgres - before.postgres))
    }
}

/// Of this process.
pub(crate) fn own() -> f64 {
    seconds(ticks(Path::new("/proc/self"), OWN).unwrap())
}

/// Of the processes whose command has this text.
pub(crate) fn of_processes_that_name(text: &str) -> f64 {
    seconds(of_processes(|process| {
        fs::read(process.join("cmdline"))
            .is_ok_and(|command| String::from_utf8_lossy(&command).contains(text))
    }))
}

fn of_processes(wanted: impl Fn(&Path) -> bool) -> u64 {
    let processes = fs::read_dir("/proc").unwrap().filter_map(|entry| Some(entry.ok()?.path()));
    processes.filter(|process| wanted(process)).filter_map(|process| ticks(&process, OWN)).sum()
}

fn ticks(process: &Path, fields: Range<usize>) -> Option<u64> {
    let stat = fs::read_to_string(process.join("stat")).ok()?;
    // The name before may have spaces.
    let (_, all) = stat.rsplit_once(") ")?;
    all.split(' ').skip(fields.start).take(fields.len()).map(|field| field.parse::<u64>().ok()).sum()
}

fn seconds(ticks: u64) -> f64 {
    ticks as f64 / TICKS
}

/// utime and stime, behind the process's name.
const OWN: Range<usize> = 11..13;
/// cutime and cstime.
const OF_ENDED_CHILDREN: Range<usize> = 13..15;
/// A second, as Linux tells it to everybody.
const TICKS: f64 = 100.0;
