//! Pages of what is below a path.

use keywright_aws_api::AccountId;
use keywright_service::Remembered;
use keywright_store::Store;

use crate::domain::filter::Conditions;
use crate::domain::page_token::cut_page;
use crate::domain::parameter::Parameter;
use crate::domain::path::HierarchyPath;
use crate::error::Error;
use crate::store::{Scope, lists};

/// Which page.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct PageRequest {
    /// Whose parameters.
    pub account: AccountId,
    /// Below which path.
    pub path: HierarchyPath,
    /// Whether all levels below are meant.
    pub recursive: bool,
    /// Behind the parameter of this path; empty for the beginning.
    pub after: String,
    /// With how many at most.
    pub size: usize,
}

/// What a page has.
#[derive(Debug)]
pub struct Page {
    /// The current versions, by path.
    pub parameters: Vec<Parameter>,
    /// The path behind which the next page begins, if there is one.
    pub last: Option<String>,
}

impl Page {
    /// Reads it from the database.
    ///
    /// # Errors
    /// [`Error::Store`]; [`Error::Corrupt`] for a row that can't be.
    pub async fn read(
        store: &Store,
        scope: &Scope,
        asked: &PageRequest,
        conditions: &Conditions,
    ) -> Result<Self, Error> {
        let PageRequest { path, after, size, .. } = asked;
        let limit = i64::try_from(*size).unwrap_or(i64::MAX).saturating_add(1);
        let connection = store.connection().await?;
        let mut parameters = if asked.recursive {
            lists::below(&connection, scope, path, conditions, after, limit).await?
        } else {
            lists::on_level(&connection, scope, path, conditions, after, limit).await?
        };
        let last = cut_page(&mut parameters, *size, |parameter| parameter.metadata.path().to_owned());
        Ok(Self { parameters, last })
    }
}

impl Remembered for PageRequest {
    fn bytes(&self) -> usize {
        // The path is there as it was given, too.
        2 * self.path.as_parent().len() + self.after.len()
    }
}

impl Remembered for Page {
    fn bytes(&self) -> usize {
        let parameters = self.parameters.iter();
        let parameters = parameters.map(|parameter| size_of::<Parameter>() + parameter.bytes());
        parameters.sum::<usize>() + self.last.as_ref().map_or(0, String::len)
    }
}
