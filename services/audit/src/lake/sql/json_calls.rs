//! Functions that look into maps, lists and JSON texts.

use sqlparser::ast::{Expr, LambdaFunction, OneOrManyWithParens};

use super::calls::Called;
use super::error::SqlError;
use super::expression::text_literal;
use super::fields::Shape;
use super::names::{Column, Source};
use super::piece::{Kind, Piece};
use super::translator::Translator;

impl Translator<'_> {
    /// A call of such a function; none if it isn't one.
    pub(super) fn json_call(&mut self, called: &Called<'_>) -> Result<Option<Piece>, SqlError> {
        let piece = match (called.name.as_str(), called.arguments.as_slice()) {
            ("element_at", [of, index]) => {
                let piece = self.reach(of)?;
                self.element(piece, index)?
            }
            ("json_extract", [json, path]) => self.at_path(json, path)?,
            ("json_extract_scalar", [json, path]) => {
                let piece = self.at_path(json, path)?;
                self.note_record(&piece);
                Piece::other(format!("lake_scalar({})", piece.as_json()))
            }
            ("json_parse", [text]) => Piece::json(self.expression(text)?.as_json(), Vec::new()),
            ("json_format", [json]) => Piece::other(format!("({})::text", self.expression(json)?.as_json())),
            ("cardinality" | "json_array_length", [list]) => {
                Piece::other(format!("lake_cardinality({})", self.expression(list)?.as_json()))
            }
            ("map_keys", [map]) => Piece::Sql {
                text: format!("lake_keys({})", self.expression(map)?.as_json()),
                kind: Kind::Json,
            },
            ("contains", [list, value]) => {
                let (list, value) = (self.expression(list)?.as_json(), self.expression(value)?.text());
                Piece::other(format!("lake_contains({list}, {value})"))
            }
            ("any_match", [list, Expr::Lambda(lambda)]) => self.quantified(list, lambda, "EXISTS", "")?,
            ("none_match", [list, Expr::Lambda(lambda)]) => {
                self.quantified(list, lambda, "NOT EXISTS", "")?
            }
            ("all_match", [list, Expr::Lambda(lambda)]) => {
                self.quantified(list, lambda, "NOT EXISTS", "NOT ")?
            }
            _ => return Ok(None),
        };
        if called.distinct {
            return Err(SqlError::Unsupported("DISTINCT in this function"));
        }
        Ok(Some(piece))
    }

    fn quantified(
        &mut self,
        list: &Expr,
        lambda: &LambdaFunction,
        exists: &str,
        not: &str,
    ) -> Result<Piece, SqlError> {
        let piece = self.expression(list)?;
        let shape = match &piece {
            Piece::Json { shape: Shape::List(element), .. } => *element,
            _ => &Shape::Map,
        };
        let parameter = match &lambda.params {
            OneOrManyWithParens::One(parameter) => parameter,
            OneOrManyWithParens::Many(parameters) => {
                let [parameter] = parameters.as_slice() else {
                    return Err(SqlError::Unsupported("a lambda of several parameters"));
                };
                parameter
            }
        };
        let (_, source) = self.new_alias()?;
        let base = format!("{source}.element");
        let element = Piece::Json { base, path: vec![], shape, columns: None, source: None };
        let columns = vec![Column { name: parameter.name.value.clone(), piece: element }];
        self.scopes.push(vec![Source { name: None, columns }]);
        let condition = self.condition(&lambda.body);
        self.scopes.pop();
        let (list, condition) = (piece.as_json(), condition?);
        Ok(Piece::other(format!(
            "({exists} (SELECT FROM lake_elements({list}) AS {source}(element) WHERE {not}{condition}))"
        )))
    }

    fn at_path(&mut self, json: &Expr, path: &Expr) -> Result<Piece, SqlError> {
        let steps = text_literal(path).and_then(steps);
        let steps = steps.ok_or(SqlError::Literal("it is no JSON path that is understood"))?;
        let piece = self.expression(json)?;
        Ok(Piece::Json {
            base: piece.as_json(),
            path: steps,
            shape: &Shape::Map,
            columns: None,
            source: None,
        })
    }
}

/// The steps of a path such as `$.a.b[0]["c d"]`.
fn steps(path: &str) -> Option<Vec<String>> {
    let (mut rest, mut steps) = (path.strip_prefix('$')?, Vec::new());
    while !rest.is_empty() {
        if let Some(behind) = rest.strip_prefix('.') {
            let end = behind.find(['.', '[']).unwrap_or(behind.len());
            let (step, more) = behind.split_at(end);
            if step.is_empty() || step == "*" {
                return None;
            }
            steps.push(step.to_owned());
            rest = more;
        } else {
            let behind = rest.strip_prefix('[')?;
            let (step, more) = match behind.strip_prefix('"') {
                Some(quoted) => quoted.split_once("\"]")?,
                None => {
                    let (index, more) = behind.split_once(']')?;
                    (index.parse::<u32>().is_ok().then_some(index)?, more)
                }
            };
            steps.push(step.to_owned());
            rest = more;
        }
    }
    Some(steps)
}

#[cfg(test)]
mod tests {
    use super::steps;

    #[test]
    fn paths_are_taken_apart() {
        let of = |path| steps(path).map(|steps| steps.join(" | "));
        assert_eq!(of("$.a.b[0][\"c d\"].e").as_deref(), Some("a | b | 0 | c d | e"));
        assert_eq!(of("$").as_deref(), Some(""));
        for bad in ["a", "$a", "$.", "$..a", "$.*", "$[x]", "$[0", "$[-1]", "$[\"a]"] {
            assert_eq!(of(bad), None, "{bad}");
        }
    }
}
