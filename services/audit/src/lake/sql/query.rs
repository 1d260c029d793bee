//! Queries: WITH, set operations, order and limit.

use sqlparser::ast::{
    Expr, Fetch, LimitClause, OrderBy, OrderByExpr, OrderByKind, OrderByOptions, OrderBySort, Query, SetExpr,
    SetOperator, SetQuantifier, Value, ValueWithSpan, With,
};

use super::error::SqlError;
use super::names::{Output, same};
use super::translator::{Translator, WithQuery};

impl Translator<'_> {
    /// A query, and what it gives.
    pub(super) fn query(&mut self, query: &Query) -> Result<(String, Vec<Output>), SqlError> {
        self.deeper(|inner| inner.query_here(query))
    }

    fn query_here(&mut self, query: &Query) -> Result<(String, Vec<Output>), SqlError> {
        let Query {
            with,
            body,
            order_by,
            limit_clause,
            fetch,
            locks,
            for_clause,
            settings,
            format_clause,
            pipe_operators,
        } = query;
        if !locks.is_empty() || for_clause.is_some() {
            return Err(SqlError::Unsupported("FOR UPDATE"));
        }
        if settings.is_some() || format_clause.is_some() || !pipe_operators.is_empty() {
            return Err(SqlError::Unsupported("a clause behind SELECT"));
        }
        let visible = self.with.len();
        let with = with.as_ref().map(|with| self.with_clause(with)).transpose()?.unwrap_or_default();
        let order = order_by.as_ref().map(order_expressions).transpose()?.unwrap_or_default();
        let (mut sql, outputs) = match &**body {
            SetExpr::Select(select) => self.select(select, order)?,
            other => {
                let (sql, outputs) = self.set_expression(other)?;
                let order = order.iter().map(|by| by_output(by, &outputs)).collect::<Result<Vec<_>, _>>()?;
                (append_order(sql, &order), outputs)
            }
        };
        self.with.truncate(visible);
        sql.push_str(&limit(limit_clause.as_ref(), fetch.as_ref())?);
        Ok((format!("{with}{sql}"), outputs))
    }

    fn with_clause(&mut self, with: &With) -> Result<String, SqlError> {
        if with.recursive {
            return Err(SqlError::Unsupported("WITH RECURSIVE"));
        }
        let mut queries = Vec::new();
        for cte in &with.cte_tables {
            if cte.from.is_some() || cte.materialized.is_some() {
                return Err(SqlError::Unsupported("an option of WITH"));
            }
            let (sql, mut outputs) = self.query(&cte.query)?;
            let names = cte.alias.columns.iter().map(|column| column.name.value.as_str());
            rename(&mut outputs, names)?;
            let (_, alias) = self.new_alias()?;
            queries.push(format!("{alias} AS ({sql})"));
            self.with.push(WithQuery { name: cte.alias.name.value.clone(), alias, outputs });
        }
        Ok(format!("WITH {} ", queries.join(", ")))
    }

    fn set_expression(&mut self, body: &SetExpr) -> Result<(String, Vec<Output>), SqlError> {
        self.deeper(|inner| match body {
            SetExpr::Select(select) => inner.select(select, Vec::new()),
            SetExpr::Query(query) => {
                let (sql, outputs) = inner.query(query)?;
                Ok((format!("({sql})"), outputs))
            }
            SetExpr::SetOperation { left, op, set_quantifier, right } => {
                let (left, outputs) = inner.set_expression(left)?;
                let (right, others) = inner.set_expression(right)?;
                if outputs.len() != others.len() {
                    return Err(SqlError::Unsupported("a set operation on different numbers of columns"));
                }
                let op = match op {
                    SetOperator::Union => "UNION",
                    SetOperator::Except | SetOperator::Minus => "EXCEPT",
                    SetOperator::Intersect => "INTERSECT",
                };
                let all = match set_quantifier {
                    SetQuantifier::All => " ALL",
                    SetQuantifier::Distinct | SetQuantifier::None => "",
                    SetQuantifier::ByName | SetQuantifier::AllByName | SetQuantifier::DistinctByName => {
                        return Err(SqlError::Unsupported("BY NAME"));
                    }
                };
                Ok((format!("({left}) {op}{all} ({right})"), outputs))
            }
            SetExpr::Values(_) => Err(SqlError::Unsupported("VALUES")),
            SetExpr::Table(_) => Err(SqlError::Unsupported("TABLE")),
            SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) => {
                Err(SqlError::NotOneSelect)
            }
        })
    }
}

