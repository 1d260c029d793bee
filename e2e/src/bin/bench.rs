//! `make bench`: drives the running stack and, in the same run, a bare actix-web handler with bodies of equal size.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command for people")]

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result};
use keywright_e2e::bare;
use keywright_e2e::client::call;
use keywright_e2e::load::{self, Measured, Pressure, Requests};
use keywright_e2e::report::{Report, Scenario};
use keywright_e2e::requests::{CREATE_KEY, DECRYPT, ENCRYPT, GENERATE_DATA_KEY, signed, unsigned};
use keywright_e2e::stack::{Credentials, Stack};
use keywright_e2e::{many_keys, many_parameters};
use serde_json::{Value, json};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let outcome = match arguments.next().as_deref() {
        None => bench(),
        Some("serve-bare") => bare::serve(WORKERS),
        Some("many-keys") => bench_many_keys(arguments.next().as_deref()),
        Some("many-parameters") => bench_many_parameters(arguments.next().as_deref()),
        Some(other) => Err(anyhow::anyhow!(
            "{other}: not a benchmark; there are many-keys [<how many>] and many-parameters [<how many>]"
        )),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// `make bench ARGS="many-keys 100000"`.
fn bench_many_keys(keys: Option<&str>) -> Result<()> {
    let keys = keys.unwrap_or("100000").parse().context("how many keys")?;
    let keywright = std::env::current_exe()?.with_file_name("keywright");
    println!("{}", many_keys::run(&keywright, keys)?);
    Ok(())
}

/// `make bench ARGS="many-parameters 1000000"`.
fn bench_many_parameters(parameters: Option<&str>) -> Result<()> {
    let parameters = parameters.unwrap_or("1000000").parse().context("how many parameters")?;
    let keywright = std::env::current_exe()?.with_file_name("keywright");
    println!("{}", many_parameters::run(&keywright, parameters)?);
    Ok(())
}

struct Bench {
    credentials: Credentials,
    kms: SocketAddr,
    front: SocketAddr,
    key_id: String,
    sealed: String,
    bare: SocketAddr,
}

fn bench() -> Result<()> {
    let own_path = std::env::current_exe()?;
    let keywright = own_path.with_file_name("keywright");
    let (_bare, bare_address) = start_bare(&own_path)?;
    println!("starting the stack: {}", keywright.display());
    let brokers = std::env::var("KAFKA_BROKERS").ok().filter(|brokers| !brokers.is_empty());
    let stack = Stack::start(&keywright, brokers.as_deref())?;
    let kms = stack.service_address(&format!("kms.{}", stack.credentials.region))?;
    let front = stack.front_address()?;
    let key = call(&stack.credentials, kms, CREATE_KEY, json!({}))?;
    let key_id = key.pointer("/KeyMetadata/KeyId").and_then(Value::as_str).context("a key id")?.to_owned();
    let input = json!({"KeyId": key_id, "Plaintext": PLAINTEXT, "EncryptionContext": {"app": "bench"}});
    let encrypted = call(&stack.credentials, kms, ENCRYPT, input)?;
    let sealed =
        encrypted.pointer("/CiphertextBlob").and_then(Value::as_str).context("a ciphertext")?.to_owned();
    let bench =
        Bench { credentials: stack.credentials.clone(), kms, front, key_id, sealed, bare: bare_address };

    let mut scenarios = Vec::new();
    for pressure in [SIXTY_FOUR, ONE] {
        let named = |name: &str| {
            if pressure.connections == 1 { format!("{name}, 1 connection") } else { name.to_owned() }
        };
        let direct = bench.rounds(
            pressure,
            &[
                ("bare", bench.bare),
                ("GenerateDataKey", bench.kms),
                ("Encrypt", bench.kms),
                ("Decrypt", bench.kms),
                ("GenerateDataKey, through the front", bench.front),
            ],
        )?;
        let bare = direct.first().context("the bare handler")?;
        let bare_rps = Scenario::of("bare", bare.1.clone(), pressure, None)?.rps;
        for (name, rounds) in direct {
            scenarios.push(Scenario::of(&named(name), rounds, pressure, Some(bare_rps))?);
        }
    }
    let source = if brokers.is_some() { "relay to Kafka" } else { "embedded event source" };
    let how = format!(
        "GenerateDataKey, Encrypt and Decrypt of a warm key at the KMS service's own port, journal on ({source}), audit \
         consumer and Postgres running; all on {} cores shared with the load generator ({} threads); median of {ROUNDS} \
         interleaved rounds of {} s; requests signed before the clock runs, verified by the service",
        std::thread::available_parallelism()?,
        SIXTY_FOUR.threads,
        SIXTY_FOUR.duration.as_secs(),
    );
    let report = Report { how, scenarios };
    let path = latest();
    report.write(&path)?;
    println!("\n{}\nwritten to {}", report.table(), path.display());
    Ok(())
}

impl Bench {
    /// Rounds of all scenarios in turn, so that a slow moment of the machine meets them all.
    fn rounds<'a>(
        &self,
        pressure: Pressure,
        scenarios: &[(&'a str, SocketAddr)],
    ) -> Result<Vec<(&'a str, Vec<Measured>)>> {
        let mut all: Vec<_> = scenarios.iter().map(|(name, _)| (*name, Vec::new())).collect();
        for round in 1..=ROUNDS {
            for (index, (name, address)) in scenarios.iter().enumerate() {
                let requests = self.requests(name, *address)?;
                let measured = load::run(*address, &requests, pressure).context(name.to_string())?;
                println!(
                    "round {round}: {:<36} {:>3} connections {:>9.0}/s  p50 {:.3} ms  p99 {:.3} ms",
                    name,
                    pressure.connections,
                    measured.rate(),
                    measured.latency_ms(0.5),
                    measured.latency_ms(0.99),
                );
                if let Some((_, rounds)) = all.get_mut(index) {
                    rounds.push(measured);
                }
            }
        }
        Ok(all)
    }

    /// Signed now: a signature is good for five minutes.
    fn requests(&self, name: &str, address: SocketAddr) -> Result<Requests> {
        let host = address.to_string();
        let data_key = |n: usize| {
            json!({"KeyId": self.key_id, "KeySpec": "AES_256",
                   "EncryptionContext": {"app": "bench", "n": format!("{n:04}")}})
        };
        let sign = |target, inputs: Vec<Value>| signed(&self.credentials, &host, target, inputs);
        match name {
            "Encrypt" => sign(
                ENCRYPT,
                vec![
                    json!({"KeyId": self.key_id, "Plaintext": PLAINTEXT, "EncryptionContext": {"app": "bench"}});
                    DISTINCT
                ],
            ),
            "Decrypt" => sign(
                DECRYPT,
                vec![json!({"CiphertextBlob": self.sealed, "EncryptionContext": {"app": "bench"}}); DISTINCT],
            ),
            "bare" => {
                let body_bytes = data_key(0).to_string().len();
                Ok(unsigned(&host, body_bytes, &sign(GENERATE_DATA_KEY, vec![data_key(0)])?))
            }
            _ => sign(GENERATE_DATA_KEY, (0..DISTINCT).map(data_key).collect()),
        }
    }
}

/// The bare handler in a process of its own, which ends with ours.
struct BareServer(Child);

impl Drop for BareServer {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start_bare(own_path: &Path) -> Result<(BareServer, SocketAddr)> {
    let mut child = Command::new(own_path).arg("serve-bare").stdout(Stdio::piped()).spawn()?;
    let output = child.stdout.take().context("its output")?;
    let server = BareServer(child);
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line)?;
    Ok((server, bare::parse_address(&line)?))
}

fn latest() -> PathBuf {
    let target = std::env::current_exe().ok().and_then(|path| Some(path.parent()?.parent()?.to_owned()));
    target.unwrap_or_else(|| PathBuf::from("target")).join("bench/latest.json")
}

/// 32 bytes, as a data key has.
const PLAINTEXT: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
/// Threads of the bare handler and of the KMS service.
const WORKERS: usize = 2;
const ROUNDS: usize = 3;
const DISTINCT: usize = 2_000;
const SIXTY_FOUR: Pressure = Pressure {
    connections: 64,
    threads: 2,
    warm_up: Duration::from_secs(1),
    duration: Duration::from_secs(5),
};
const ONE: Pressure = Pressure {
    connections: 1,
    threads: 1,
    warm_up: Duration::from_millis(500),
    duration: Duration::from_secs(3),
};
