//! What a run of the benchmark says: a table for people, a file for programs.

use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Serialize;

use crate::load::{Measured, Pressure};

/// All scenarios of one run.
#[derive(Debug, Serialize)]
pub struct Report {
    /// How it was run.
    pub how: String,
    /// The scenarios, the bare handler first.
    pub scenarios: Vec<Scenario>,
}

/// One scenario.
#[derive(Debug, Serialize)]
pub struct Scenario {
    /// Its name, such as `GenerateDataKey`.
    pub name: String,
    /// Connections that pressed.
    pub connections: usize,
    /// Answers a second: the median of the rounds.
    pub rps: f64,
    /// The middle latency of that round, in milliseconds.
    pub p50_ms: f64,
    /// The latency that one in a hundred exceeds, in milliseconds.
    pub p99_ms: f64,
    /// The latency that one in a thousand exceeds, in milliseconds.
    pub p999_ms: f64,
    /// Its rate over the bare handler's at as many connections, in the same run.
    pub ratio_to_bare: f64,
}

impl Scenario {
    /// The scenario of the median round, compared with the bare handler's rate.
    ///
    /// # Errors
    /// When there is no round.
    pub fn of(
        name: &str,
        mut rounds: Vec<Measured>,
        pressure: Pressure,
        bare_rps: Option<f64>,
    ) -> Result<Self> {
        rounds.sort_by(|a, b| a.rate().total_cmp(&b.rate()));
        let median = rounds.get(rounds.len() / 2).context("at least one round")?;
        let rps = median.rate();
        Ok(Self {
            name: name.to_owned(),
            connections: pressure.connections,
            rps: rounded(rps, 0),
            p50_ms: rounded(median.latency_ms(0.5), 3),
            p99_ms: rounded(median.latency_ms(0.99), 3),
            p999_ms: rounded(median.latency_ms(0.999), 3),
            ratio_to_bare: rounded(rps / bare_rps.unwrap_or(rps), 3),
        })
    }
}

impl Report {
    /// Writes the file for programs.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        if let Some(dir) = path.parent() {
            std::fs::create_dir_all(dir)?;
        }
        std::fs::write(path, serde_json::to_vec_pretty(self)?)
            .with_context(|| format!("write {}", path.display()))
    }

    /// The table for people.
    #[must_use]
    pub fn table(&self) -> String {
        let mut table = format!("{}\n\n", self.how);
        table.push_str(&format!(
            "{:<34}{:>6}{:>12}{:>10}{:>10}{:>11}{:>9}\n",
            "scenario", "conns", "requests/s", "p50 ms", "p99 ms", "p99.9 ms", "of bare"
        ));
        for s in &self.scenarios {
            table.push_str(&format!(
                "{:<34}{:>6}{:>12.0}{:>10.3}{:>10.3}{:>11.3}{:>9.3}\n",
                s.name, s.connections, s.rps, s.p50_ms, s.p99_ms, s.p999_ms, s.ratio_to_bare
            ));
        }
        table
    }
}

fn rounded(value: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    (value * scale).round() / scale
}
