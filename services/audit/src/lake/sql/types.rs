//! Types that a CAST may name.

use sqlparser::ast::{DataType, ExactNumberInfo};

use super::error::SqlError;
use super::piece::{Kind, Piece};
use super::translator::Translator;

impl Translator<'_> {
    pub(super) fn cast(&self, piece: &Piece, to: &DataType) -> Result<Piece, SqlError> {
        match target(to)? {
            ("text", _) => Ok(Piece::other(piece.text())),
            (name, Kind::Time) => Ok(Piece::time(format!("({})::{name}", piece.value()))),
            (name, kind) => Ok(Piece::Sql { text: format!("({})::{name}", piece.value()), kind }),
        }
    }

    /// NULL where a text isn't a number; only for numbers, of which that can be told beforehand.
    pub(super) fn try_cast(&self, piece: &Piece, to: &DataType) -> Result<Piece, SqlError> {
        let pattern = match target(to)?.0 {
            "bigint" | "integer" | "smallint" => r"^[-+]?[0-9]{1,9}$",
            "double precision" => r"^[-+]?[0-9]{1,300}(\.[0-9]+)?$",
            "text" => return Ok(Piece::other(piece.text())),
            _ => return Err(SqlError::Unsupported("TRY_CAST to this type")),
        };
        let cast = self.cast(&Piece::other(piece.text()), to)?.value();
        Ok(Piece::other(format!("(CASE WHEN {} ~ '{pattern}' THEN {cast} END)", piece.text())))
    }
}

fn target(to: &DataType) -> Result<(&'static str, Kind), SqlError> {
    Ok(match to {
        DataType::Varchar(None) | DataType::Char(None) | DataType::Text | DataType::String(None) => {
            ("text", Kind::Other)
        }
        DataType::BigInt(None) => ("bigint", Kind::Other),
        DataType::Int(None) | DataType::Integer(None) => ("integer", Kind::Other),
        DataType::SmallInt(None) | DataType::TinyInt(None) => ("smallint", Kind::Other),
        DataType::Double(ExactNumberInfo::None)
        | DataType::DoublePrecision
        | DataType::Real
        | DataType::Float(ExactNumberInfo::None) => ("double precision", Kind::Other),
        DataType::Decimal(ExactNumberInfo::None) | DataType::Numeric(ExactNumberInfo::None) => {
            ("numeric", Kind::Other)
        }
        DataType::Boolean | DataType::Bool => ("boolean", Kind::Other),
        DataType::Date => ("date", Kind::Other),
        DataType::Timestamp(..) => ("timestamptz", Kind::Time),
        DataType::JSON => ("json", Kind::Json),
        _ => return Err(SqlError::Unsupported("a cast to this type")),
    })
}
