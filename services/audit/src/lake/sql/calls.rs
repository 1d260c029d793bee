//! Functions: what isn't named here can't be called.

use sqlparser::ast::{
    DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, WindowSpec,
    WindowType,
};

use super::error::SqlError;
use super::expression::{MAX_PATTERN_CHARS, bounded_literal};
use super::piece::{Kind, Piece, literal};
use super::query::{direction, number_of};
use super::translator::Translator;
use super::{aggregates, times};

/// A call, taken apart.
pub(super) struct Called<'a> {
    pub(super) name: String,
    pub(super) arguments: Vec<&'a Expr>,
    pub(super) is_star: bool,
    pub(super) distinct: bool,
}

impl Translator<'_> {
    /// A call of a function.
    pub(super) fn call(&mut self, function: &Function) -> Result<Piece, SqlError> {
        let called = take_apart(function)?;
        if let Some(piece) = self.json_call(&called)? {
            return if is_plain(function) {
                Ok(piece)
            } else {
                Err(SqlError::Unsupported("this form of a call"))
            };
        }
        let pieces = called.arguments.iter().map(|argument| self.expression(argument));
        let pieces = pieces.collect::<Result<Vec<_>, _>>()?;
        let aggregate = aggregates::call(&called, &pieces)?;
        if let Some(mut piece) = aggregate {
            if let Some(filter) = &function.filter {
                let condition = self.condition(filter)?;
                piece = piece.filtered(&condition);
            }
            let over = function.over.as_ref().map(|over| self.window(over)).transpose()?;
            return piece.finish(over.as_deref());
        }
        if !is_plain(function) || called.distinct || called.is_star {
            return Err(SqlError::Unsupported("this form of a call"));
        }
        if let Some(piece) = times::call(&called.name, &called.arguments, &pieces)? {
            return Ok(piece);
        }
        scalar(&called, &pieces)
    }

    fn window(&mut self, window: &WindowType) -> Result<String, SqlError> {
        let WindowType::WindowSpec(WindowSpec {
            window_name: None,
            partition_by,
            order_by,
            window_frame: None,
        }) = window
        else {
            return Err(SqlError::Unsupported("this form of a window"));
        };
        let mut sql = String::new();
        let parts = partition_by.iter().map(|by| Ok(self.expression(by)?.value()));
        let parts = parts.collect::<Result<Vec<_>, SqlError>>()?;
        if !parts.is_empty() {
            sql.push_str(&format!("PARTITION BY {} ", parts.join(", ")));
        }
        let mut order = Vec::new();
        for by in order_by {
            order.push(format!("{}{}", self.expression(&by.expr)?.value(), direction(&by.options)?));
        }
        if !order.is_empty() {
            sql.push_str(&format!("ORDER BY {}", order.join(", ")));
        }
        Ok(sql)
    }
}

fn is_plain(function: &Function) -> bool {
    function.filter.is_none() && function.over.is_none()
}

fn take_apart(function: &Function) -> Result<Called<'_>, SqlError> {
    let Function {
        name,
        uses_odbc_syntax,
        parameters,
        args,
        filter: _,
        null_treatment,
        over: _,
        within_group,
    } = function;
    let [part] = name.0.as_slice() else { return Err(SqlError::Function(name.to_string())) };
    let ident = part.as_ident().ok_or_else(|| SqlError::Function(name.to_string()))?;
    let is_plain = !uses_odbc_syntax
        && matches!(parameters, FunctionArguments::None)
        && null_treatment.is_none()
        && within_group.is_empty();
    if !is_plain {
        return Err(SqlError::Unsupported("this form of a call"));
    }
    let mut called = Called {
        name: ident.value.to_ascii_lowercase(),
        arguments: Vec::new(),
        is_star: false,
        distinct: false,
    };
    match args {
        FunctionArguments::None => {}
        FunctionArguments::Subquery(_) => return Err(SqlError::Unsupported("a query as an argument")),
        FunctionArguments::List(list) => {
            if !list.clauses.is_empty() {
                return Err(SqlError::Unsupported("a clause within a call"));
            }
            called.distinct = matches!(list.duplicate_treatment, Some(DuplicateTreatment::Distinct));
            for argument in &list.args {
                match argument {
                    FunctionArg::Unnamed(FunctionArgExpr::Expr(expression)) => {
                        called.arguments.push(expression)
                    }
                    FunctionArg::Unnamed(FunctionArgExpr::Wildcard) if list.args.len() == 1 => {
                        called.is_star = true;
                    }
                    _ => return Err(SqlError::Unsupported("this form of an argument")),
                }
            }
        }
    }
    Ok(called)
}

