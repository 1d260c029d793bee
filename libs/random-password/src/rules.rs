//! Which passwords are permitted.

use keywright_crypto::{CryptoError, Random, SecretString};

use crate::draw::Draw;

/// Which passwords are permitted; by default, [`DEFAULT_LENGTH`] characters of all types but the space, each type at least
/// once.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of GetRandomPassword")]
pub struct PasswordRules<'a> {
    /// How many characters, 1 to [`MAX_LENGTH`].
    pub length: usize,
    /// Characters that don't come in.
    pub exclude_characters: &'a str,
    /// Whether digits don't come in.
    pub exclude_numbers: bool,
    /// Whether the 32 signs of ASCII don't come in.
    pub exclude_punctuation: bool,
    /// Whether `A` to `Z` don't come in.
    pub exclude_uppercase: bool,
    /// Whether `a` to `z` don't come in.
    pub exclude_lowercase: bool,
    /// Whether the space comes in. It is of no type: it isn't required.
    pub include_space: bool,
    /// Whether each type that comes in is there at least once. A type whose characters are all excluded doesn't come in.
    pub require_each_included_type: bool,
}

/// Why there is no such password. Nothing here carries any part of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Not 1 to [`MAX_LENGTH`].
    #[error("the length of a password is 1 to {MAX_LENGTH}")]
    Length,
    /// All characters are excluded.
    #[error("all characters are excluded")]
    NothingLeft,
    /// More types are required than the password has characters.
    #[error("the password is too short for the types that are required")]
    TooShort,
    /// There is no randomness, or what is there repeats itself.
    #[error("no randomness could be had")]
    Random(#[from] CryptoError),
}

impl Default for PasswordRules<'_> {
    fn default() -> Self {
        Self {
            length: DEFAULT_LENGTH,
            exclude_characters: "",
            exclude_numbers: false,
            exclude_punctuation: false,
            exclude_uppercase: false,
            exclude_lowercase: false,
            include_space: false,
            require_each_included_type: true,
        }
    }
}

impl PasswordRules<'_> {
    /// Draws a password.
    ///
    /// # Errors
    /// [`PasswordError`].
    pub fn generate(&self, random: &dyn Random) -> Result<SecretString, PasswordError> {
        if !(1..=MAX_LENGTH).contains(&self.length) {
            return Err(PasswordError::Length);
        }
        let types = self.types();
        let mut alphabet = types.concat();
        if self.include_space && !self.exclude_characters.contains(' ') {
            alphabet.push(b' ');
        }
        if alphabet.is_empty() {
            return Err(PasswordError::NothingLeft);
        }
        let required = if self.require_each_included_type { types } else { Vec::new() };
        if required.len() > self.length {
            return Err(PasswordError::TooShort);
        }
        let mut draw = Draw::new(&alphabet, random);
        for _ in 0..MAX_TRIES {
            let password = draw.password(self.length)?;
            let has_one_of =
                |each: &Vec<u8>| password.expose_secret().bytes().any(|byte| each.contains(&byte));
            if required.iter().all(has_one_of) {
                return Ok(password);
            }
        }
        Err(CryptoError::RandomUnavailable.into())
    }

    /// What is left of each type that comes in.
    fn types(&self) -> Vec<Vec<u8>> {
        let types = [
            (self.exclude_uppercase, UPPERCASE),
            (self.exclude_lowercase, LOWERCASE),
            (self.exclude_numbers, NUMBERS),
            (self.exclude_punctuation, PUNCTUATION),
        ];
        let left = |characters: &str| {
            let permitted =
                characters.chars().filter(|character| !self.exclude_characters.contains(*character));
            permitted.collect::<String>().into_bytes()
        };
        let included = types.into_iter().filter(|(is_excluded, _)| !is_excluded);
        included.map(|(_, characters)| left(characters)).filter(|left| !left.is_empty()).collect()
    }
}

/// Of a password whose length isn't said.
pub const DEFAULT_LENGTH: usize = 32;
/// The longest password.
pub const MAX_LENGTH: usize = 4096;

