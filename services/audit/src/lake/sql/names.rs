//! Names: columns in scope, and what they stand for.

use sqlparser::ast::Ident;

use super::error::SqlError;
use super::fields::Shape;
use super::piece::{Kind, Piece};

/// A column that a source has.
#[derive(Clone, Debug)]
pub(super) struct Column {
    /// As it is shown.
    pub(super) name: String,
    /// What it stands for.
    pub(super) piece: Piece,
}

/// A source of a FROM clause.
#[derive(Clone, Debug)]
pub(super) struct Source {
    /// By what the caller names it.
    pub(super) name: Option<String>,
    /// Its columns.
    pub(super) columns: Vec<Column>,
}

/// The sources of one SELECT.
pub(super) type Scope = Vec<Source>;

/// A column that a query gives to what is around it.
#[derive(Clone, Debug)]
pub(super) struct Output {
    /// As it is shown.
    pub(super) name: String,
    /// The type of its values.
    pub(super) kind: Kind,
    /// What its text has within, if that is JSON.
    pub(super) shape: Option<&'static Shape>,
}

impl Output {
    /// The column, of the source that has this alias, at this place.
    pub(super) fn column(&self, alias: &str, place: usize) -> Column {
        let text = format!("{alias}.c{place}");
        let piece = match self.shape {
            Some(shape) => Piece::Json {
                base: format!("({text})::json"),
                path: vec![],
                shape,
                columns: None,
                source: None,
            },
            None => Piece::Sql { text, kind: self.kind },
        };
        Column { name: self.name.clone(), piece }
    }
}

/// Whether two names are the same: Presto heeds no case, not even in quotes.
pub(super) fn same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

/// Finds the column that these parts begin with, from the innermost scope outwards; says how many of them it took.
pub(super) fn resolve(scopes: &[Scope], parts: &[Ident]) -> Result<Option<(Column, usize)>, SqlError> {
    for scope in scopes.iter().rev() {
        if let [qualifier, name, ..] = parts
            && let Some(source) =
                scope.iter().find(|source| source.name.as_deref().is_some_and(|n| same(n, &qualifier.value)))
            && let Some(found) = of_source(source, &name.value)?
        {
            return Ok(Some((found, 2)));
        }
        let Some(name) = parts.first() else { return Ok(None) };
        let mut found = Vec::new();
        for source in scope {
            found.extend(of_source(source, &name.value)?);
        }
        match (found.pop(), found.is_empty()) {
            (None, _) => {}
            (Some(column), true) => return Ok(Some((column, 1))),
            (Some(_), false) => return Err(SqlError::Ambiguous(name.value.clone())),
        }
    }
    Ok(None)
}

fn of_source(source: &Source, name: &str) -> Result<Option<Column>, SqlError> {
    let mut matching = source.columns.iter().filter(|column| same(&column.name, name));
    match (matching.next(), matching.next()) {
        (found, None) => Ok(found.cloned()),
        (_, Some(_)) => Err(SqlError::Ambiguous(name.to_owned())),
    }
}

/// The parts as they were written.
pub(super) fn written(parts: &[Ident]) -> String {
    let parts: Vec<_> = parts.iter().map(|part| part.value.as_str()).collect();
    parts.join(".")
}
