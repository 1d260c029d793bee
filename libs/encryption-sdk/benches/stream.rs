//! What streaming costs beyond its primitives: `cargo bench -p keywright-encryption-sdk --bench stream`.
//!
//! 1 GiB in frames of 64 KiB, beside bare loops on one core over the seal of AES-256-GCM, over SHA-384, which nothing that
//! signs a message can outrun, over both, and over the open of frames that lie in memory. Plaintext is copied from one block
//! that stays in the processor's cache; a message to decrypt lies in memory, and so reading it is part of the figure; short
//! ones, one after the other, lie in the cache as plaintext does. Rates are by the thread's processor time, where Linux tells
//! that, so that they hold on a machine that does other things as well. Then the same between files, by the clock, each in a
//! process of its own, for the memory that it takes at its peak. Slices are encrypted and decrypted into memory that is new
//! each time.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::panic,
    reason = "a benchmark that cannot go on has failed, and its output is its result"
)]

use std::fs::{self, File};
use std::hint::black_box;
use std::io::{self, Read, Write as _};
use std::num::NonZeroU32;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use keywright_crypto::{AesGcm, HashAlgorithm, Hasher};
use keywright_encryption_sdk::{
    AlgorithmSuite, BlockingClient, Client, DecryptOptions, EncryptOptions, RawAesKeyring, SecretBytes,
};

const LEN: u64 = 1 << 30;
const FRAME: NonZeroU32 = NonZeroU32::new(1 << 16).unwrap();
/// The plaintext of a message that stays in the cache, and is long enough for its header to cost nothing.
const SHORT: u64 = 2 << 20;
const ROUNDS: usize = 5;
const SUITES: [(&str, AlgorithmSuite); 2] = [
    ("unsigned", AlgorithmSuite::Aes256GcmHkdfSha512CommitKey),
    ("signed", AlgorithmSuite::Aes256GcmHkdfSha512CommitKeyEcdsaP384),
];

fn main() {
    // Cargo adds `--bench`.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => measure_all(),
        [act, suite, input, output] => measure_files(act, suite, input.as_ref(), output.as_ref()),
        _ => panic!("no arguments, please"),
    }
}

fn measure_all() {
    let mut messages = Vec::new();
    for (_, suite) in SUITES {
        let mut message = Vec::with_capacity(LEN as usize + (LEN / 1024) as usize);
        encrypt(suite, &mut Repeat::new(LEN), &mut message);
        let mut short = Vec::new();
        encrypt(suite, &mut Repeat::new(SHORT), &mut short);
        messages.push((message, short));
    }
    let sealed = Sealed::new();
    let plaintext = vec![7; SHORT as usize];
    let mut rows: Vec<(String, Vec<Duration>)> = Vec::new();
    let mut note = |name: String, took: Duration| match rows.iter_mut().find(|(row, _)| *row == name) {
        Some((_, times)) => times.push(took),
        None => rows.push((name, vec![took])),
    };
    for _ in 0..ROUNDS {
        note("bare loop, seal".into(), timed(bare_seal));
        note("bare loop, SHA-384".into(), timed(bare_hash));
        note("bare loop, seal and SHA-384".into(), timed(bare_seal_and_hash));
        note("copy of a message, no more".into(), timed(|| bare_copy(&messages[0].0)));
        note("bare loop, copy and open".into(), timed(|| sealed.copy_and_open()));
        for ((name, suite), (message, short)) in SUITES.into_iter().zip(&messages) {
            let took = timed(|| encrypt(suite, &mut Repeat::new(LEN), &mut io::sink()));
            note(format!("encrypt, {name}"), took);
            let took = timed(|| decrypt(&mut message.as_slice(), &mut io::sink()));
            note(format!("decrypt, {name}"), took);
            let took = timed(|| {
                for _ in 0..LEN / SHORT {
                    decrypt(&mut short.as_slice(), &mut io::sink());
                }
            });
            note(format!("decrypt, {name}, from the cache"), took);
            let took = timed(|| (0..LEN / SHORT).for_each(|_| encrypt_slice(suite, &plaintext)));
            note(format!("encrypt, {name}, slices of 2 MiB"), took);
            let took = timed(|| decrypt_slice(message));
            note(format!("decrypt, {name}, a slice"), took);
            let took = timed(|| (0..LEN / SHORT).for_each(|_| decrypt_slice(short)));
            note(format!("decrypt, {name}, slices of 2 MiB"), took);
        }
    }
    drop((messages, sealed));
    let bare = median(&mut rows[0].1);
    println!("| {:<32} | GB/s | of bare seal |", "what");
    println!("|---|---:|---:|");
    for (name, times) in &mut rows {
        let took = median(times);
        println!("| {name:<32} | {:.2} | {:.2} |", rate(took), bare.as_secs_f64() / took.as_secs_f64());
    }
    println!("\n| {:<28} | GB/s | peak MB |", "from file to file");
    println!("|---|---:|---:|");
    compare_files();
}