/// Gives columns other names.
pub(super) fn rename<'a>(
    outputs: &mut [Output],
    names: impl ExactSizeIterator<Item = &'a str>,
) -> Result<(), SqlError> {
    if names.len() != 0 && names.len() != outputs.len() {
        return Err(SqlError::Unsupported("another number of names than of columns"));
    }
    for (output, name) in outputs.iter_mut().zip(names) {
        name.clone_into(&mut output.name);
    }
    Ok(())
}

/// `sql`, ordered by these.
pub(super) fn append_order(mut sql: String, order: &[String]) -> String {
    if !order.is_empty() {
        sql.push_str(" ORDER BY ");
        sql.push_str(&order.join(", "));
    }
    sql
}

/// The place of the output that an expression names, by its number or its name.
pub(super) fn place_of(expression: &Expr, outputs: &[Output]) -> Option<usize> {
    match expression {
        Expr::Identifier(name) => {
            outputs.iter().position(|output| same(&output.name, &name.value)).map(|index| index + 1)
        }
        _ => number_of(expression).filter(|place| (1..=outputs.len()).contains(place)),
    }
}

/// The number that an expression is.
pub(super) fn number_of(expression: &Expr) -> Option<usize> {
    match expression {
        Expr::Value(ValueWithSpan { value: Value::Number(digits, false), .. }) => digits.parse().ok(),
        _ => None,
    }
}

/// `ASC` and the like. Presto puts nulls last whichever way, if it isn't told otherwise.
pub(super) fn direction(options: &OrderByOptions) -> Result<String, SqlError> {
    let OrderByOptions { sort, nulls_first } = options;
    let sort = match sort {
        None | Some(OrderBySort::Asc) => " ASC",
        Some(OrderBySort::Desc) => " DESC",
        Some(OrderBySort::Using(_)) => return Err(SqlError::Unsupported("ORDER BY ... USING")),
    };
    let nulls = if *nulls_first == Some(true) { "FIRST" } else { "LAST" };
    Ok(format!("{sort} NULLS {nulls}"))
}

fn order_expressions(order: &OrderBy) -> Result<Vec<&OrderByExpr>, SqlError> {
    match &order.kind {
        OrderByKind::Expressions(expressions) if order.interpolate.is_none() => {
            if expressions.iter().any(|by| by.with_fill.is_some()) {
                return Err(SqlError::Unsupported("WITH FILL"));
            }
            Ok(expressions.iter().collect())
        }
        _ => Err(SqlError::Unsupported("ORDER BY ALL")),
    }
}

fn by_output(by: &OrderByExpr, outputs: &[Output]) -> Result<String, SqlError> {
    let place = place_of(&by.expr, outputs)
        .ok_or(SqlError::Unsupported("ORDER BY another thing than a column of a set operation"))?;
    Ok(format!("{place}{}", direction(&by.options)?))
}

fn limit(clause: Option<&LimitClause>, fetch: Option<&Fetch>) -> Result<String, SqlError> {
    let mut sql = String::new();
    let mut push = |word: &str, expression: &Expr| {
        let number = number_of(expression).ok_or(SqlError::Unsupported("a LIMIT that isn't a number"))?;
        sql.push_str(&format!(" {word} {number}"));
        Ok::<(), SqlError>(())
    };
    match clause {
        None => {}
        Some(LimitClause::LimitOffset { limit, offset, limit_by }) if limit_by.is_empty() => {
            if let Some(limit) = limit {
                push("LIMIT", limit)?;
            }
            if let Some(offset) = offset {
                push("OFFSET", &offset.value)?;
            }
        }
        Some(_) => return Err(SqlError::Unsupported("this form of LIMIT")),
    }
    match fetch {
        None => {}
        Some(Fetch { with_ties: false, percent: false, quantity: Some(quantity) }) => {
            push("LIMIT", quantity)?
        }
        Some(_) => return Err(SqlError::Unsupported("this form of FETCH")),
    }
    Ok(sql)
}
