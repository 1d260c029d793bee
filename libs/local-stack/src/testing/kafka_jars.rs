use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::fs::{FlockOperation, flock};
use thiserror::Error;

use super::skipped::{target_directory, workspace};

/// Why this machine can run no Kafka: the tests that need one are skipped.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct NoKafka(pub(crate) String);

/// The directory of Apache Kafka's jars, as `e2e/kafka/pom.xml` pins them; Maven resolves them when they are not there or
/// the file has changed. One process does it, the others wait.
///
/// # Errors
/// Maven is not there, or cannot get the jars.
pub fn kafka_jars() -> Result<PathBuf, NoKafka> {
    let target = target_directory();
    let pom = workspace().join("e2e/kafka/pom.xml");
    let io = |error: std::io::Error| NoKafka(format!("{}: {error}", target.display()));
    fs::create_dir_all(&target).map_err(io)?;
    let lock = File::create(target.join("kafka-libs.lock")).map_err(io)?;
    flock(&lock, FlockOperation::LockExclusive).map_err(|error| io(error.into()))?;

    let jars = target.join("kafka-libs");
    let resolved_for = jars.join("pom.xml");
    let pinned = fs::read(&pom).map_err(io)?;
    if fs::read(&resolved_for).is_ok_and(|resolved| resolved == pinned) {
        return Ok(jars);
    }
    if jars.exists() {
        fs::remove_dir_all(&jars).map_err(io)?;
    }
    resolve(&pom, &jars)?;
    // Written last: its presence says that all the jars are there.
    fs::write(&resolved_for, &pinned).map_err(io)?;
    Ok(jars)
}

fn resolve(pom: &Path, jars: &Path) -> Result<(), NoKafka> {
    let mut command = Command::new("mvn");
    command.args(["--quiet", "--batch-mode", "--file"]).arg(pom).arg("dependency:copy-dependencies");
    command.arg("-DincludeScope=runtime").arg(format!("-DoutputDirectory={}", jars.display()));
    match command.output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.stdout);
            let first_error = text.lines().find(|line| line.contains("ERROR")).unwrap_or("no message");
            Err(NoKafka(format!("Maven cannot get Kafka's jars: {first_error}")))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(NoKafka("mvn not found; on Debian: apt-get install maven".to_owned()))
        }
        Err(error) => Err(NoKafka(format!("mvn: {error}"))),
    }
}
