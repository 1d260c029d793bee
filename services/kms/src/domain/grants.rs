//! The grants on one key, as they are kept in memory beside it.
//!
//! Up to [`FEW`] are kept all together, by grantee. A key with more keeps none but those of the principals who lately used
//! it, each loaded when it is needed: so a change of one of 50,000 grants costs no replica more than a page of rows.

use std::collections::HashMap;
use std::sync::Arc;

use super::grant::{Grant, GrantId};
use super::loading_cache::LoadingCache;

/// The grants that name one grantee.
pub type OfGrantee = Vec<Arc<Grant>>;

/// The grants on one key.
pub enum KeyGrants {
    /// All of them, by grantee.
    All(HashMap<Arc<str>, Arc<OfGrantee>>),
    /// Those that were asked for, by grantee.
    Asked(Arc<LoadingCache<Arc<str>, OfGrantee>>),
}

impl KeyGrants {
    /// From a page of [`FEW`]` + 1` rows: all grants if there are no more.
    #[must_use]
    pub fn new(page: Vec<Grant>) -> Self {
        if page.len() > FEW {
            return Self::Asked(LoadingCache::new(KEPT_GRANTEES));
        }
        let mut all: HashMap<Arc<str>, OfGrantee> = HashMap::new();
        for grant in page {
            all.entry(Arc::clone(&grant.grantee)).or_default().push(Arc::new(grant));
        }
        Self::All(all.into_iter().map(|(grantee, grants)| (grantee, Arc::new(grants))).collect())
    }

    /// Whether the key has no grants at all.
    #[must_use]
    pub fn is_none(&self) -> bool {
        matches!(self, Self::All(all) if all.is_empty())
    }

    /// A grant by its id, if it is in memory; only looked for where all are.
    #[must_use]
    pub fn find(&self, id: GrantId) -> Option<&Arc<Grant>> {
        match self {
            Self::All(all) => all.values().flat_map(|grants| grants.iter()).find(|grant| grant.id == id),
            Self::Asked(_) => None,
        }
    }
}

impl std::fmt::Debug for KeyGrants {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::All(all) => write!(f, "KeyGrants(of {} grantees)", all.len()),
            Self::Asked(asked) => write!(f, "KeyGrants(many, of {} grantees in memory)", asked.len()),
        }
    }
}

/// How many grants of a key are kept all together.
pub const FEW: usize = 200;
/// Of how many grantees the grants are kept, for a key with more.
const KEPT_GRANTEES: usize = 1000;

#[cfg(test)]
mod tests {
    use keywright_aws_api::AccountId;
    use time::OffsetDateTime;

    use super::super::grant::{GrantConstraints, GrantOperation};
    use super::*;

    fn grants(count: usize) -> Vec<Grant> {
        let grant = |number: usize| Grant {
            id: GrantId::from_bytes([u8::try_from(number % 256).unwrap(); 32]),
            name: None,
            grantee: format!("grantee-{}", number % 3).into(),
            retiring: None,
            issuing_account: AccountId::parse("111122223333").unwrap(),
            operations: [GrantOperation::Decrypt].into_iter().collect(),
            constraints: GrantConstraints::default(),
            created_at: OffsetDateTime::UNIX_EPOCH,
        };
        (0..count).map(grant).collect()
    }

    #[test]
    fn few_grants_are_kept_by_their_grantee() {
        assert!(KeyGrants::new(Vec::new()).is_none());
        let few = KeyGrants::new(grants(FEW));
        assert!(!few.is_none());
        let KeyGrants::All(all) = &few else { panic!("{few:?}") };
        assert_eq!(all.len(), 3);
        assert_eq!(all.values().map(|grants| grants.len()).sum::<usize>(), FEW);
        assert!(few.find(GrantId::from_bytes([7; 32])).is_some());
        assert!(few.find(GrantId::from_bytes([255; 32])).is_none());
    }

    #[test]
    fn of_many_none_is_kept_before_it_is_asked_for() {
        let many = KeyGrants::new(grants(FEW + 1));
        assert!(matches!(&many, KeyGrants::Asked(asked) if asked.is_empty()));
        assert!(!many.is_none() && many.find(GrantId::from_bytes([7; 32])).is_none());
    }
}
