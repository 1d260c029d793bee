//! One SELECT.

use sqlparser::ast::{
    Distinct, Expr, GroupByExpr, OrderByExpr, Select, SelectFlavor, SelectItem,
    SelectItemQualifiedWildcardKind, WildcardAdditionalOptions,
};

use super::error::SqlError;
use super::fields::Shape;
use super::names::{Column, Output, same};
use super::piece::{Kind, Piece};
use super::query::{append_order, direction, number_of, place_of};
use super::translator::Translator;

impl Translator<'_> {
    /// A SELECT with the order of its query, and what it gives.
    pub(super) fn select(
        &mut self,
        select: &Select,
        order: Vec<&OrderByExpr>,
    ) -> Result<(String, Vec<Output>), SqlError> {
        refuse_unknown_clauses(select)?;
        self.scopes.push(Vec::new());
        let outcome = self.select_here(select, order);
        self.scopes.pop();
        outcome
    }

    fn select_here(
        &mut self,
        select: &Select,
        order: Vec<&OrderByExpr>,
    ) -> Result<(String, Vec<Output>), SqlError> {
        let from = self.from(&select.from)?;
        let (items, outputs) = self.projection(&select.projection)?;
        let distinct = match &select.distinct {
            None | Some(Distinct::All) => "",
            Some(Distinct::Distinct) => "DISTINCT ",
            Some(Distinct::On(_)) => return Err(SqlError::Unsupported("DISTINCT ON")),
        };
        let mut sql = format!("SELECT {distinct}{}", items.join(", "));
        if !from.is_empty() {
            sql.push_str(&format!(" FROM {from}"));
        }
        if let Some(condition) = &select.selection {
            sql.push_str(&format!(" WHERE {}", self.condition(condition)?));
        }
        let groups = self.groups(&select.group_by, &outputs)?;
        if !groups.is_empty() {
            sql.push_str(&format!(" GROUP BY {}", groups.join(", ")));
        }
        if let Some(condition) = &select.having {
            sql.push_str(&format!(" HAVING {}", self.condition(condition)?));
        }
        let order = order
            .into_iter()
            .map(|by| {
                let key = match place_of(&by.expr, &outputs) {
                    Some(place) => place.to_string(),
                    None if number_of(&by.expr).is_some() => {
                        return Err(SqlError::Unsupported("ORDER BY a number that is no column's"));
                    }
                    None => self.expression(&by.expr)?.value(),
                };
                Ok(format!("{key}{}", direction(&by.options)?))
            })
            .collect::<Result<Vec<_>, SqlError>>()?;
        Ok((append_order(sql, &order), outputs))
    }

    fn groups(&mut self, group_by: &GroupByExpr, outputs: &[Output]) -> Result<Vec<String>, SqlError> {
        let GroupByExpr::Expressions(expressions, modifiers) = group_by else {
            return Err(SqlError::Unsupported("GROUP BY ALL"));
        };
        if !modifiers.is_empty() {
            return Err(SqlError::Unsupported("a modifier of GROUP BY"));
        }
        let group = |expression: &Expr| {
            let place = place_of(expression, outputs);
            if number_of(expression).is_some() {
                return place
                    .map(|place| place.to_string())
                    .ok_or(SqlError::Unsupported("GROUP BY a number that is no column's"));
            }
            match (self.expression(expression), place) {
                (Ok(piece), _) => Ok(piece.value()),
                // A name that the SELECT gives.
                (Err(SqlError::Column(_)), Some(place)) => Ok(place.to_string()),
                (Err(error), _) => Err(error),
            }
        };
        expressions.iter().map(group).collect()
    }

    fn projection(&mut self, projection: &[SelectItem]) -> Result<(Vec<String>, Vec<Output>), SqlError> {
        let (mut items, mut outputs) = (Vec::new(), Vec::new());
        for item in projection {
            match item {
                SelectItem::UnnamedExpr(expression) => {
                    let piece = self.expression(expression)?;
                    let name = column_name(expression)
                        .map_or_else(|| format!("_col{}", outputs.len()), str::to_owned);
                    add(&mut items, &mut outputs, name, &piece);
                }
                SelectItem::ExprWithAlias { expr, alias } => {
                    let piece = self.expression(expr)?;
                    add(&mut items, &mut outputs, alias.value.clone(), &piece);
                }
                SelectItem::Wildcard(options) => {
                    refuse_options(options)?;
                    self.star(None, &mut items, &mut outputs)?;
                }
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options) => {
                    refuse_options(options)?;
                    let [part] = name.0.as_slice() else { return Err(SqlError::Column(name.to_string())) };
                    let part = part.as_ident().ok_or(SqlError::Unsupported("this form of *"))?;
                    self.star(Some(&part.value), &mut items, &mut outputs)?;
                }
                SelectItem::QualifiedWildcard(..) | SelectItem::ExprWithAliases { .. } => {
                    return Err(SqlError::Unsupported("this form of a selected column"));
                }
            }
            if outputs.len() > MAX_COLUMNS {
                return Err(SqlError::TooMany("columns"));
            }
        }
        Ok((items, outputs))
    }

    fn star(
        &mut self,
        of: Option<&str>,
        items: &mut Vec<String>,
        outputs: &mut Vec<Output>,
    ) -> Result<(), SqlError> {
        let scope = self.scopes.last().cloned().unwrap_or_default();
        let sources = scope.into_iter().filter(|source| match (of, source.name.as_deref()) {
            (None, _) => true,
            (Some(of), name) => name.is_some_and(|name| same(name, of)),
        });
        let before = outputs.len();
        for Column { name, piece } in sources.flat_map(|source| source.columns) {
            self.note_record(&piece);
            add(items, outputs, name, &piece);
        }
        match (of, outputs.len() == before) {
            (_, false) => Ok(()),
            (Some(of), true) => Err(SqlError::Column(format!("{of}.*"))),
            (None, true) => Err(SqlError::NoStore),
        }
    }
}

