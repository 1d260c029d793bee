//! Condition keys: what is known of a request, for the conditions of policies.

use std::borrow::Cow;

use smallvec::SmallVec;

/// The condition keys of one request, such as `kms:ViaService`, each with its values.
#[derive(Default)]
pub struct ContextKeys {
    keys: SmallVec<[(Cow<'static, str>, Cow<'static, str>); 8]>,
}

impl ContextKeys {
    /// Adds a value; a key may have several.
    pub fn push(&mut self, key: impl Into<Cow<'static, str>>, value: impl Into<Cow<'static, str>>) {
        self.keys.push((key.into(), value.into()));
    }
}

impl keywright_policy::ContextKeys for ContextKeys {
    fn get(&self, key: &str, each: &mut dyn FnMut(&str)) -> bool {
        let mut present = false;
        for (name, value) in &self.keys {
            if name.eq_ignore_ascii_case(key) {
                present = true;
                each(value);
            }
        }
        present
    }
}
