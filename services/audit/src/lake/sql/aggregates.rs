//! Aggregates and window functions. Those that gather values without bound (`array_agg`, `listagg`, `map_agg`) aren't here.

use super::calls::Called;
use super::error::SqlError;
use super::piece::{Kind, Piece};
use super::query::number_of;

/// An aggregate that may still get a filter and a window.
pub(super) struct Aggregate {
    text: String,
    kind: Kind,
    filters: Vec<String>,
    /// Whether it means something only over a window.
    needs_window: bool,
    /// What is made of its outcome.
    cast: Option<&'static str>,
    /// Whether it can have a window.
    can_have_window: bool,
}

impl Aggregate {
    fn new(text: String) -> Self {
        let (kind, cast) = (Kind::Other, None);
        Self { text, kind, filters: Vec::new(), needs_window: false, cast, can_have_window: true }
    }

    fn cast(self, cast: &'static str) -> Self {
        Self { cast: Some(cast), ..self }
    }

    fn windowed(self) -> Self {
        Self { needs_window: true, ..self }
    }

    pub(super) fn filtered(mut self, condition: &str) -> Self {
        self.filters.push(condition.to_owned());
        self
    }

    pub(super) fn finish(self, over: Option<&str>) -> Result<Piece, SqlError> {
        let mut text = self.text;
        if !self.filters.is_empty() {
            if self.needs_window {
                return Err(SqlError::Unsupported("a filter of this function"));
            }
            text.push_str(&format!(" FILTER (WHERE {})", self.filters.join(" AND ")));
        }
        match over {
            Some(window) if self.can_have_window => text.push_str(&format!(" OVER ({window})")),
            Some(_) => return Err(SqlError::Unsupported("this function over a window")),
            None if self.needs_window => return Err(SqlError::Unsupported("this function without OVER")),
            None => {}
        }
        let text = self.cast.map_or_else(|| text.clone(), |cast| format!("({text})::{cast}"));
        Ok(Piece::Sql { text, kind: self.kind })
    }
}

/// A call of an aggregate; none if it isn't one.
pub(super) fn call(called: &Called<'_>, pieces: &[Piece]) -> Result<Option<Aggregate>, SqlError> {
    let distinct = if called.distinct { "DISTINCT " } else { "" };
    let kind_of = |pieces: &[Piece]| match pieces.first() {
        Some(piece) if piece.kind() == Kind::Time => Kind::Time,
        _ => Kind::Other,
    };
    let aggregate = match (called.name.as_str(), pieces) {
        ("count", []) => Aggregate::new("count(*)".to_owned()),
        ("count", [value]) => Aggregate::new(format!("count({distinct}{})", raw(value))),
        ("approx_distinct", [value]) | ("approx_distinct", [value, _]) => {
            Aggregate { can_have_window: false, ..Aggregate::new(format!("count(DISTINCT {})", raw(value))) }
        }
        ("count_if", [condition]) if !called.distinct => {
            Aggregate::new("count(*)".to_owned()).filtered(&condition.value())
        }
        ("sum", [value]) => Aggregate::new(format!("sum({distinct}{})", value.value())),
        ("avg", [value]) => {
            Aggregate::new(format!("avg({distinct}{})", value.value())).cast("double precision")
        }
        ("min" | "max", [value]) => {
            let text = format!("{}({})", called.name, value.value());
            Aggregate { kind: kind_of(pieces), ..Aggregate::new(text) }
        }
        ("arbitrary" | "any_value", [value]) => {
            Aggregate { kind: kind_of(pieces), ..Aggregate::new(format!("min({})", value.value())) }
        }
        ("bool_and" | "every", [value]) => Aggregate::new(format!("bool_and({})", value.value())),
        ("bool_or", [value]) => Aggregate::new(format!("bool_or({})", value.value())),
        ("stddev" | "stddev_samp" | "stddev_pop" | "variance" | "var_samp" | "var_pop", [value]) => {
            Aggregate::new(format!("{}({})", called.name, value.value())).cast("double precision")
        }
        ("row_number" | "rank" | "dense_rank", []) if !called.is_star => {
            Aggregate::new(format!("{}()", called.name)).windowed()
        }
        ("lag" | "lead", [value]) => {
            let text = format!("{}({})", called.name, value.value());
            Aggregate { kind: kind_of(pieces), ..Aggregate::new(text).windowed() }
        }
        ("lag" | "lead", [value, _]) => {
            let offset = called.arguments.get(1).and_then(|offset| number_of(offset));
            let offset = offset.ok_or(SqlError::Arguments("lag"))?;
            let text = format!("{}({}, {offset})", called.name, value.value());
            Aggregate { kind: kind_of(pieces), ..Aggregate::new(text).windowed() }
        }
        _ => return Ok(None),
    };
    if called.distinct && !matches!(called.name.as_str(), "count" | "sum" | "avg" | "min" | "max") {
        return Err(SqlError::Unsupported("DISTINCT in this function"));
    }
    if called.is_star && called.name != "count" {
        return Err(SqlError::Unsupported("* in this function"));
    }
    Ok(Some(aggregate))
}

/// What only is counted needs no other form.
fn raw(piece: &Piece) -> String {
    match piece {
        Piece::Sql { text, kind: Kind::Uuid } => text.clone(),
        other => other.value(),
    }
}
