//! Follows what changes at identity, so that what is known of a principal is dropped at once.
//!
//! Identity is asked for the changes behind the last one that is known, and answers when there is one. What was missed
//! while it could not be asked is told afterwards; meanwhile what is known ends by its own bounds.

use std::sync::Weak;
use std::time::Duration;

use super::ask::{Changes, NotAnswered};
use super::credentials::{IdentityCredentials, Inner};

/// What identity says has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject<'a> {
    /// A user or role, by its unique id: its sessions, too.
    Principal(&'a str),
    /// All of an account.
    Account(&'a str),
    /// Anything.
    Everything,
}

impl<'a> Subject<'a> {
    /// Reads a subject. One that isn't understood may be of a newer version, so it stands for everything.
    pub(super) fn parse(text: &'a str) -> Self {
        match text.split_once(':') {
            Some((ACCOUNT, account)) => Self::Account(account),
            None if text.bytes().all(|byte| byte.is_ascii_alphanumeric()) && !text.is_empty() => {
                Self::Principal(text)
            }
            Some(_) | None => Self::Everything,
        }
    }
}

/// Follows the changes for as long as the credentials are used.
pub(super) async fn follow(credentials: Weak<Inner>) {
    let mut known = None;
    let mut pause = FIRST_PAUSE;
    loop {
        let Some(inner) = credentials.upgrade() else { return };
        let identity = inner.identity();
        // Nothing is held while it waits, so that the credentials can go.
        drop(inner);
        let answer = identity.changes(known).await;
        let Some(inner) = credentials.upgrade() else { return };
        match answer {
            Ok(changes) => {
                apply(&IdentityCredentials::of(inner), known, &changes);
                known = Some(changes.cursor);
                pause = FIRST_PAUSE;
            }
            Err(error) => {
                drop(inner);
                if !matches!(error, NotAnswered::Unavailable(_)) {
                    tracing::warn!(%error, "identity does not tell what changes");
                }
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}

fn apply(credentials: &IdentityCredentials, known: Option<i64>, changes: &Changes) {
    // What was answered before the first number is known may be older than it.
    if known.is_none() || changes.everything {
        credentials.invalidate_all();
        return;
    }
    for subject in &changes.subjects {
        match Subject::parse(subject) {
            Subject::Principal(id) => credentials.invalidate(id),
            Subject::Account(account) => credentials.invalidate_account(account),
            Subject::Everything => credentials.invalidate_all(),
        }
    }
}

const ACCOUNT: &str = "account";
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_are_principals_accounts_or_everything() {
        assert_eq!(Subject::parse("AIDAEXAMPLE"), Subject::Principal("AIDAEXAMPLE"));
        assert_eq!(Subject::parse("account:111122223333"), Subject::Account("111122223333"));
        for other in ["*", "", "policy:x", "a b"] {
            assert_eq!(Subject::parse(other), Subject::Everything, "{other}");
        }
    }
}
