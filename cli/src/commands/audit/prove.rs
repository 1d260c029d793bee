//! `keywright audit prove`.

use std::path::PathBuf;
use std::process::ExitCode;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use keywright_audit::log::wire::{ConsistencyProof, EventProof};
use keywright_transparency_log::{Hash, LogError, Note, ProofText, VerifierKey};
use serde_json::json;

use super::{log_key, operators_api, verify};
use crate::commands::admin::{Target, call};
use crate::console::Console;
use crate::error::{AtPath as _, CliError};

#[derive(Args)]
pub(crate) struct Prove {
    #[command(flatten)]
    target: Target,
    /// The event that is in the log
    #[arg(long, value_name = "ID", required_unless_present = "consistency")]
    event_id: Option<String>,
    /// The size of the older tree, and that of a newer one that was signed; the newest, if it is left out
    #[arg(long, value_names = ["OLD", "NEW"], num_args = 1..=2, conflicts_with = "event_id")]
    consistency: Option<Vec<u64>>,
    /// Where to write the proof; else it is printed
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The key that signs checkpoints, as NAME+ID+KEY; without it KMS is asked
    #[arg(long, value_name = "VKEY", value_parser = log_key::parse)]
    key: Option<VerifierKey>,
    /// The KMS key to ask for
    #[arg(long, value_name = "KEY", default_value = log_key::DEFAULT_KEY_ID)]
    key_id: String,
}

impl Prove {
    pub(super) async fn run(self, console: &Console) -> Result<ExitCode, CliError> {
        let admin = self.target.client_of(operators_api(&self.target))?;
        let (text, said) = match &self.consistency {
            Some(sizes) => {
                let (old, new) = (sizes.first().copied().unwrap_or(0), sizes.get(1));
                let mut input = json!({ "OldSize": old });
                if let Some(new) = new {
                    input = json!({ "OldSize": old, "NewSize": new });
                }
                let proof: ConsistencyProof = call(&admin, "GetConsistencyProof", input).await?;
                let hashes: String = proof.proof.iter().map(|hash| format!("{hash}\n")).collect();
                (format!("old {old}\n{hashes}\n{}", proof.checkpoint), "the tree begins with the older one")
            }
            None => {
                let proof: EventProof =
                    call(&admin, "ProveEvent", json!({ "EventId": self.event_id })).await?;
                let proof = text_of(&proof).map_err(|cause| CliError::Proof { what: "the proof", cause })?;
                let key = match &self.key {
                    Some(key) => key.clone(),
                    None => {
                        log_key::from_kms(&self.target, &self.key_id, &verify::online(&self.target)?).await?
                    }
                };
                proof.verify(&key).map_err(|cause| CliError::Proof { what: "the proof", cause })?;
                (proof.to_string(), "the event is in the log")
            }
        };
        match &self.out {
            Some(path) => {
                std::fs::write(path, text).at("write", path)?;
                console.say(&format!("{said}: the proof is in {}", path.display()));
            }
            None => console.print(&text),
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn text_of(proof: &EventProof) -> Result<ProofText, LogError> {
    Ok(ProofText {
        record: STANDARD.decode(&proof.record).map_err(|_| LogError::Proof)?,
        index: proof.leaf_index,
        proof: proof.proof.iter().map(|hash| Hash::from_base64(hash)).collect::<Result<_, _>>()?,
        checkpoint: Note::parse(&proof.checkpoint)?,
    })
}
