//! Pages of the secrets that pass filters.

use keywright_aws_api::Call;

use crate::domain::filter::Filters;
use crate::domain::listing::Listing;
use crate::domain::secret::Secret;
use crate::error::Error;
use crate::service::Secrets;
use crate::store;

/// What a page is asked for with.
pub(super) struct Search<'a> {
    pub(super) filters: Filters,
    /// How many secrets a page has at most.
    pub(super) limit: i32,
    /// Whether secrets that wait for their deletion are shown too.
    pub(super) with_deleted: bool,
    pub(super) listing: Listing,
    pub(super) next_token: Option<&'a str>,
}

impl Search<'_> {
    /// Reads on until the page is full. Of very many secrets that no filter passes, a page may stop short, with a token.
    pub(super) async fn page(
        &self,
        service: &Secrets,
        call: &Call,
    ) -> Result<(Vec<Secret>, Option<String>), Error> {
        let limit = usize::try_from(self.limit).unwrap_or_default();
        let mut cursor = self.listing.cursor(self.next_token)?;
        let connection = service.store.connection().await?;
        let mut found = Vec::new();
        for _ in 0..MAX_BATCHES {
            let (region, account) = (&service.region, call.account());
            let batch = store::listing::page(
                &connection,
                region,
                account,
                self.with_deleted,
                self.listing,
                &cursor,
                BATCH,
            );
            let batch = batch.await?;
            let is_last = batch.len() < BATCH_LEN;
            for secret in batch {
                if self.filters.pass(&secret) {
                    if found.len() == limit {
                        return Ok((found, Some(self.listing.token(&cursor))));
                    }
                    cursor = self.listing.behind(&secret);
                    found.push(secret);
                } else {
                    cursor = self.listing.behind(&secret);
                }
            }
            if is_last {
                return Ok((found, None));
            }
        }
        Ok((found, Some(self.listing.token(&cursor))))
    }
}

/// More than a full page, so that a page without filters needs one statement.
const BATCH: i64 = 128;
const BATCH_LEN: usize = 128;
const MAX_BATCHES: usize = 20;
