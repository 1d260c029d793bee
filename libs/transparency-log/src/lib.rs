//! A transparency log: its tree, its tiles, its checkpoints, its proofs. Pure, no I/O.
//!
//! The tree is that of RFC 6962 over SHA-256. It is stored and served in tiles of height 8 (C2SP `tlog-tiles`); its head is
//! told by a checkpoint (`tlog-checkpoint`), which is a signed note (`signed-note`). Whoever has a checkpoint can check
//! that a leaf is in the tree, and that a later tree only adds to it, without trusting who keeps the log.
//!
//! A [`Plan`] says of which subtrees a root or a proof consists and which [tiles](Plan::tiles) they lie in, so that the
//! caller reads these, from wherever they are, and then has the hashes made. An [`Edge`] appends leaves.
//!
//! <https://c2sp.org/tlog-tiles>, <https://c2sp.org/tlog-checkpoint>, <https://c2sp.org/signed-note>

mod bundle;
mod checkpoint;
mod edge;
mod error;
mod hash;
mod key;
mod note;
mod plan;
mod proof;
mod proof_text;
mod tile;

pub use bundle::{MAX_BUNDLED_BYTES, decode_bundle, encode_bundle};
pub use checkpoint::Checkpoint;
pub use edge::{Edge, GrownTile};
pub use error::LogError;
pub use hash::{Hash, empty_root, leaf_hash, node_hash};
pub use key::{KeyKind, VerifierKey};
pub use note::{Note, NoteSignature};
pub use plan::{Plan, Tiles, complete};
pub use proof::{verify_consistency, verify_inclusion};
pub use proof_text::ProofText;
pub use tile::{TILE_WIDTH, TileId, entries_path};
