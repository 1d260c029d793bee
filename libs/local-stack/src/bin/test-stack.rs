//! Runs a command on a Postgres and a Kafka of its own: `test-stack cargo test --workspace`.
//!
//! Its Postgres is quick and loses what a failure of the machine finds unwritten; `test-stack --durable cargo bench` has one that
//! syncs, as in production.
//!
//! The command finds them through `KEYWRIGHT_TEST_POSTGRES` and `KEYWRIGHT_TEST_KAFKA`; the latter is not set where the
//! machine cannot run Kafka. When the command ends, the
//! servers stop, their directories go, and its exit code is this program's.

use std::io::Write;
use std::path::PathBuf;
use std::process::{ExitCode, ExitStatus};

use keywright_local_stack::testing::{
    KAFKA_VARIABLE, POSTGRES_VARIABLE, TemporaryDir, kafka_jars, test_postgres,
};
use keywright_local_stack::{KafkaBroker, KafkaConfig, LocalStackError, PostgresCluster};
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1).peekable();
    let durable = arguments.next_if(|first| first == "--durable").is_some();
    let Some(program) = arguments.next() else {
        say("usage: test-stack [--durable] COMMAND [ARGUMENT...]");
        return ExitCode::from(2);
    };
    let mut command = Command::new(program);
    command.args(arguments);
    match run(command, durable).await {
        Ok(status) => ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)),
        Err(error) => {
            say(&format!("test-stack: {error}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(mut command: Command, durable: bool) -> Result<ExitStatus, LocalStackError> {
    let dir = TemporaryDir::new("test-stack")?;
    say("test-stack: starting Postgres");
    let mut config = test_postgres(dir.path().join("postgres"));
    if durable {
        config.settings.clear();
    }
    let postgres = PostgresCluster::start(config).await?;
    command.env(POSTGRES_VARIABLE, postgres.superuser().expose_dsn());
    let kafka = start_kafka(dir.path().join("kafka")).await?;
    if let Some(broker) = &kafka {
        command.env(KAFKA_VARIABLE, broker.bootstrap_servers());
    }
    let ended = run_to_end(command).await;
    if let Some(broker) = kafka {
        broker.stop().await?;
    }
    postgres.stop().await?;
    ended
}

/// `None` where the machine cannot run it: the tests that need it say so.
async fn start_kafka(dir: PathBuf) -> Result<Option<KafkaBroker>, LocalStackError> {
    say("test-stack: starting Kafka (Maven fetches its jars the first time)");
    let jars = match kafka_jars() {
        Ok(jars) => jars,
        Err(reason) => {
            say(&format!("test-stack: NO KAFKA: {reason}"));
            return Ok(None);
        }
    };
    match KafkaBroker::start(KafkaConfig { dir, port: 0, jars }).await {
        Ok(broker) => Ok(Some(broker)),
        Err(LocalStackError::ProgramNotFound { program, package }) => {
            say(&format!("test-stack: NO KAFKA: {program} not found; on Debian: apt-get install {package}"));
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Runs the command; a signal to us is the command's first, and the servers stop after it.
async fn run_to_end(mut command: Command) -> Result<ExitStatus, LocalStackError> {
    let program = PathBuf::from(command.as_std().get_program());
    let io = |source| LocalStackError::Io { action: "run", path: program.clone(), source };
    let mut interrupted = signal(SignalKind::interrupt()).map_err(io)?;
    let mut terminated = signal(SignalKind::terminate()).map_err(io)?;
    let mut child = command.spawn().map_err(io)?;
    tokio::select! {
        status = child.wait() => return status.map_err(io),
        // The terminal has sent it to the command too.
        _ = interrupted.recv() => {}
        _ = terminated.recv() => terminate(&child),
    }
    child.wait().await.map_err(io)
}

fn terminate(child: &Child) {
    let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
    if let Some(pid) = pid {
        _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    }
}

fn say(line: &str) {
    _ = writeln!(std::io::stderr().lock(), "{line}");
}
