//! Principals of two accounts.

use keywright_service::testing::{ACCOUNT, ADMINISTRATOR, TestCredentials};

/// Beside the standard ones: `AKIAALICE` and `AKIABOB`, users without policies; `AKIAPOD`, a session of the role `app`, and
/// `AKIAPOD2`, another; `AKIAROOT`; of the other account `AKIACAROL`, who may everything there, and `AKIADAVE`, who may
/// nothing.
pub(crate) fn principals() -> TestCredentials {
    TestCredentials::standard()
        .user("AKIAALICE", ACCOUNT, "alice", &[])
        .user("AKIABOB", ACCOUNT, "bob", &[])
        .root("AKIAROOT", ACCOUNT)
        .role_session("AKIAPOD", ACCOUNT, "app", "pod", &[])
        .role_session("AKIAPOD2", ACCOUNT, "app", "pod2", &[])
        .user("AKIACAROL", OTHER, "carol", &[ADMINISTRATOR])
        .user("AKIADAVE", OTHER, "dave", &[])
}

pub(crate) const OTHER: &str = "444455556666";
pub(crate) const ALICE: &str = "arn:aws:iam::111122223333:user/alice";
pub(crate) const BOB: &str = "arn:aws:iam::111122223333:user/bob";
pub(crate) const ADMIN: &str = "arn:aws:iam::111122223333:user/admin";
pub(crate) const ROOT: &str = "arn:aws:iam::111122223333:root";
pub(crate) const ROLE: &str = "arn:aws:iam::111122223333:role/app";
pub(crate) const POD: &str = "arn:aws:sts::111122223333:assumed-role/app/pod";
pub(crate) const DAVE: &str = "arn:aws:iam::444455556666:user/dave";
pub(crate) const OTHER_ROOT: &str = "arn:aws:iam::444455556666:root";
