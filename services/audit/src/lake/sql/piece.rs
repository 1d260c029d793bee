//! A translated expression.

use super::fields::Shape;

/// A translated expression: SQL of ours.
#[derive(Clone, Debug)]
pub(super) enum Piece {
    /// A value.
    Sql {
        /// The expression.
        text: String,
        /// What is known of its type.
        kind: Kind,
    },
    /// A part of a JSON text.
    Json {
        /// The whole, an expression of type `json`.
        base: String,
        /// The way to the part.
        path: Vec<String>,
        /// What is in there.
        shape: &'static Shape,
        /// The source whose columns hold some of its members too.
        columns: Option<String>,
        /// The source whose record it is a part of.
        source: Option<usize>,
    },
}

/// What is known of a value's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `timestamptz`.
    Time,
    /// `uuid`.
    Uuid,
    /// A text literal, whose type depends on where it stands.
    Literal,
    /// `json`.
    Json,
    /// Anything else.
    Other,
}

impl Piece {
    pub(super) fn other(text: String) -> Self {
        Self::Sql { text, kind: Kind::Other }
    }

    pub(super) fn time(text: String) -> Self {
        Self::Sql { text, kind: Kind::Time }
    }

    /// JSON that is no part of a record of a known source.
    pub(super) fn json(base: String, path: Vec<String>) -> Self {
        Self::Json { base, path, shape: &Shape::Map, columns: None, source: None }
    }

    /// As a value: of JSON its text, without quotes if it is one.
    pub(super) fn value(&self) -> String {
        match self {
            Self::Sql { text, kind: Kind::Uuid } => format!("({text})::text"),
            Self::Sql { text, kind: Kind::Json } => format!("({text} #>> '{{}}')"),
            Self::Sql { text, .. } => text.clone(),
            Self::Json { base, path, .. } => format!("({base} #>> {})", path_literal(path)),
        }
    }

    /// As text.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Sql { text, kind: Kind::Other } => format!("({text})::text"),
            Self::Sql { kind: Kind::Time, text } => format!("lake_text({text})"),
            Self::Sql { kind: Kind::Literal, text } => format!("{text}::text"),
            _ => self.value(),
        }
    }

    /// As `json`.
    pub(super) fn as_json(&self) -> String {
        match self {
            Self::Sql { text, kind: Kind::Json } => text.clone(),
            Self::Sql { .. } => format!("({})::json", self.text()),
            Self::Json { base, path, .. } if path.is_empty() => base.clone(),
            Self::Json { base, path, .. } => format!("({base} #> {})", path_literal(path)),
        }
    }

    /// As `timestamptz`.
    pub(super) fn as_time(&self) -> String {
        match self {
            Self::Sql { text, kind: Kind::Time } => text.clone(),
            _ => format!("({})::timestamptz", self.value()),
        }
    }

    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Sql { kind, .. } => *kind,
            Self::Json { .. } => Kind::Other,
        }
    }
}

/// A literal of text; the server has no backslash escapes in it.
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn path_literal(path: &[String]) -> String {
    if path.is_empty() {
        return "'{}'".to_owned();
    }
    let steps: Vec<_> = path.iter().map(|step| literal(step)).collect();
    format!("ARRAY[{}]", steps.join(","))
}
