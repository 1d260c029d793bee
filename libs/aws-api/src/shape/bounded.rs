//! Text of a caller's value, cut to what a message may carry.

use std::fmt;

/// The beginning of a text, for a message.
#[derive(Debug, Default)]
pub struct Excerpt {
    text: String,
    characters: usize,
    cut: bool,
}

impl Excerpt {
    /// The longest excerpt, in characters.
    pub const MAX: usize = 128;

    /// The beginning of `text`.
    pub fn of(text: &str) -> Self {
        let mut excerpt = Self::default();
        excerpt.add(text);
        excerpt
    }

    /// Appends as much as there is room for.
    pub fn add(&mut self, text: &str) {
        for character in text.chars() {
            if self.characters == Self::MAX {
                self.cut = true;
                return;
            }
            self.characters += 1;
            self.text.push(character);
        }
    }

    /// Whether there is no room left, so that a caller may stop.
    pub fn is_full(&self) -> bool {
        self.cut
    }
}

impl fmt::Write for Excerpt {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.add(text);
        Ok(())
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)?;
        if self.cut { f.write_str("...") } else { Ok(()) }
    }
}
