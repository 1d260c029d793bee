//! What JSON and YAML have in common.

use keywright_crypto::SecretString;

/// A value of a JSON or YAML document. Numbers and truth values are texts, as they were written.
#[derive(Debug)]
pub(super) enum Tree {
    Null,
    Text(SecretString),
    List(Vec<Tree>),
    /// In its order, with what stands there twice.
    Map(Vec<(String, Tree)>),
}

impl Tree {
    /// The first member of this name.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Map(members) => members.iter().find(|(key, _)| key == name).map(|(_, member)| member),
            Self::Null | Self::Text(_) | Self::List(_) => None,
        }
    }

    /// The text of a member.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            Self::Text(text) => Some(text.expose_secret()),
            Self::Null | Self::List(_) | Self::Map(_) => None,
        }
    }
}

/// How deep a document may be: more than a hierarchy of parameters.
pub(super) const MAX_DEPTH: usize = 24;
