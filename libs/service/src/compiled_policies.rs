//! Compiled policies, each text once, however many principals or resources have it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use keywright_crypto::Sha256;
use keywright_policy::{Policy, PolicyDocument, PolicyError};

/// The policies in use, by the hash of name and text. One that nobody holds any more is compiled again.
#[derive(Default)]
pub struct CompiledPolicies {
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    policies: HashMap<[u8; 32], Weak<Policy>>,
    swept_at: usize,
}

impl CompiledPolicies {
    /// The compiled form of a policy's text. `name` is what explanations call it.
    ///
    /// # Errors
    /// [`PolicyError`] for a text that this version doesn't understand: no decision can be made without it.
    pub fn compile(&self, name: &str, document: &str) -> Result<Arc<Policy>, PolicyError> {
        let hash = hash(name, document);
        if let Some(known) = self
            .known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .policies
            .get(&hash)
            .and_then(Weak::upgrade)
        {
            return Ok(known);
        }
        let compiled = Arc::new(Policy::compile(&PolicyDocument::parse(document)?, name));
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.policies.insert(hash, Arc::downgrade(&compiled));
        if known.policies.len() > 2 * known.swept_at + SWEEP_FLOOR {
            known.policies.retain(|_, policy| policy.strong_count() > 0);
            known.swept_at = known.policies.len();
        }
        Ok(compiled)
    }
}

fn hash(name: &str, document: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(&(name.len() as u64).to_be_bytes());
    hash.update(name.as_bytes());
    hash.update(document.as_bytes());
    hash.finish()
}

const SWEEP_FLOOR: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn document(action: &str) -> String {
        format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"{action}","Resource":"*"}}}}"#
        )
    }

    #[test]
    fn one_text_is_compiled_once() {
        let policies = CompiledPolicies::default();
        let compile = |name: &str| policies.compile(name, &document("kms:*")).unwrap();
        let (a, again, b) = (compile("a"), compile("a"), compile("b"));
        assert!(Arc::ptr_eq(&a, &again));
        assert!(!Arc::ptr_eq(&a, &b));
    }

    #[test]
    fn what_nobody_holds_is_let_go() {
        let policies = CompiledPolicies::default();
        for n in 0..1000 {
            drop(policies.compile("a", &document(&format!("kms:A{n}"))).unwrap());
        }
        assert!(
            policies.known.lock().unwrap_or_else(PoisonError::into_inner).policies.len() <= 2 * SWEEP_FLOOR
        );
    }

    #[test]
    fn a_text_that_is_no_policy_is_refused() {
        assert!(CompiledPolicies::default().compile("a", "{}").is_err());
    }
}
