//! The pairs of a form as the tree that their dotted names describe.

use std::collections::BTreeMap;

use super::Form;
use crate::shape::DecodeError;

/// One node: the text of the name that ends here, and the names that go on.
#[derive(Debug, Default)]
pub(super) struct Node<'a> {
    text: Option<&'a str>,
    children: BTreeMap<&'a str, Node<'a>>,
}

impl<'a> Node<'a> {
    /// The deepest name, in steps between dots.
    pub(super) const MAX_DEPTH: usize = 24;

    /// Builds the tree. Of pairs with one name the last counts.
    pub(super) fn of(form: &'a Form) -> Result<Self, DecodeError> {
        let mut root = Self::default();
        for (name, value) in form.pairs() {
            let mut node = &mut root;
            for (depth, step) in name.split('.').enumerate() {
                if depth == Self::MAX_DEPTH {
                    return Err(DecodeError::Malformed("a parameter's name is nested too deeply"));
                }
                node = node.children.entry(step).or_default();
            }
            node.text = Some(value);
        }
        Ok(root)
    }

    pub(super) fn text(&self) -> Option<&'a str> {
        self.text
    }

    pub(super) fn child(&self, step: &str) -> Option<&Self> {
        self.children.get(step)
    }

    pub(super) fn children(&self) -> impl Iterator<Item = (&'a str, &Self)> {
        self.children.iter().map(|(step, node)| (*step, node))
    }

    pub(super) fn is_leaf(&self) -> bool {
        self.children.is_empty()
    }

    /// The numbered children in the order of their numbers: those below `wrapper` (`member`, `entry`), or, of a
    /// flattened list, this node's own. An SDK sends an empty list as an empty text. `None` if this is no list.
    pub(super) fn numbered(&self, wrapper: &str) -> Option<Vec<&Self>> {
        if self.is_leaf() {
            return self.text.is_none_or(str::is_empty).then(Vec::new);
        }
        let list = self.child(wrapper).unwrap_or(self);
        let mut numbered = list
            .children()
            .map(|(step, node)| Some((step.parse::<u32>().ok()?, node)))
            .collect::<Option<Vec<_>>>()?;
        numbered.sort_by_key(|(number, _)| *number);
        Some(numbered.into_iter().map(|(_, node)| node).collect())
    }
}
