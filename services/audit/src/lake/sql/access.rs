//! Names, and the way into what they stand for.

use sqlparser::ast::{AccessExpr, Expr, Ident, Subscript};

use super::error::SqlError;
use super::expression::text_literal;
use super::fields::{FIRST_RESOURCE, RESOURCES, Shape};
use super::names::{resolve, same, written};
use super::piece::{Kind, Piece};
use super::query::number_of;
use super::translator::Translator;

impl Translator<'_> {
    /// What a name stands for, such as `eventName`, `e.eventName` or `e.userIdentity.arn`.
    pub(super) fn named(&mut self, parts: &[Ident]) -> Result<Piece, SqlError> {
        let (column, taken) =
            resolve(&self.scopes, parts)?.ok_or_else(|| SqlError::Column(written(parts)))?;
        let mut piece = column.piece;
        for part in parts.get(taken..).unwrap_or_default() {
            piece = member(piece, &part.value).ok_or_else(|| SqlError::Column(written(parts)))?;
        }
        Ok(piece)
    }

    /// What is behind a name, such as `resources[1].ARN`.
    pub(super) fn access(&mut self, root: &Expr, chain: &[AccessExpr]) -> Result<Piece, SqlError> {
        // `e.resources[1].ARN`: the names at the beginning may have a source's among them.
        let mut names: Vec<Ident> = match root {
            Expr::Identifier(name) => vec![name.clone()],
            Expr::CompoundIdentifier(parts) => parts.clone(),
            _ => Vec::new(),
        };
        let mut rest = chain;
        while let ([AccessExpr::Dot(Expr::Identifier(name)), more @ ..], false) = (rest, names.is_empty()) {
            names.push(name.clone());
            rest = more;
        }
        let mut piece = if names.is_empty() { self.reach(root)? } else { self.named(&names)? };
        for step in rest {
            piece = match step {
                AccessExpr::Dot(Expr::Identifier(name)) => {
                    member(piece, &name.value).ok_or_else(|| SqlError::Column(name.value.clone()))?
                }
                AccessExpr::Subscript(Subscript::Index { index }) => self.element(piece, index)?,
                _ => return Err(SqlError::Unsupported("this form of access")),
            };
        }
        Ok(piece)
    }

    /// The element of a list, counted from 1, or the value of a map's key.
    pub(super) fn element(&mut self, piece: Piece, index: &Expr) -> Result<Piece, SqlError> {
        if let Some(key) = text_literal(index) {
            return into(piece, key.to_owned(), &Shape::Map).ok_or(SqlError::Unsupported("a key of a value"));
        }
        let place = number_of(index).filter(|place| *place > 0);
        let place = place.ok_or(SqlError::Unsupported("an index that is no literal from 1 on"))?;
        let shape = match &piece {
            // Some of the first resource is in columns.
            Piece::Json { shape, path, columns: Some(_), .. }
                if place == 1 && *shape == RESOURCES && path.as_slice() == ["resources"] =>
            {
                FIRST_RESOURCE
            }
            Piece::Json { shape: Shape::List(element), .. } => element,
            _ => &Shape::Map,
        };
        into(piece, (place - 1).to_string(), shape).ok_or(SqlError::Unsupported("an index of a value"))
    }
}

/// A member by its name.
fn member(piece: Piece, name: &str) -> Option<Piece> {
    let Piece::Json { shape: Shape::Struct(members), columns, .. } = &piece else {
        return into(piece, name.to_owned(), &Shape::Map);
    };
    let member = members.iter().find(|member| same(member.name, name))?;
    match (member.column, columns) {
        (Some(column), Some(source)) => Some(Piece::other(format!("{source}.{column}"))),
        _ => into(piece, member.name.to_owned(), member.shape),
    }
}

/// One step deeper.
fn into(piece: Piece, step: String, inner: &'static Shape) -> Option<Piece> {
    match piece {
        Piece::Json { shape: Shape::Scalar, .. } => None,
        Piece::Json { base, mut path, columns, source, .. } => {
            path.push(step);
            Some(Piece::Json { base, path, shape: inner, columns, source })
        }
        Piece::Sql { kind: Kind::Json, text } => {
            Some(Piece::Json { base: text, path: vec![step], shape: inner, columns: None, source: None })
        }
        Piece::Sql { .. } => None,
    }
}
