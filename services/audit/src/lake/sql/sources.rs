//! FROM: event data stores, WITH queries, subqueries and lists that are unfolded.

use sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, Join, JoinConstraint, JoinOperator, TableAlias, TableFactor,
    TableFunctionArgs, TableWithJoins,
};
use uuid::Uuid;

use super::CatalogStore;
use super::error::SqlError;
use super::fields::{FIELDS, Place, Shape};
use super::names::{Column, Output, Source, same};
use super::piece::{Piece, literal};
use super::query::rename;
use super::translator::{MARK, Translator};

impl Translator<'_> {
    /// What stands behind FROM; its sources get into the innermost scope.
    pub(super) fn from(&mut self, from: &[TableWithJoins]) -> Result<String, SqlError> {
        let mut tables = Vec::new();
        for table in from {
            let mut sql = self.factor(&table.relation)?;
            for join in &table.joins {
                sql.push_str(&self.join(join)?);
            }
            tables.push(sql);
        }
        Ok(tables.join(", "))
    }

    fn join(&mut self, join: &Join) -> Result<String, SqlError> {
        if join.global {
            return Err(SqlError::Unsupported("GLOBAL JOIN"));
        }
        let relation = self.factor(&join.relation)?;
        let (words, constraint) = match &join.join_operator {
            JoinOperator::Join(constraint) | JoinOperator::Inner(constraint) => ("JOIN", constraint),
            JoinOperator::Left(constraint) | JoinOperator::LeftOuter(constraint) => ("LEFT JOIN", constraint),
            JoinOperator::Right(constraint) | JoinOperator::RightOuter(constraint) => {
                ("RIGHT JOIN", constraint)
            }
            JoinOperator::FullOuter(constraint) => ("FULL JOIN", constraint),
            JoinOperator::CrossJoin(JoinConstraint::None) => return Ok(format!(" CROSS JOIN {relation}")),
            _ => return Err(SqlError::Unsupported("this form of JOIN")),
        };
        match constraint {
            JoinConstraint::On(condition) => {
                Ok(format!(" {words} {relation} ON {}", self.condition(condition)?))
            }
            _ => Err(SqlError::Unsupported("a JOIN without ON")),
        }
    }

    fn factor(&mut self, factor: &TableFactor) -> Result<String, SqlError> {
        match factor {
            TableFactor::Table {
                name,
                alias,
                args: None,
                with_hints,
                version: None,
                with_ordinality: false,
                partitions,
                json_path: None,
                sample: None,
                index_directives,
                inheritance: None,
            } if with_hints.is_empty() && partitions.is_empty() && index_directives.is_empty() => {
                let [part] = name.0.as_slice() else { return Err(SqlError::Store(name.to_string())) };
                let part = part.as_ident().ok_or(SqlError::Unsupported("a function as a table"))?;
                self.table(&part.value, alias.as_ref())
            }
            TableFactor::Table {
                name,
                alias,
                args: Some(TableFunctionArgs { args, settings: None }),
                with_hints,
                version: None,
                with_ordinality: false,
                partitions,
                json_path: None,
                sample: None,
                index_directives,
                inheritance: None,
            } if with_hints.is_empty() && partitions.is_empty() && index_directives.is_empty() => {
                let is_unnest = name.0.len() == 1 && same(&name.to_string(), "UNNEST");
                match args.as_slice() {
                    [FunctionArg::Unnamed(FunctionArgExpr::Expr(list))] if is_unnest => {
                        self.unnest(list, alias.as_ref())
                    }
                    _ => Err(SqlError::Unsupported("a function as a table")),
                }
            }
            TableFactor::Derived { lateral: false, subquery, alias, sample: None } => {
                // It sees the SELECTs around this one, but not its neighbours.
                let own = self.scopes.pop().unwrap_or_default();
                let outcome = self.query(subquery);
                self.scopes.push(own);
                let (sql, outputs) = outcome?;
                let (_, name) = self.new_alias()?;
                self.add_source(&name, alias.as_ref(), None, outputs)?;
                Ok(format!("({sql}) AS {name}"))
            }
            _ => Err(SqlError::Unsupported("this kind of table")),
        }
    }

    fn table(&mut self, name: &str, alias: Option<&TableAlias>) -> Result<String, SqlError> {
        if let Some(with) = self.with.iter().rev().find(|with| same(&with.name, name)).cloned() {
            let (_, source) = self.new_alias()?;
            self.add_source(&source, alias, Some(name), with.outputs)?;
            return Ok(format!("{} AS {source}", with.alias));
        }
        let store = self.store(name).ok_or_else(|| SqlError::Store(name.to_owned()))?.clone();
        let (number, source) = self.new_alias()?;
        self.stores.push(store.id);
        let name = alias.map_or(name, |alias| alias.name.value.as_str());
        if alias.is_some_and(|alias| !alias.columns.is_empty() || alias.at.is_some()) {
            return Err(SqlError::Unsupported("names for the columns of an event data store"));
        }
        let columns = FIELDS.iter().map(|field| Column {
            name: field.name.to_owned(),
            piece: match &field.place {
                Place::Column(column, kind) => Piece::Sql { text: format!("{source}.{column}"), kind: *kind },
                Place::Constant(value) => Piece::other(format!("{}::text", literal(value))),
                Place::Record(shape) => of_record(number, &source, &[field.name], shape),
                Place::WholeRecord => of_record(number, &source, &[], &Shape::Map),
            },
        });
        let columns = columns.collect();
        self.add(Source { name: Some(name.to_owned()), columns })?;
        let condition = &store.condition;
        Ok(format!(
            "(SELECT * FROM {MARK}{number}{MARK} AS e WHERE e.account = $1 AND ({condition})) AS {source}"
        ))
    }

    fn store(&self, name: &str) -> Option<&CatalogStore> {
        let id = Uuid::try_parse(name).ok().filter(|_| name.len() == 36);
        let is_named = |store: &&CatalogStore| store.name.is_some_and(|own| same(own, name));
        self.catalog.stores.iter().find(|store| Some(store.id) == id || store.arn == name || is_named(store))
    }

    fn unnest(&mut self, list: &Expr, alias: Option<&TableAlias>) -> Result<String, SqlError> {
        let piece = self.expression(list)?;
        let shape = match &piece {
            Piece::Json { shape: Shape::List(element), .. } => *element,
            _ => &Shape::Map,
        };
        let (_, source) = self.new_alias()?;
        let name = alias.map(|alias| alias.name.value.clone());
        let column = match alias.map(|alias| alias.columns.as_slice()) {
            Some([column]) if column.data_type.is_none() => column.name.value.clone(),
            None | Some([]) => "_col0".to_owned(),
            Some(_) => return Err(SqlError::Unsupported("these names of an UNNEST")),
        };
        let base = format!("{source}.element");
        let piece_of_element = Piece::Json { base, path: vec![], shape, columns: None, source: None };
        self.add(Source { name, columns: vec![Column { name: column, piece: piece_of_element }] })?;
        Ok(format!("LATERAL lake_elements({}) AS {source}(element)", piece.as_json()))
    }

    fn add_source(
        &mut self,
        source: &str,
        alias: Option<&TableAlias>,
        name: Option<&str>,
        mut outputs: Vec<Output>,
    ) -> Result<(), SqlError> {
        let name = alias.map(|alias| alias.name.value.as_str()).or(name).map(str::to_owned);
        if let Some(alias) = alias {
            rename(&mut outputs, alias.columns.iter().map(|column| column.name.value.as_str()))?;
        }
        let columns =
            outputs.iter().enumerate().map(|(index, output)| output.column(source, index + 1)).collect();
        self.add(Source { name, columns })
    }

    fn add(&mut self, source: Source) -> Result<(), SqlError> {
        let scope = self.scopes.last_mut().ok_or(SqlError::Malformed)?;
        if let Some(name) = &source.name
            && scope.iter().any(|other| other.name.as_deref().is_some_and(|other| same(other, name)))
        {
            return Err(SqlError::Ambiguous(name.clone()));
        }
        scope.push(source);
        Ok(())
    }
}

fn of_record(number: usize, source: &str, path: &[&str], shape: &'static Shape) -> Piece {
    Piece::Json {
        base: format!("{source}.record"),
        path: path.iter().map(|step| (*step).to_owned()).collect(),
        shape,
        columns: Some(source.to_owned()),
        source: Some(number),
    }
}