fn add(items: &mut Vec<String>, outputs: &mut Vec<Output>, name: String, piece: &Piece) {
    let (value, kind, shape) = match piece {
        Piece::Sql { kind: kind @ (Kind::Time | Kind::Uuid), text } => (text.clone(), *kind, None),
        Piece::Sql { kind: Kind::Literal, text } => (format!("{text}::text"), Kind::Other, None),
        Piece::Sql { kind: Kind::Json, .. } => (piece.value(), Kind::Other, Some(&Shape::Map)),
        Piece::Sql { kind: Kind::Other, .. } => (piece.value(), Kind::Other, None),
        Piece::Json { shape: Shape::Scalar, .. } => (piece.value(), Kind::Other, None),
        Piece::Json { shape, .. } => (piece.value(), Kind::Other, Some(*shape)),
    };
    outputs.push(Output { name, kind, shape });
    items.push(format!("{value} AS c{}", outputs.len()));
}

/// The name that a selected expression has without being given one.
fn column_name(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::Identifier(name) => Some(&name.value),
        Expr::CompoundIdentifier(parts) => parts.last().map(|part| part.value.as_str()),
        Expr::CompoundFieldAccess { access_chain, .. } => match access_chain.last() {
            Some(sqlparser::ast::AccessExpr::Dot(Expr::Identifier(name))) => Some(&name.value),
            _ => None,
        },
        Expr::Nested(inner) => column_name(inner),
        _ => None,
    }
}

fn refuse_options(options: &WildcardAdditionalOptions) -> Result<(), SqlError> {
    let WildcardAdditionalOptions {
        wildcard_token: _,
        opt_ilike,
        opt_exclude,
        opt_except,
        opt_replace,
        opt_rename,
        opt_alias,
    } = options;
    let is_plain = opt_ilike.is_none()
        && opt_exclude.is_none()
        && opt_except.is_none()
        && opt_replace.is_none()
        && opt_rename.is_none()
        && opt_alias.is_none();
    if is_plain { Ok(()) } else { Err(SqlError::Unsupported("an option of *")) }
}

/// Names all there is, so that what a newer parser knows besides isn't passed over.
fn refuse_unknown_clauses(select: &Select) -> Result<(), SqlError> {
    let Select {
        select_token: _,
        optimizer_hints,
        distinct: _,
        select_modifiers,
        top,
        top_before_distinct: _,
        projection: _,
        exclude,
        into,
        from: _,
        lateral_views,
        prewhere,
        selection: _,
        connect_by,
        group_by: _,
        cluster_by,
        distribute_by,
        sort_by,
        having: _,
        named_window,
        qualify,
        window_before_qualify: _,
        value_table_mode,
        flavor,
    } = select;
    if into.is_some() {
        return Err(SqlError::Unsupported("SELECT INTO"));
    }
    let is_plain = optimizer_hints.is_empty()
        && select_modifiers.is_none()
        && top.is_none()
        && exclude.is_none()
        && lateral_views.is_empty()
        && prewhere.is_none()
        && connect_by.is_empty()
        && cluster_by.is_empty()
        && distribute_by.is_empty()
        && sort_by.is_empty()
        && named_window.is_empty()
        && qualify.is_none()
        && value_table_mode.is_none()
        && matches!(flavor, SelectFlavor::Standard);
    if is_plain { Ok(()) } else { Err(SqlError::Unsupported("a clause of SELECT")) }
}

const MAX_COLUMNS: usize = 200;
