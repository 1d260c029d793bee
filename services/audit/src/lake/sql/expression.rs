//! Expressions.

use sqlparser::ast::{
    BinaryOperator, CaseWhen, CastKind, CeilFloorKind, DateTimeField, Expr, InTarget, Query, TrimWhereField,
    UnaryOperator, Value, ValueWithSpan,
};

use super::error::SqlError;
use super::piece::{Kind, Piece, literal};
use super::times;
use super::translator::Translator;

impl Translator<'_> {
    /// An expression whose value is needed.
    pub(super) fn expression(&mut self, expression: &Expr) -> Result<Piece, SqlError> {
        let piece = self.reach(expression)?;
        self.note_record(&piece);
        Ok(piece)
    }

    /// An expression that is a truth value.
    pub(super) fn condition(&mut self, expression: &Expr) -> Result<String, SqlError> {
        Ok(self.expression(expression)?.value())
    }

    /// An expression, of which perhaps only a part is needed.
    pub(super) fn reach(&mut self, expression: &Expr) -> Result<Piece, SqlError> {
        self.deeper(|inner| inner.reach_here(expression))
    }

    /// A record is read only where a part of it is needed that no column has.
    pub(super) fn note_record(&mut self, piece: &Piece) {
        if let Piece::Json { source: Some(source), .. } = piece {
            self.records.insert(*source);
        }
    }

    fn reach_here(&mut self, expression: &Expr) -> Result<Piece, SqlError> {
        match expression {
            Expr::Identifier(name) => self.named(std::slice::from_ref(name)),
            Expr::CompoundIdentifier(parts) => self.named(parts),
            Expr::CompoundFieldAccess { root, access_chain } => self.access(root, access_chain),
            Expr::Nested(inner) => match self.reach(inner)? {
                Piece::Sql { text, kind: kind @ (Kind::Other | Kind::Time) } => {
                    Ok(Piece::Sql { text: format!("({text})"), kind })
                }
                other => Ok(other),
            },
            Expr::Value(value) => literal_value(value),
            Expr::TypedString(typed) => {
                let Value::SingleQuotedString(text) = &typed.value.value else {
                    return Err(SqlError::Unsupported("this form of a literal"));
                };
                self.cast(&Piece::Sql { text: literal(text), kind: Kind::Literal }, &typed.data_type)
            }
            Expr::Interval(interval) => times::interval(interval),
            Expr::Function(function) => self.call(function),
            Expr::BinaryOp { left, op, right } => self.binary(left, op, right),
            Expr::UnaryOp { op, expr } => {
                let value = self.expression(expr)?.value();
                match op {
                    UnaryOperator::Not => Ok(Piece::other(format!("(NOT {value})"))),
                    UnaryOperator::Minus => Ok(Piece::other(format!("(- {value})"))),
                    UnaryOperator::Plus => Ok(Piece::other(value)),
                    _ => Err(SqlError::Unsupported("this operator")),
                }
            }
            Expr::IsNull(inner) => self.suffixed(inner, "IS NULL"),
            Expr::IsNotNull(inner) => self.suffixed(inner, "IS NOT NULL"),
            Expr::IsTrue(inner) => self.suffixed(inner, "IS TRUE"),
            Expr::IsNotTrue(inner) => self.suffixed(inner, "IS NOT TRUE"),
            Expr::IsFalse(inner) => self.suffixed(inner, "IS FALSE"),
            Expr::IsNotFalse(inner) => self.suffixed(inner, "IS NOT FALSE"),
            Expr::IsDistinctFrom(left, right) => self.compared(left, "IS DISTINCT FROM", right),
            Expr::IsNotDistinctFrom(left, right) => self.compared(left, "IS NOT DISTINCT FROM", right),
            Expr::Between { expr, negated, low, high } => {
                let lower = self.compared(expr, ">=", low)?.value();
                let upper = self.compared(expr, "<=", high)?.value();
                let not = if *negated { "NOT " } else { "" };
                Ok(Piece::other(format!("({not}({lower} AND {upper}))")))
            }
            Expr::In { expr, target, negated, global: false } => self.membership(expr, target, *negated),
            Expr::Like { negated, any: false, expr, pattern, escape_char } => {
                let value = self.expression(expr)?.text();
                let not = if *negated { "NOT " } else { "" };
                let escape = match escape_char.as_deref() {
                    // Presto has no escape character unless it is told one.
                    None => "",
                    Some(escape) => bounded_literal(escape, 1)?,
                };
                let pattern = bounded_literal(pattern, MAX_PATTERN_CHARS)?;
                Ok(Piece::other(format!(
                    "({value} {not}LIKE {} ESCAPE {})",
                    literal(pattern),
                    literal(escape)
                )))
            }
            Expr::Case { operand, conditions, else_result, case_token: _, end_token: _ } => {
                self.case(operand.as_deref(), conditions, else_result.as_deref())
            }
            Expr::Exists { subquery, negated } => {
                let (sql, _) = self.query(subquery)?;
                let not = if *negated { "NOT " } else { "" };
                Ok(Piece::other(format!("({not}EXISTS ({sql}))")))
            }
            Expr::Subquery(query) => {
                let (sql, kind) = self.single_column(query)?;
                Ok(Piece::Sql { text: format!("({sql})"), kind })
            }
            Expr::Cast { kind, expr, data_type, format: None } => {
                let piece = self.expression(expr)?;
                match kind {
                    CastKind::Cast | CastKind::DoubleColon => self.cast(&piece, data_type),
                    CastKind::TryCast | CastKind::SafeCast => self.try_cast(&piece, data_type),
                }
            }
            Expr::Extract { field, expr, syntax: _ } => {
                let piece = self.expression(expr)?;
                times::extract(field, &piece)
            }
            Expr::Substring { expr, substring_from: Some(from), substring_for, special: _, shorthand: _ } => {
                let (text, from) = (self.expression(expr)?.text(), self.expression(from)?.value());
                let length = substring_for.as_deref().map(|length| self.expression(length)).transpose()?;
                let length = length.map_or_else(String::new, |length| format!(", {}", length.value()));
                Ok(Piece::other(format!("substr({text}, {from}{length})")))
            }
            Expr::Trim { trim_where, trim_what: None, expr, trim_characters: None } => {
                let function = match trim_where {
                    None | Some(TrimWhereField::Both) => "btrim",
                    Some(TrimWhereField::Leading) => "ltrim",
                    Some(TrimWhereField::Trailing) => "rtrim",
                };
                Ok(Piece::other(format!("{function}({})", self.expression(expr)?.text())))
            }
            Expr::Position { expr, r#in } => {
                let (what, text) = (self.expression(expr)?.text(), self.expression(r#in)?.text());
                Ok(Piece::other(format!("strpos({text}, {what})")))
            }
            Expr::Ceil { expr, field: CeilFloorKind::DateTimeField(DateTimeField::NoDateTime) } => {
                Ok(Piece::other(format!("ceil({})", self.expression(expr)?.value())))
            }
            Expr::Floor { expr, field: CeilFloorKind::DateTimeField(DateTimeField::NoDateTime) } => {
                Ok(Piece::other(format!("floor({})", self.expression(expr)?.value())))
            }
            _ => Err(SqlError::Unsupported("this kind of expression")),
        }
    }

    fn suffixed(&mut self, inner: &Expr, suffix: &str) -> Result<Piece, SqlError> {
        Ok(Piece::other(format!("({} {suffix})", self.expression(inner)?.value())))
    }

    fn case(
        &mut self,
        operand: Option<&Expr>,
        conditions: &[CaseWhen],
        otherwise: Option<&Expr>,
    ) -> Result<Piece, SqlError> {
        let mut sql = "(CASE".to_owned();
        for CaseWhen { condition, result } in conditions {
            let condition = match operand {
                Some(operand) => self.compared(operand, "=", condition)?.value(),
                None => self.condition(condition)?,
            };
            sql.push_str(&format!(" WHEN {condition} THEN {}", self.expression(result)?.value()));
        }
        if let Some(otherwise) = otherwise {
            sql.push_str(&format!(" ELSE {}", self.expression(otherwise)?.value()));
        }
        sql.push_str(" END)");
        Ok(Piece::other(sql))
    }

    fn binary(&mut self, left: &Expr, op: &BinaryOperator, right: &Expr) -> Result<Piece, SqlError> {
        let comparison = match op {
            BinaryOperator::And | BinaryOperator::Or => return self.chain(left, op, right),
            BinaryOperator::Eq => "=",
            BinaryOperator::NotEq => "<>",
            BinaryOperator::Lt => "<",
            BinaryOperator::LtEq => "<=",
            BinaryOperator::Gt => ">",
            BinaryOperator::GtEq => ">=",
            BinaryOperator::StringConcat => {
                let (left, right) = (self.expression(left)?.text(), self.expression(right)?.text());
                return Ok(Piece::other(format!("lake_bounded({left} || {right})")));
            }
            BinaryOperator::Plus => return self.arithmetic(left, "+", right),
            BinaryOperator::Minus => return self.arithmetic(left, "-", right),
            BinaryOperator::Multiply => return self.arithmetic(left, "*", right),
            BinaryOperator::Divide => return self.arithmetic(left, "/", right),
            BinaryOperator::Modulo => return self.arithmetic(left, "%", right),
            _ => return Err(SqlError::Unsupported("this operator")),
        };
        self.compared(left, comparison, right)
    }

    fn arithmetic(&mut self, left: &Expr, op: &str, right: &Expr) -> Result<Piece, SqlError> {
        let (left, right) = (self.expression(left)?, self.expression(right)?);
        let is_time = |piece: &Piece| piece.kind() == Kind::Time;
        let kind = if is_time(&left) != is_time(&right) { Kind::Time } else { Kind::Other };
        Ok(Piece::Sql { text: format!("({} {op} {})", left.value(), right.value()), kind })
    }

    /// `a OR b OR c` is a tree as deep as it is long; it is taken apart without going deeper.
    fn chain(&mut self, left: &Expr, op: &BinaryOperator, right: &Expr) -> Result<Piece, SqlError> {
        let (mut rest, mut operands) = (left, vec![right]);
        while let Expr::BinaryOp { left, op: inner, right } = rest
            && inner == op
        {
            operands.push(right);
            rest = left;
        }
        operands.push(rest);
        let word = if *op == BinaryOperator::And { " AND " } else { " OR " };
        let conditions = operands.into_iter().rev().map(|operand| self.condition(operand));
        let conditions = conditions.collect::<Result<Vec<_>, _>>()?;
        Ok(Piece::other(format!("({})", conditions.join(word))))
    }

    /// A comparison, on types that can be compared.
    pub(super) fn compared(&mut self, left: &Expr, op: &str, right: &Expr) -> Result<Piece, SqlError> {
        let (left_piece, right_piece) = (self.expression(left)?, self.expression(right)?);
        let (left, right) = comparable(&left_piece, left, &right_piece, right);
        Ok(Piece::other(format!("({left} {op} {right})")))
    }

    fn membership(&mut self, item: &Expr, target: &InTarget, negated: bool) -> Result<Piece, SqlError> {
        let not = if negated { "NOT " } else { "" };
        match target {
            InTarget::List(list) => {
                let piece = self.expression(item)?;
                let values =
                    list.iter().map(|value| self.expression(value)).collect::<Result<Vec<_>, _>>()?;
                let is_uuid = piece.kind() == Kind::Uuid && list.iter().all(is_uuid_literal);
                let item = match &piece {
                    Piece::Sql { text, .. } if is_uuid => text.clone(),
                    other => other.value(),
                };
                let values: Vec<_> = values.iter().map(Piece::value).collect();
                Ok(Piece::other(format!("({item} {not}IN ({}))", values.join(", "))))
            }
            InTarget::Subquery(query) => {
                let (sql, kind) = self.single_column(query)?;
                let piece = self.expression(item)?;
                Ok(Piece::other(match (&piece, kind) {
                    (Piece::Sql { text, kind: Kind::Uuid }, Kind::Uuid) => {
                        format!("({text} {not}IN ({sql}))")
                    }
                    (piece, Kind::Uuid) => {
                        format!("({} {not}IN (SELECT q.c1::text FROM ({sql}) AS q))", piece.value())
                    }
                    (piece, _) => format!("({} {not}IN ({sql}))", piece.value()),
                }))
            }
            InTarget::Unnest(_) | InTarget::Table { .. } => Err(SqlError::Unsupported("this form of IN")),
        }
    }

    fn single_column(&mut self, query: &Query) -> Result<(String, Kind), SqlError> {
        let (sql, outputs) = self.query(query)?;
        match outputs.as_slice() {
            [output] => Ok((sql, output.kind)),
            _ => Err(SqlError::Unsupported("a subquery of several columns as a value")),
        }
    }
}

fn comparable(left: &Piece, left_expr: &Expr, right: &Piece, right_expr: &Expr) -> (String, String) {
    match (left, right) {
        (Piece::Sql { text: left, kind: Kind::Uuid }, Piece::Sql { text: right, kind: Kind::Uuid }) => {
            (left.clone(), right.clone())
        }
        (Piece::Sql { text, kind: Kind::Uuid }, _) if is_uuid_literal(right_expr) => {
            (text.clone(), right.value())
        }
        (_, Piece::Sql { text, kind: Kind::Uuid }) if is_uuid_literal(left_expr) => {
            (left.value(), text.clone())
        }
        (Piece::Json { .. }, _) => (json_beside(left, right_expr), right.value()),
        (_, Piece::Json { .. }) => (left.value(), json_beside(right, left_expr)),
        _ => (left.value(), right.value()),
    }
}

/// The text of a part of the record as what it is compared with.
fn json_beside(piece: &Piece, other: &Expr) -> String {
    match other {
        Expr::Value(ValueWithSpan { value: Value::Number(..), .. }) => {
            format!("({})::numeric", piece.value())
        }
        Expr::Value(ValueWithSpan { value: Value::Boolean(_), .. }) => {
            format!("({})::boolean", piece.value())
        }
        _ => piece.value(),
    }
}

fn is_uuid_literal(expression: &Expr) -> bool {
    text_literal(expression).is_some_and(|text| text.len() == 36 && uuid::Uuid::try_parse(text).is_ok())
}

/// The text that an expression is.
pub(super) fn text_literal(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(text), .. }) => Some(text),
        Expr::Nested(inner) => text_literal(inner),
        _ => None,
    }
}