fn scalar(called: &Called<'_>, pieces: &[Piece]) -> Result<Piece, SqlError> {
    let values = || pieces.iter().map(Piece::value).collect::<Vec<_>>().join(", ");
    let piece = match (called.name.as_str(), pieces) {
        ("lower", [text]) => Piece::other(format!("lower({})", text.text())),
        ("upper", [text]) => Piece::other(format!("upper({})", text.text())),
        ("length", [text]) => Piece::other(format!("length({})", text.text())),
        ("trim", [text]) => Piece::other(format!("btrim({})", text.text())),
        ("ltrim", [text]) => Piece::other(format!("ltrim({})", text.text())),
        ("rtrim", [text]) => Piece::other(format!("rtrim({})", text.text())),
        ("reverse", [text]) => Piece::other(format!("reverse({})", text.text())),
        ("substr" | "substring", [text, from]) => {
            Piece::other(format!("substr({}, {})", text.text(), from.value()))
        }
        ("substr" | "substring", [text, from, length]) => {
            Piece::other(format!("substr({}, {}, {})", text.text(), from.value(), length.value()))
        }
        ("strpos", [text, what]) => Piece::other(format!("strpos({}, {})", text.text(), what.text())),
        ("starts_with", [text, what]) => {
            Piece::other(format!("starts_with({}, {})", text.text(), what.text()))
        }
        ("split_part", [text, by, place]) => {
            Piece::other(format!("split_part({}, {}, ({})::integer)", text.text(), by.text(), place.value()))
        }
        ("concat", [_, _, ..]) if pieces.len() <= MAX_CONCATENATED => {
            let texts: Vec<_> = pieces.iter().map(Piece::text).collect();
            Piece::other(format!("lake_bounded({})", texts.join(" || ")))
        }
        ("replace", [text, what]) => Piece::other(format!("replace({}, {}, '')", text.text(), what.text())),
        ("replace", [text, what, _]) => {
            let with = short_literal(called, 2)?;
            Piece::other(format!("lake_bounded(replace({}, {}, {with}))", text.text(), what.text()))
        }
        ("regexp_like", [text, _]) => Piece::other(format!("({} ~ {})", text.text(), pattern(called)?)),
        ("regexp_extract", [text, _]) => {
            Piece::other(format!("regexp_substr({}, {})", text.text(), pattern(called)?))
        }
        ("regexp_extract", [text, _, _]) => {
            let group = called.arguments.get(2).and_then(|group| number_of(group));
            let group = group.filter(|group| *group <= 9).ok_or(SqlError::Arguments("regexp_extract"))?;
            Piece::other(format!("regexp_substr({}, {}, 1, 1, '', {group})", text.text(), pattern(called)?))
        }
        ("regexp_replace", [text, _]) => {
            Piece::other(format!("regexp_replace({}, {}, '', 'g')", text.text(), pattern(called)?))
        }
        ("coalesce", [_, ..]) => same_kind(pieces, format!("coalesce({})", values())),
        ("greatest", [_, ..]) => same_kind(pieces, format!("greatest({})", values())),
        ("least", [_, ..]) => same_kind(pieces, format!("least({})", values())),
        ("nullif", [_, _]) => same_kind(pieces, format!("nullif({})", values())),
        ("if", [condition, then]) => {
            Piece::other(format!("(CASE WHEN {} THEN {} END)", condition.value(), then.value()))
        }
        ("if", [condition, then, otherwise]) => Piece::other(format!(
            "(CASE WHEN {} THEN {} ELSE {} END)",
            condition.value(),
            then.value(),
            otherwise.value()
        )),
        ("abs" | "ceil" | "ceiling" | "floor" | "sqrt" | "sign", [_]) => {
            Piece::other(format!("{}({})", called.name, values()))
        }
        ("round", [number]) => Piece::other(format!("round(({})::numeric)", number.value())),
        ("round", [number, _]) => {
            let digits = called.arguments.get(1).and_then(|digits| number_of(digits));
            let digits = digits.filter(|digits| *digits <= 20).ok_or(SqlError::Arguments("round"))?;
            Piece::other(format!("round(({})::numeric, {digits})", number.value()))
        }
        ("mod", [_, _]) => Piece::other(format!("mod({})", values())),
        _ => return Err(SqlError::Function(called.name.clone())),
    };
    Ok(piece)
}

/// The pattern of a function whose second argument it is.
fn pattern(called: &Called<'_>) -> Result<String, SqlError> {
    let argument = called.arguments.get(1).ok_or(SqlError::Arguments("regexp_like"))?;
    let text = bounded_literal(argument, MAX_PATTERN_CHARS)?;
    // Postgres takes what begins so for directions, and not for the pattern.
    if text.starts_with("***") {
        return Err(SqlError::Literal("it is no regular expression"));
    }
    Ok(literal(text))
}

/// What takes the place of something else, perhaps in many places.
fn short_literal(called: &Called<'_>, place: usize) -> Result<String, SqlError> {
    let argument = called.arguments.get(place).ok_or(SqlError::Arguments("replace"))?;
    Ok(literal(bounded_literal(argument, MAX_REPLACEMENT_CHARS)?))
}

fn same_kind(pieces: &[Piece], text: String) -> Piece {
    let is_time = pieces.iter().any(|piece| piece.kind() == Kind::Time);
    if is_time { Piece::time(text) } else { Piece::other(text) }
}

/// Each may be as long as a text may be.
const MAX_CONCATENATED: usize = 32;
const MAX_REPLACEMENT_CHARS: usize = 64;
