//! Witnesses: others who sign a checkpoint too, when it is consistent with all that they have seen of the log.
//!
//! <https://c2sp.org/tlog-witness>

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::join_all;
use keywright_aws_api::error::chain;
use keywright_service::ServiceError;
use keywright_service::https::{Authorities, client_builder};
use keywright_store::Connection;
use keywright_transparency_log::{Checkpoint, Note, NoteSignature, Plan, VerifierKey};

use super::config::WitnessSection;
use super::store;
use crate::error::AuditError;

/// The witnesses of a log, of which some must sign.
pub struct Witnesses {
    http: reqwest::Client,
    all: Vec<WitnessSection>,
    required: usize,
    /// Which size each has seen last, by its name. It says so itself when this is wrong.
    seen: BTreeMap<String, u64>,
}

/// Why a witness hasn't signed.
#[derive(Debug, thiserror::Error)]
enum NotWitnessed {
    #[error("it gives no answer")]
    Unavailable(#[from] reqwest::Error),
    #[error("it answers with status {0}")]
    Status(u16),
    #[error("it has seen a tree of {0} leaves, which is larger")]
    Larger(u64),
    #[error("it answers with no cosignature of its own")]
    Cosignature,
    #[error("the proof for it cannot be made")]
    Proof(#[source] AuditError),
}

impl Witnesses {
    /// These witnesses, `required` of which must sign each checkpoint.
    ///
    /// # Errors
    /// [`ServiceError`] when the client can't be set up.
    pub fn new(all: Vec<WitnessSection>, required: usize) -> Result<Self, ServiceError> {
        let http = client_builder(Authorities::Web).map_err(ServiceError::own)?;
        let http = http.timeout(TIME_LIMIT).build().map_err(ServiceError::own)?;
        Ok(Self { http, all, required, seen: BTreeMap::new() })
    }

    /// Has them sign, all at once, and adds what they signed to the note.
    ///
    /// # Errors
    /// [`AuditError::Witnesses`] when too few have signed.
    pub(super) async fn cosign(
        &mut self,
        connection: &Connection,
        checkpoint: &Checkpoint,
        note: &mut Note,
    ) -> Result<(), AuditError> {
        let asked = self.all.iter().map(|witness| self.ask(witness, connection, checkpoint, note));
        let answers: Vec<_> = join_all(asked).await;
        let mut signed = 0;
        for (witness, answer) in self.all.iter().zip(answers) {
            let name = witness.key.name();
            let added = answer.and_then(|signature| {
                note.add(&witness.key, signature.bytes).map_err(|_| NotWitnessed::Cosignature)
            });
            match added {
                Ok(()) => {
                    signed += 1;
                    self.seen.insert(name.to_owned(), checkpoint.size);
                }
                Err(error) => {
                    tracing::warn!(witness = name, error = %chain(&error), "a witness did not sign a checkpoint");
                }
            }
        }
        if signed >= self.required {
            Ok(())
        } else {
            Err(AuditError::Witnesses { signed, required: self.required })
        }
    }

    async fn ask(
        &self,
        witness: &WitnessSection,
        connection: &Connection,
        checkpoint: &Checkpoint,
        note: &Note,
    ) -> Result<NoteSignature, NotWitnessed> {
        let before = self.seen.get(witness.key.name()).copied().unwrap_or(0);
        let before = before.min(checkpoint.size);
        match self.submit(witness, connection, before, checkpoint, note).await? {
            Submitted::Signed(signature) => Ok(signature),
            // It knows better what it has seen.
            Submitted::Other(size) if size <= checkpoint.size => {
                match self.submit(witness, connection, size, checkpoint, note).await? {
                    Submitted::Signed(signature) => Ok(signature),
                    Submitted::Other(size) => Err(NotWitnessed::Larger(size)),
                }
            }
            Submitted::Other(size) => Err(NotWitnessed::Larger(size)),
        }
    }

    async fn submit(
        &self,
        witness: &WitnessSection,
        connection: &Connection,
        before: u64,
        checkpoint: &Checkpoint,
        note: &Note,
    ) -> Result<Submitted, NotWitnessed> {
        let body = body(connection, before, checkpoint, note).await.map_err(NotWitnessed::Proof)?;
        let url = format!("{}/add-checkpoint", witness.url.trim_end_matches('/'));
        let answer = self.http.post(url).body(body).send().await?;
        let status = answer.status().as_u16();
        let text = answer.text().await?;
        match status {
            200 => own_line(&text, &witness.key).map(Submitted::Signed).ok_or(NotWitnessed::Cosignature),
            409 => text.trim_end().parse().map(Submitted::Other).map_err(|_| NotWitnessed::Status(status)),
            status => Err(NotWitnessed::Status(status)),
        }
    }
}

enum Submitted {
    Signed(NoteSignature),
    /// The witness has seen a tree of another size last.
    Other(u64),
}

async fn body(
    connection: &Connection,
    before: u64,
    checkpoint: &Checkpoint,
    note: &Note,
) -> Result<String, AuditError> {
    let plan = Plan::consistency(before, checkpoint.size)?;
    let proof = store::hashes_of(connection, &plan).await?;
    let hashes: String = proof.iter().map(|hash| format!("{hash}\n")).collect();
    Ok(format!("old {before}\n{hashes}\n{note}"))
}

/// The line of this key among those that a witness answers with.
fn own_line(lines: &str, key: &VerifierKey) -> Option<NoteSignature> {
    // Lines of signatures are those of a note; its text doesn't count.
    let note = Note::parse(&format!("-\n\n{lines}")).ok()?;
    note.signatures().iter().find(|one| one.name == key.name() && one.id == key.id()).cloned()
}

/// KMS's time and this together are less than a transaction may be idle.
const TIME_LIMIT: Duration = Duration::from_secs(5);
