//! What many keys cost: memory, the time to start, and the time of a call, beside those of few.

#![expect(clippy::print_stdout, reason = "a command for people, which takes minutes")]

use std::fmt;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::client::call;
use crate::load::{self, Pressure};
use crate::requests::{CREATE_KEY, GENERATE_DATA_KEY, LIST_KEYS, signed};
use crate::stack::Stack;

/// What was measured.
#[derive(Debug)]
pub struct ManyKeys {
    keys: usize,
    idle_bytes: u64,
    created: Duration,
    listed: Duration,
    used_first: Duration,
    used_bytes: u64,
    few_rate: f64,
    few_p50_ms: f64,
    many_rate: f64,
    many_p50_ms: f64,
    restarted: Duration,
    first_call: Duration,
    used_cold: Duration,
    used_cold_bytes: u64,
}

/// Creates `keys` keys in a stack of its own, lists and uses all of them, restarts the stack, and uses them again.
///
/// # Errors
/// When any call fails, or the list isn't whole.
pub fn run(keywright: &Path, keys: usize) -> Result<ManyKeys> {
    ensure!(keys >= FEW, "at least {FEW} keys, with which the others are compared");
    let mut stack = Stack::start(keywright, None)?;
    let idle_bytes = stack.resident_bytes()?;

    let mut created = Duration::ZERO;
    let mut left = keys;
    while left > 0 {
        // Signed in parts: a signature is good for five minutes.
        let part = left.min(CHUNK);
        let kms = kms(&stack)?;
        let inputs = vec![json!({"Description": "one of many"}); part];
        let requests = signed(&stack.credentials, &kms.to_string(), CREATE_KEY, inputs)?;
        created += load::each_once(kms, &requests, CONNECTIONS)?;
        left -= part;
        println!("{} keys created in {:.1} s", keys - left, created.as_secs_f64());
    }

    let start = Instant::now();
    let ids = list(&stack)?;
    let listed = start.elapsed();
    ensure!(ids.len() == keys, "{} keys are listed, {keys} were created", ids.len());

    let used_first = use_each(&stack, &ids)?;
    let used_bytes = stack.resident_bytes()?;
    println!("each used once in {:.1} s; {} MB", used_first.as_secs_f64(), used_bytes / MB);

    let mut rates = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        rates.0.push(press(&stack, ids.get(..FEW).unwrap_or_default())?);
        rates.1.push(press(&stack, &ids)?);
    }
    let (few_rate, few_p50_ms) = median(rates.0)?;
    let (many_rate, many_p50_ms) = median(rates.1)?;

    let restarted = stack.restart(keywright)?;
    let start = Instant::now();
    use_each(&stack, ids.get(..1).unwrap_or_default())?;
    let first_call = start.elapsed();
    let used_cold = use_each(&stack, &ids)?;
    let used_cold_bytes = stack.resident_bytes()?;
    Ok(ManyKeys {
        keys,
        idle_bytes,
        created,
        listed,
        used_first,
        used_bytes,
        few_rate,
        few_p50_ms,
        many_rate,
        many_p50_ms,
        restarted,
        first_call,
        used_cold,
        used_cold_bytes,
    })
}

fn kms(stack: &Stack) -> Result<SocketAddr> {
    stack.service_address(&format!("kms.{}", stack.credentials.region))
}

fn list(stack: &Stack) -> Result<Vec<String>> {
    let mut ids = Vec::new();
    let mut input = json!({"Limit": 1000});
    loop {
        let page = call(&stack.credentials, kms(stack)?, LIST_KEYS, input)?;
        let keys = page.get("Keys").and_then(Value::as_array).context("Keys")?;
        ids.extend(keys.iter().filter_map(|key| Some(key.get("KeyId")?.as_str()?.to_owned())));
        match page.get("NextMarker") {
            Some(marker) => input = json!({"Limit": 1000, "Marker": marker}),
            None => return Ok(ids),
        }
    }
}

fn use_each(stack: &Stack, ids: &[String]) -> Result<Duration> {
    let kms = kms(stack)?;
    let mut all = Duration::ZERO;
    for part in ids.chunks(CHUNK) {
        let requests =
            signed(&stack.credentials, &kms.to_string(), GENERATE_DATA_KEY, part.iter().map(data_key))?;
        all += load::each_once(kms, &requests, CONNECTIONS)?;
    }
    Ok(all)
}

/// Answers a second and the middle latency (milliseconds) of GenerateDataKey by keys in turn.
fn press(stack: &Stack, ids: &[String]) -> Result<(f64, f64)> {
    let kms = kms(stack)?;
    // As many requests in both cases, so that the client's own memory costs the same.
    let ids = ids.iter().cycle().take(DISTINCT);
    let requests = signed(&stack.credentials, &kms.to_string(), GENERATE_DATA_KEY, ids.map(data_key))?;
    let measured = load::run(kms, &requests, PRESSURE)?;
    println!("{:.0} GenerateDataKey/s", measured.rate());
    Ok((measured.rate(), measured.latency_ms(0.5)))
}

fn data_key(id: &String) -> Value {
    json!({"KeyId": id, "KeySpec": "AES_256", "EncryptionContext": {"app": "bench"}})
}

fn median(mut rounds: Vec<(f64, f64)>) -> Result<(f64, f64)> {
    rounds.sort_by(|a, b| a.0.total_cmp(&b.0));
    rounds.get(rounds.len() / 2).copied().context("at least one round")
}

impl fmt::Display for ManyKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} keys, `keywright dev` (all services in one process, Postgres beside it)", self.keys)?;
        let mut row = |what: &str, figure: String| writeln!(f, "{what:<58}{figure:>12}");
        row("memory before", format!("{} MB", self.idle_bytes / MB))?;
        row("CreateKey of all", format!("{:.1} s", self.created.as_secs_f64()))?;
        row("ListKeys of all, 1,000 a page", format!("{:.2} s", self.listed.as_secs_f64()))?;
        row("GenerateDataKey by each, first use", format!("{:.1} s", self.used_first.as_secs_f64()))?;
        row("memory then", format!("{} MB", self.used_bytes / MB))?;
        row(&format!("GenerateDataKey by {FEW} keys"), format!("{:.0}/s", self.few_rate))?;
        row("  p50", format!("{:.3} ms", self.few_p50_ms))?;
        row("GenerateDataKey by all keys", format!("{:.0}/s", self.many_rate))?;
        row("  p50", format!("{:.3} ms", self.many_p50_ms))?;
        row("  of the rate by few", format!("{:.3}", self.many_rate / self.few_rate))?;
        row("started again until ready, with Postgres", format!("{:.1} s", self.restarted.as_secs_f64()))?;
        row("first call after it", format!("{:.3} s", self.first_call.as_secs_f64()))?;
        row("GenerateDataKey by each after it", format!("{:.1} s", self.used_cold.as_secs_f64()))?;
        row("memory then", format!("{} MB", self.used_cold_bytes / MB))
    }
}

const MB: u64 = 1_000_000;
const FEW: usize = 1_000;
const CHUNK: usize = 10_000;
const CONNECTIONS: usize = 32;
const DISTINCT: usize = 100_000;
const ROUNDS: usize = 3;
const PRESSURE: Pressure = Pressure {
    connections: 64,
    threads: 2,
    warm_up: Duration::from_secs(1),
    duration: Duration::from_secs(5),
};