/// The loop that streaming is held to: the frames of one message, sealed where they lie.
fn bare_seal() {
    let cipher = AesGcm::new(&[7; 32]).unwrap();
    let mut frame = vec![7; FRAME.get() as usize];
    for sequence in 0..(LEN / u64::from(FRAME.get())) as usize {
        cipher.seal_in_place(iv(sequence), &[7; 71], &mut frame).unwrap();
    }
}

fn bare_hash() {
    let mut hasher = Hasher::new(HashAlgorithm::Sha384);
    let frame = vec![7; FRAME.get() as usize];
    for _ in 0..LEN / u64::from(FRAME.get()) {
        hasher.update(&frame);
    }
    assert_eq!(hasher.finish().len(), 48);
}

/// What it costs by itself to read a message that is in no cache.
fn bare_copy(mut message: &[u8]) {
    let mut frame = vec![7; FRAME.get() as usize];
    while message.read(&mut frame).unwrap() > 0 {
        black_box(&mut frame);
    }
}

/// Sealed frames that are in no cache, as a message's are.
struct Sealed {
    cipher: AesGcm,
    frames: Vec<u8>,
    tags: Vec<[u8; 16]>,
}

impl Sealed {
    fn new() -> Self {
        let cipher = AesGcm::new(&[7; 32]).unwrap();
        let mut frames = vec![7; LEN as usize];
        let each = frames.chunks_exact_mut(FRAME.get() as usize).enumerate();
        let tags = each.map(|(sequence, frame)| cipher.seal_in_place(iv(sequence), &[7; 71], frame).unwrap());
        let tags = tags.collect();
        Self { cipher, frames, tags }
    }

    /// What decrypting a message in memory is held to.
    fn copy_and_open(&self) {
        let mut frame = vec![7; FRAME.get() as usize];
        let each = self.frames.chunks_exact(frame.len()).zip(&self.tags).enumerate();
        for (sequence, (sealed, tag)) in each {
            frame.copy_from_slice(sealed);
            self.cipher.open_in_place(iv(sequence), &[7; 71], &mut frame, tag).unwrap();
        }
    }
}

fn iv(sequence: usize) -> [u8; 12] {
    let mut iv = [0; 12];
    iv[4..].copy_from_slice(&(sequence as u64).to_be_bytes());
    iv
}

fn bare_seal_and_hash() {
    let cipher = AesGcm::new(&[7; 32]).unwrap();
    let mut hasher = Hasher::new(HashAlgorithm::Sha384);
    let mut frame = vec![7; FRAME.get() as usize];
    for sequence in 0..(LEN / u64::from(FRAME.get())) as usize {
        cipher.seal_in_place(iv(sequence), &[7; 71], &mut frame).unwrap();
        hasher.update(&frame);
    }
    assert_eq!(hasher.finish().len(), 48);
}

