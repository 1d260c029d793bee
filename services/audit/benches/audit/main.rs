//! What storing and finding events costs, on a Postgres that syncs as in production:
//!
//! ```text
//! target/debug/test-stack --durable cargo bench -p keywright-audit --bench audit -- consumer
//! target/debug/test-stack --durable cargo bench -p keywright-audit --bench audit -- relay
//! target/debug/test-stack --durable cargo bench -p keywright-audit --bench audit -- lookups 10000000
//! ```

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a benchmark that cannot go on has failed, and its output is its result"
)]

mod consumer;
mod cpu;
mod lookups;
mod records;
mod relay;
mod variants;

fn main() {
    // Cargo adds `--bench`.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let count = |default: usize| arguments.get(1).map_or(default, |count| count.parse().unwrap());
    match arguments.first().map(String::as_str) {
        None | Some("consumer") => runtime.block_on(consumer::run(count(200_000))),
        Some("relay") => runtime.block_on(relay::run(count(200_000))),
        Some("lookups") => runtime.block_on(lookups::run(count(1_000_000))),
        Some(other) => println!("{other}: not a benchmark; there are consumer, relay and lookups [events]"),
    }
}