const UPPERCASE: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const LOWERCASE: &str = "abcdefghijklmnopqrstuvwxyz";
const NUMBERS: &str = "0123456789";
const PUNCTUATION: &str = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
/// The rarest rules (four characters, one of each type, where three types have one character left) are met by one password
/// of two thousand: that none of so many meets them has a chance below 2^-64, if the randomness is good.
const MAX_TRIES: usize = 100_000;

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use keywright_crypto::SystemRandom;
    use proptest::prelude::*;

    use super::*;

    fn draw(rules: &PasswordRules<'_>) -> String {
        rules.generate(&SystemRandom).unwrap().expose_secret().to_owned()
    }

    /// Gives the same byte for ever.
    struct Stuck(u8);

    impl Random for Stuck {
        fn fill(&self, out: &mut [u8]) -> Result<(), CryptoError> {
            out.fill(self.0);
            Ok(())
        }
    }

    #[test]
    fn the_types_are_all_printable_ascii_but_the_space() {
        let all = [UPPERCASE, LOWERCASE, NUMBERS, PUNCTUATION].concat();
        let set: BTreeSet<char> = all.chars().collect();
        assert_eq!(set, ('!'..='~').collect());
        assert_eq!(set.len(), all.len());
    }

    #[test]
    fn by_default_it_has_32_characters_of_every_type() {
        for _ in 0..200 {
            let password = draw(&PasswordRules::default());
            assert_eq!(password.len(), 32);
            for each in [UPPERCASE, LOWERCASE, NUMBERS, PUNCTUATION] {
                assert!(password.chars().any(|character| each.contains(character)), "{password}");
            }
        }
    }

    #[test]
    fn nothing_left_and_too_short_are_refused() {
        let of = |length, exclude_characters, require| PasswordRules {
            length,
            exclude_characters,
            require_each_included_type: require,
            ..PasswordRules::default()
        };
        let error = |rules: PasswordRules<'_>| rules.generate(&SystemRandom).unwrap_err();
        let everything: String = ('!'..='~').collect();
        assert_eq!(error(of(8, &everything, false)), PasswordError::NothingLeft);
        assert_eq!(error(of(3, "", true)), PasswordError::TooShort);
        assert_eq!(error(of(0, "", true)), PasswordError::Length);
        assert_eq!(error(of(4097, "", true)), PasswordError::Length);
        assert_eq!(draw(&of(1, "", false)).len(), 1);
        assert_eq!(
            draw(&of(3, PUNCTUATION, true)).len(),
            3,
            "a type of which nothing is left isn't required"
        );
        assert_eq!(draw(&of(4096, "", true)).len(), 4096);
        let spaces = PasswordRules { include_space: true, ..of(8, &everything, true) };
        assert_eq!(draw(&spaces), " ".repeat(8));
        let none = format!("{everything} ");
        assert_eq!(error(PasswordRules { exclude_characters: &none, ..spaces }), PasswordError::NothingLeft);
    }

    #[test]
    fn the_rarest_rules_are_met() {
        let left = format!("{}{}{}", &UPPERCASE[1..], &LOWERCASE[1..], &NUMBERS[1..]);
        let rules = PasswordRules { length: 4, exclude_characters: &left, ..PasswordRules::default() };
        for _ in 0..20 {
            let password = draw(&rules);
            assert!(["A", "a", "0"].iter().all(|each| password.contains(each)), "{password}");
        }
    }

    #[test]
    fn randomness_that_repeats_itself_ends_in_an_error() {
        for byte in [0, 255] {
            let refused = PasswordRules::default().generate(&Stuck(byte)).unwrap_err();
            assert_eq!(refused, PasswordError::Random(CryptoError::RandomUnavailable));
        }
    }

    /// Six permitted passwords (of 27), each drawn about as often: mending would favour none here, but a biased draw would.
    #[test]
    fn every_permitted_password_is_as_likely() {
        let left = format!("{}{}{}", &UPPERCASE[1..], &LOWERCASE[1..], &NUMBERS[1..]);
        let rules = PasswordRules {
            length: 3,
            exclude_characters: &left,
            exclude_punctuation: true,
            ..PasswordRules::default()
        };
        let mut seen = BTreeMap::<String, u32>::new();
        for _ in 0..6_000 {
            *seen.entry(draw(&rules)).or_default() += 1;
        }
        assert_eq!(seen.len(), 6);
        // Twelve standard deviations of 29.
        assert!(seen.values().all(|count| (650..1_350).contains(count)), "{seen:?}");
    }

    proptest! {
        #[test]
        fn no_password_has_what_is_excluded(
            length in 4..200_usize,
            excluded in "[ -~é]{0,40}",
            (numbers, punctuation, uppercase, lowercase) in any::<(bool, bool, bool, bool)>(),
            (include_space, require_each_included_type) in any::<(bool, bool)>(),
        ) {
            let rules = PasswordRules {
                length,
                exclude_characters: &excluded,
                exclude_numbers: numbers,
                exclude_punctuation: punctuation,
                exclude_uppercase: uppercase,
                exclude_lowercase: lowercase,
                include_space,
                require_each_included_type,
            };
            match rules.generate(&SystemRandom) {
                Ok(password) => {
                    let password = password.expose_secret();
                    prop_assert_eq!(password.len(), length);
                    let types = [
                        (numbers, NUMBERS), (punctuation, PUNCTUATION), (uppercase, UPPERCASE), (lowercase, LOWERCASE),
                    ];
                    for (is_excluded, characters) in types {
                        let has_one = password.chars().any(|character| characters.contains(character));
                        let is_left = characters.chars().any(|character| !excluded.contains(character));
                        prop_assert!(!(is_excluded && has_one), "{}", password);
                        prop_assert!(is_excluded || !is_left || !require_each_included_type || has_one);
                    }
                    prop_assert!(!password.chars().any(|character| excluded.contains(character)), "{}", password);
                    prop_assert!(include_space || !password.contains(' '));
                }
                Err(error) => prop_assert_eq!(error, PasswordError::NothingLeft),
            }
        }
    }
}