fn encrypt(suite: AlgorithmSuite, source: &mut impl Read, sink: &mut impl io::Write) {
    let options = EncryptOptions::new().suite(suite).frame_length(FRAME);
    client().encrypt_stream(source, sink, options).unwrap();
}

fn decrypt(source: &mut impl Read, sink: &mut impl io::Write) {
    client().decrypt_stream(source, sink, DecryptOptions::new()).unwrap();
}

/// All of it at once, into memory that is new each time.
fn encrypt_slice(suite: AlgorithmSuite, plaintext: &[u8]) {
    let options = EncryptOptions::new().suite(suite).frame_length(FRAME);
    black_box(client().encrypt(plaintext, options).unwrap());
}

/// The same, which is erased behind it, too: all of it at once, into memory that is new each time.
fn decrypt_slice(message: &[u8]) {
    black_box(client().decrypt(message, DecryptOptions::new()).unwrap());
}

fn client() -> BlockingClient {
    let keyring = RawAesKeyring::new("bench", "key", &SecretBytes::new(vec![7; 32])).unwrap();
    Client::builder().keyring(keyring).build().unwrap().blocking()
}

/// One block over and over.
struct Repeat {
    block: Vec<u8>,
    left: u64,
}

impl Repeat {
    fn new(len: u64) -> Self {
        Self { block: (0..FRAME.get()).map(|n| (n % 251) as u8).collect(), left: len }
    }
}

impl Read for Repeat {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let len = out.len().min(self.block.len()).min(usize::try_from(self.left).unwrap());
        out[..len].copy_from_slice(&self.block[..len]);
        self.left -= len as u64;
        Ok(len)
    }
}

fn compare_files() {
    let directory = std::env::temp_dir().join(format!("encryption-sdk-bench-{}", std::process::id()));
    fs::create_dir(&directory).unwrap();
    let [plaintext, message, back] = ["plaintext", "message", "back"].map(|name| directory.join(name));
    io::copy(&mut Repeat::new(LEN), &mut File::create(&plaintext).unwrap()).unwrap();
    for (name, _) in SUITES {
        for (act, input, output) in [("encrypt", &plaintext, &message), ("decrypt", &message, &back)] {
            let child = Command::new(std::env::current_exe().unwrap());
            let status = { child }.args([act, name]).args([input, output]).status().unwrap();
            assert!(status.success());
        }
        assert_eq!(fs::metadata(&back).unwrap().len(), LEN);
    }
    fs::remove_dir_all(&directory).unwrap();
}

fn measure_files(act: &str, name: &str, input: &Path, output: &Path) {
    let (mut input, mut output) = (File::open(input).unwrap(), File::create(output).unwrap());
    let suite = SUITES.into_iter().find(|(suite, _)| *suite == name).unwrap().1;
    let began = Instant::now();
    match act {
        "encrypt" => encrypt(suite, &mut input, &mut output),
        _ => decrypt(&mut input, &mut output),
    }
    let took = began.elapsed();
    let peak = peak_memory().map_or("?".to_owned(), |bytes| format!("{:.1}", bytes as f64 / 1e6));
    println!("| {:<28} | {:.2} | {peak} |", format!("{act}, {name}"), rate(took));
    io::stdout().flush().unwrap();
}

/// Of this process, where Linux tells.
fn peak_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// How long this thread was on a processor; by the clock, where that isn't told.
fn timed(act: impl FnOnce()) -> Duration {
    let (began, ran) = (Instant::now(), processor_time());
    act();
    match (ran, processor_time()) {
        (Some(before), Some(after)) => after - before,
        _ => began.elapsed(),
    }
}

fn processor_time() -> Option<Duration> {
    let status = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(Duration::from_nanos(status.split_whitespace().next()?.parse().ok()?))
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn rate(took: Duration) -> f64 {
    LEN as f64 / took.as_secs_f64() / 1e9
}
