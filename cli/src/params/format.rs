//! The formats of files.

use std::path::Path;

use clap::ValueEnum;

/// The format of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Lines of NAME=value
    #[value(alias = "env")]
    Dotenv,
    /// An object of names and values, flat or nested; also what `chamber export` writes
    #[value(alias = "chamber")]
    Json,
    /// The same in YAML
    #[value(alias = "yml")]
    Yaml,
    /// What `aws ssm get-parameters-by-path` and `get-parameters` print
    AwsJson,
}

impl Format {
    /// What the name of a file says.
    pub(super) fn of_name(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?.to_ascii_lowercase();
        // `.env`, `.env.local`, `app.env`.
        if name == ".env" || name.starts_with(".env.") {
            return Some(Self::Dotenv);
        }
        match name.rsplit_once('.')?.1 {
            "env" | "dotenv" => Some(Self::Dotenv),
            "json" => Some(Self::Json),
            "yaml" | "yml" => Some(Self::Yaml),
            _ => None,
        }
    }

    /// What the first line of use says.
    pub(super) fn of_content(text: &str) -> Option<Self> {
        let line = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'))?;
        if line.starts_with(['{', '[']) {
            return Some(Self::Json);
        }
        if line == "---" || line.starts_with("%YAML") {
            return Some(Self::Yaml);
        }
        let is_word = |word: &str| {
            let word = word.trim().trim_start_matches("export ").trim();
            !word.is_empty()
                && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-/\"'".contains(&byte))
        };
        let before = |mark: char| line.split_once(mark).filter(|(word, _)| is_word(word));
        match (before('='), before(':')) {
            (Some(_), None) => Some(Self::Dotenv),
            (None, Some((_, rest))) if rest.is_empty() || rest.starts_with(' ') => Some(Self::Yaml),
            // `A=b: c` has its mark first, as has `a: b=c`.
            (Some((name, _)), Some((other, _))) if name.len() < other.len() => Some(Self::Dotenv),
            (Some(_), Some(_)) => Some(Self::Yaml),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_known_by_the_name_of_the_file() {
        for (name, format) in [
            ("a/.env", Format::Dotenv),
            (".env.prod", Format::Dotenv),
            ("prod.ENV", Format::Dotenv),
            ("a.json", Format::Json),
            ("a.yml", Format::Yaml),
            ("a.yaml", Format::Yaml),
        ] {
            assert_eq!(Format::of_name(Path::new(name)), Some(format), "{name}");
        }
        assert_eq!(Format::of_name(Path::new("secrets.txt")), None);
    }

    #[test]
    fn a_format_is_known_by_what_the_file_begins_with() {
        for (text, format) in [
            ("# c\n\nexport A_B=1", Format::Dotenv),
            ("A=b: c", Format::Dotenv),
            ("URL=http://x", Format::Dotenv),
            ("  {\"a\": \"b\"}", Format::Json),
            ("[]", Format::Json),
            ("---\na: b", Format::Yaml),
            ("a: b=c", Format::Yaml),
            ("db:\n  url: x", Format::Yaml),
            ("\"db/url\": x", Format::Yaml),
        ] {
            assert_eq!(Format::of_content(text), Some(format), "{text}");
        }
        for text in ["", "# only", "words without a mark", "\u{1}\u{2}"] {
            assert_eq!(Format::of_content(text), None, "{text}");
        }
    }
}
