//! Events as they are stored and looked up; no I/O.

pub mod block;
pub mod cursor;
pub mod event;
pub mod indexed_text;
pub mod lookup;
