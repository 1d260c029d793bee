//! `keywright dev`: the whole platform in one process.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use keywright_aws_api::{AccountId, Region};
use keywright_service::Settings;
use keywright_service::config::TelemetrySection;
use keywright_service::process::forbid_core_dumps;
use keywright_telemetry::{LogFormat, Telemetry, TelemetryConfig};

use super::stop_signals::StopSignals;
use crate::console::Console;
use crate::error::CliError;
use crate::stack::layout::DEFAULT_DATA_DIR;
use crate::stack::{Options, Stack};

/// Run the whole platform on this machine, with all its state in one directory
///
/// Starts a private Postgres from the machine's own binaries and every service, each on a loopback port of its own, and
/// one front port for all. At the first start it makes all keys and secrets; a later start finds everything again, also
/// after a crash. Stop it with Ctrl-C.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Dev {
    /// Where clients connect; port 0 for a free one
    #[arg(long, env = "KEYWRIGHT_LISTEN", default_value = "127.0.0.1:4566", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Where all state is kept; made if it is not there
    #[arg(long, env = "KEYWRIGHT_DATA_DIR", default_value = DEFAULT_DATA_DIR, value_name = "DIR")]
    data_dir: PathBuf,
    /// The Regions to serve, comma-separated; the first is the default one
    #[arg(
        long,
        env = "KEYWRIGHT_REGIONS",
        default_value = "us-east-1",
        value_delimiter = ',',
        value_name = "REGIONS"
    )]
    regions: Vec<Region>,
    /// The account, twelve digits; it can't be changed after the first start
    #[arg(long, env = "KEYWRIGHT_ACCOUNT", default_value = "000000000000", value_name = "ID")]
    account: AccountId,
    /// What is logged on the standard error stream, such as info or warn,keywright_kms=debug
    #[arg(long, env = "KEYWRIGHT_LOG", value_name = "FILTER")]
    log: Option<String>,
}

impl Dev {
    pub(crate) fn run(self, console: &Console) -> Result<ExitCode, CliError> {
        let section: TelemetrySection = Settings::load(TELEMETRY_DEFAULTS)?.section("telemetry")?;
        let filter = self.log.or_else(|| variable("RUST_LOG")).unwrap_or(section.log_filter);
        let telemetry = TelemetryConfig {
            log_filter: &filter,
            log_format: section.log_format.parse::<LogFormat>()?,
            otlp_endpoint: Some(section.otlp_endpoint),
            ..TelemetryConfig::new("keywright-dev")
        };
        let _telemetry = Telemetry::start(telemetry)?;
        forbid_core_dumps();
        let mut regions = self.regions;
        let mut seen = HashSet::new();
        regions.retain(|region| seen.insert(region.clone()));
        let default_region = regions.first().cloned().ok_or(CliError::NoRegion)?;
        let options = Options {
            listen: self.listen,
            data_dir: self.data_dir,
            default_region,
            regions,
            account: self.account,
            kafka_brokers: variable("KAFKA_BROKERS"),
        };
        let runtime =
            tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(CliError::Runtime)?;
        runtime.block_on(run_until_stopped(&options, console))
    }
}

async fn run_until_stopped(options: &Options, console: &Console) -> Result<ExitCode, CliError> {
    if !options.listen.ip().is_loopback() {
        console.warn(&format!("{} can be reached from other machines, and there is no TLS", options.listen));
    }
    let mut signals = StopSignals::take()?;
    let starting = Stack::start(options, console);
    tokio::pin!(starting);
    let stack = tokio::select! {
        stack = &mut starting => stack?,
        () = signals.next() => {
            // What is half made would be in the way of the next start.
            console.say("stopping as soon as it is started; once more to stop at once");
            tokio::select! {
                stack = &mut starting => stop(stack?, &mut signals, console).await?,
                () = signals.next() => stopped_at_once(console),
            };
            return Ok(ExitCode::FAILURE);
        }
    };
    let mut stack = stack;
    console.print(&stack.ready_text());
    loop {
        tokio::select! {
            () = signals.next() => break,
            () = stack.postgres_ended() => {
                console.warn("Postgres has ended; it is started again");
                tokio::select! {
                    () = signals.next() => break,
                    () = stack.restart_postgres(console) => {}
                }
            }
        }
    }
    console.say("stopping; once more to stop at once");
    stop(stack, &mut signals, console).await
}

async fn stop(stack: Stack, signals: &mut StopSignals, console: &Console) -> Result<ExitCode, CliError> {
    tokio::select! {
        stopped = stack.stop(console) => {
            stopped?;
            console.say("stopped; everything is kept");
            Ok(ExitCode::SUCCESS)
        }
        () = signals.next() => Ok(stopped_at_once(console)),
    }
}

fn stopped_at_once(console: &Console) -> ExitCode {
    console.say("stopped at once; the next start recovers");
    ExitCode::FAILURE
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

/// Quieter than a service's own: a person reads it.
const TELEMETRY_DEFAULTS: &str = "[telemetry]\nlog_filter = \"warn\"\n";

const AFTER_HELP: &str = "\
Environment:
  KAFKA_BROKERS   Kafka's host:port, comma-separated: events go through it. Without it, the
                  audit service reads the other services' journals.
  RUST_LOG        as --log
  PG_BIN          the directory of Postgres's programs, where it isn't found by itself
  KEYWRIGHT_...   settings of the services, such as KEYWRIGHT_JOURNAL__COMMIT=broker

Examples:
  keywright dev
  keywright dev --listen 127.0.0.1:0 --data-dir /tmp/try
  keywright dev --regions us-east-1,eu-west-1 --account 111122223333";
