//! What can be wrong with a log.

/// Why something of a log is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    /// Bytes are no whole hashes.
    #[error("the bytes are no list of hashes")]
    Hashes,
    /// A leaf or tree is asked for that isn't inside the tree.
    #[error("{asked} is not inside a tree of {size} leaves")]
    Range {
        /// What was asked for.
        asked: u64,
        /// The size of the tree.
        size: u64,
    },
    /// A tile that is needed isn't there, or is too short.
    #[error("the tile {path} is missing, or too short")]
    MissingTile {
        /// Its path.
        path: String,
    },
    /// The right edge doesn't belong to a tree of this size.
    #[error("the tiles at the right edge do not make a tree of {size} leaves")]
    Edge {
        /// The size.
        size: u64,
    },
    /// A proof doesn't lead to the root.
    #[error("the proof does not lead to the root")]
    Proof,
    /// A text is no checkpoint.
    #[error("not a checkpoint: {0}")]
    Checkpoint(&'static str),
    /// A text is no signed note.
    #[error("not a signed note: {0}")]
    Note(&'static str),
    /// A text is no verifier key.
    #[error("not a verifier key: {0}")]
    Key(&'static str),
    /// No signature of this key is there.
    #[error("the note has no signature by {0}")]
    Unsigned(String),
    /// A signature is wrong.
    #[error("the signature by {0} is wrong")]
    Signature(String),
    /// Bytes are no entry bundle.
    #[error("the bytes are no entry bundle")]
    Bundle,
}