/// The same, of so many characters at most: where time or memory depends on it.
pub(super) fn bounded_literal(expression: &Expr, chars: usize) -> Result<&str, SqlError> {
    let text = text_literal(expression).ok_or(SqlError::Literal("a pattern must be a text literal"))?;
    if text.chars().count() > chars {
        return Err(SqlError::Literal("it is too long"));
    }
    Ok(text)
}

fn literal_value(value: &ValueWithSpan) -> Result<Piece, SqlError> {
    match &value.value {
        Value::Number(digits, false) if is_number(digits) => Ok(Piece::other(digits.clone())),
        Value::SingleQuotedString(text) => Ok(Piece::Sql { text: literal(text), kind: Kind::Literal }),
        Value::Boolean(true) => Ok(Piece::other("true".to_owned())),
        Value::Boolean(false) => Ok(Piece::other("false".to_owned())),
        Value::Null => Ok(Piece::other("NULL".to_owned())),
        _ => Err(SqlError::Unsupported("this form of a literal")),
    }
}

fn is_number(digits: &str) -> bool {
    let is_short = digits.len() <= MAX_NUMBER_CHARS && digits.starts_with(|ch: char| ch.is_ascii_digit());
    // A number such as 1e9999 would be one of as many digits.
    is_short && digits.chars().all(|ch| ch.is_ascii_digit() || ch == '.')
}

/// A pattern is tried at each place of a text.
pub(super) const MAX_PATTERN_CHARS: usize = 500;
const MAX_NUMBER_CHARS: usize = 30;
