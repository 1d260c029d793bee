//! What is known while a statement is being translated.

use std::collections::BTreeSet;

use sqlparser::ast::Query;
use uuid::Uuid;

use super::error::SqlError;
use super::names::{Output, Scope};
use super::{Catalog, Translated};

/// Translates one statement.
pub(super) struct Translator<'a> {
    pub(super) catalog: &'a Catalog,
    /// The SELECTs around the present place, the innermost last.
    pub(super) scopes: Vec<Scope>,
    /// The WITH queries that are visible here.
    pub(super) with: Vec<WithQuery>,
    pub(super) stores: Vec<Uuid>,
    /// The sources whose records are needed.
    pub(super) records: BTreeSet<usize>,
    pub(super) sources: usize,
    depth: usize,
}

/// A query of a WITH clause.
#[derive(Clone)]
pub(super) struct WithQuery {
    pub(super) name: String,
    pub(super) alias: String,
    pub(super) outputs: Vec<Output>,
}

impl<'a> Translator<'a> {
    pub(super) fn new(catalog: &'a Catalog) -> Self {
        Self {
            catalog,
            scopes: Vec::new(),
            with: Vec::new(),
            stores: Vec::new(),
            records: BTreeSet::new(),
            sources: 0,
            depth: 0,
        }
    }

    /// Translates the whole.
    pub(super) fn statement(mut self, query: &Query) -> Result<Translated, SqlError> {
        let (sql, outputs) = self.query(query)?;
        if self.stores.is_empty() {
            return Err(SqlError::NoStore);
        }
        let cells: Vec<_> = (1..=outputs.len()).map(|place| format!("lake_text(q.c{place})")).collect();
        let sql = format!("SELECT lake_row(ARRAY[{}]) FROM ({sql}) AS q", cells.join(", "));
        let sql = self.with_views(&sql);
        self.stores.sort_unstable();
        self.stores.dedup();
        let columns = outputs.into_iter().map(|output| output.name).collect();
        Ok(Translated { sql, columns, stores: self.stores, reads_records: !self.records.is_empty() })
    }

    /// Which view a source reads is known only when all is translated.
    fn with_views(&self, sql: &str) -> String {
        let mut parts = sql.split(MARK);
        let mut whole = parts.next().unwrap_or_default().to_owned();
        // Behind each mark comes a source's number up to the next one.
        while let (Some(number), Some(rest)) = (parts.next(), parts.next()) {
            let needs_record = number.parse().is_ok_and(|number: usize| self.records.contains(&number));
            whole.push_str(if needs_record { "lake_records" } else { "lake_events" });
            whole.push_str(rest);
        }
        whole
    }

    /// The name of a new source.
    pub(super) fn new_alias(&mut self) -> Result<(usize, String), SqlError> {
        self.sources += 1;
        if self.sources > MAX_SOURCES {
            return Err(SqlError::TooMany("sources"));
        }
        Ok((self.sources, format!("s{}", self.sources)))
    }

    /// Goes one level deeper for as long as `inner` runs.
    pub(super) fn deeper<T>(
        &mut self,
        inner: impl FnOnce(&mut Self) -> Result<T, SqlError>,
    ) -> Result<T, SqlError> {
        if self.depth >= MAX_DEPTH {
            return Err(SqlError::TooDeep);
        }
        self.depth += 1;
        let outcome = inner(self);
        self.depth -= 1;
        outcome
    }
}

/// What no statement has: encloses the number of a source whose view is to be named.
pub(super) const MARK: char = '\0';
/// Postgres tries all orders of so many.
const MAX_SOURCES: usize = 16;
const MAX_DEPTH: usize = 100;
