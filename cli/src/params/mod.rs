//! Parameters in files and in environments: what `keywright params` and `keywright exec` do.
//!
//! Everything goes through the public API, signed and recorded like any other call. Values are secrets here whatever their
//! type: they are erased from memory when they have been used, and no error has one.

mod document;
mod dotenv;
mod environment;
mod error;
mod export;
mod format;
mod json;
mod kind;
mod plan;
mod progress;
mod quoting;
mod root;
mod shown;
mod source;
mod store;
mod tree;
mod variables;
mod write;
mod yaml;

pub(crate) use self::document::read_entries;
pub(crate) use self::environment::{environment, find_program};
pub(crate) use self::error::ParamsError;
pub(crate) use self::export::{Export, export};
pub(crate) use self::format::Format;
pub(crate) use self::kind::{Kind, Tier};
pub(crate) use self::plan::{Plan, Wishes};
pub(crate) use self::progress::Progress;
pub(crate) use self::root::Root;
pub(crate) use self::source::Source;
pub(crate) use self::store::{Parameter, ParameterStore};
pub(crate) use self::variables::Naming;
pub(crate) use self::write::write;
