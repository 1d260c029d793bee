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
use keywright_e2e::requests::{
    CREATE_KEY, CREATE_SECRET, DECRYPT, ENCRYPT, GENERATE_DATA_KEY, GET_PARAMETER, GET_SECRET_VALUE,
    PUT_PARAMETER, Target, signed, unsigned,
};
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

/// What is asked of whom, again and again.
struct Load {
    name: &'static str,
    address: SocketAddr,
    /// None for the bare handler, which gets heads and bodies as large as the first of the others.
    target: Option<Target>,
    inputs: Vec<Value>,
}

fn bench() -> Result<()> {
    let own_path = std::env::current_exe()?;
    let keywright = own_path.with_file_name("keywright");
    let (_bare, bare_address) = start_bare(&own_path)?;
    println!("starting the stack: {}", keywright.display());
    let brokers = std::env::var("KAFKA_BROKERS").ok().filter(|brokers| !brokers.is_empty());
    let stack = Stack::start(&keywright, brokers.as_deref())?;
    let loads = loads(&stack, bare_address)?;

    let mut scenarios = Vec::new();
    for pressure in [SIXTY_FOUR, ONE] {
        let named = |name: &str| {
            if pressure.connections == 1 { format!("{name}, 1 connection") } else { name.to_owned() }
        };
        let direct = rounds(&stack.credentials, pressure, &loads)?;
        let bare = direct.first().context("the bare handler")?;
        let bare_rps = Scenario::of("bare", bare.1.clone(), pressure, None)?.rps;
        for (name, rounds) in direct {
            scenarios.push(Scenario::of(&named(name), rounds, pressure, Some(bare_rps))?);
        }
    }
    let source = if brokers.is_some() { "relay to Kafka" } else { "embedded event source" };
    let how = format!(
        "Everything warm and at each service's own port unless it says otherwise, journal on ({source}), audit \
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

/// What is pressed, the bare handler first, with all that it needs put into the stack.
fn loads(stack: &Stack, bare: SocketAddr) -> Result<Vec<Load>> {
    let credentials = &stack.credentials;
    let service = |name: &str| stack.service_address(&format!("{name}.{}", credentials.region));
    let (kms, params, secrets) = (service("kms")?, service("params")?, service("secrets")?);
    let text_of = |answer: &Value, pointer: &'static str| {
        let text = answer.pointer(pointer).and_then(Value::as_str).context(pointer)?;
        anyhow::Ok(text.to_owned())
    };
    let key_id = text_of(&call(credentials, kms, CREATE_KEY, json!({}))?, "/KeyMetadata/KeyId")?;
    let context = json!({"app": "bench"});
    let plaintext = json!({"KeyId": key_id, "Plaintext": PLAINTEXT, "EncryptionContext": context});
    let sealed = text_of(&call(credentials, kms, ENCRYPT, plaintext.clone())?, "/CiphertextBlob")?;
    for (name, kind) in [(STRING, "String"), (SECURE_STRING, "SecureString")] {
        call(credentials, params, PUT_PARAMETER, json!({"Name": name, "Type": kind, "Value": PLAINTEXT}))?;
    }
    let secret = json!({"Name": SECRET, "SecretString": PLAINTEXT, "ClientRequestToken": SECRET_VERSION});
    call(credentials, secrets, CREATE_SECRET, secret)?;

    let data_keys = (0..DISTINCT).map(|n| {
        json!({"KeyId": key_id, "KeySpec": "AES_256",
               "EncryptionContext": {"app": "bench", "n": format!("{n:04}")}})
    });
    let data_keys: Vec<_> = data_keys.collect();
    let load = |name, address, target, inputs| Load { name, address, target: Some(target), inputs };
    let repeated = |name, address, target, input| load(name, address, target, vec![input; DISTINCT]);
    let decrypted = json!({"CiphertextBlob": sealed, "EncryptionContext": context});
    Ok(vec![
        Load { name: "bare", address: bare, target: None, inputs: data_keys.clone() },
        load("GenerateDataKey", kms, GENERATE_DATA_KEY, data_keys.clone()),
        repeated("Encrypt", kms, ENCRYPT, plaintext),
        repeated("Decrypt", kms, DECRYPT, decrypted),
        load("GenerateDataKey, through the front", stack.front_address()?, GENERATE_DATA_KEY, data_keys),
        repeated("GetParameter of a String", params, GET_PARAMETER, json!({"Name": STRING})),
        repeated(
            "GetParameter of a SecureString",
            params,
            GET_PARAMETER,
            json!({"Name": SECURE_STRING, "WithDecryption": true}),
        ),
        repeated("GetSecretValue", secrets, GET_SECRET_VALUE, json!({"SecretId": SECRET})),
    ])
}

/// Rounds of all loads in turn, so that a slow moment of the machine meets them all.
fn rounds(
    credentials: &Credentials,
    pressure: Pressure,
    loads: &[Load],
) -> Result<Vec<(&'static str, Vec<Measured>)>> {
    let mut all: Vec<_> = loads.iter().map(|load| (load.name, Vec::new())).collect();
    for round in 1..=ROUNDS {
        for (load, (name, measured)) in loads.iter().zip(&mut all) {
            let latest = load::run(load.address, &load.requests(credentials)?, pressure).context(*name)?;
            println!(
                "round {round}: {:<36} {:>3} connections {:>9.0}/s  p50 {:.3} ms  p99 {:.3} ms",
                name,
                pressure.connections,
                latest.rate(),
                latest.latency_ms(0.5),
                latest.latency_ms(0.99),
            );
            measured.push(latest);
        }
    }
    Ok(all)
}

impl Load {
    /// Signed now: a signature is good for five minutes.
    fn requests(&self, credentials: &Credentials) -> Result<Requests> {
        let host = self.address.to_string();
        if let Some(target) = self.target {
            return signed(credentials, &host, target, self.inputs.iter().cloned());
        }
        let first = self.inputs.first().context("an input")?;
        let like = signed(credentials, &host, GENERATE_DATA_KEY, [first.clone()])?;
        Ok(unsigned(&host, first.to_string().len(), &like))
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
/// Names of what is read.
const STRING: &str = "/bench/string";
const SECURE_STRING: &str = "/bench/secure-string";
const SECRET: &str = "bench/secret";
const SECRET_VERSION: &str = "7d0c1a0e-5b1f-4f52-9a43-2f1c5a6e9b10";
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
