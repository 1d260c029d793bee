//! ListGrants.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_ListGrants.html>

use std::sync::Arc;

use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_policy::ContextKeys as _;
use keywright_service::PostgresWork;

use super::condition_keys::{ConditionKeys, RequestKeys};
use super::grant_entry::GrantPage;
use super::key_access::{on_key, show_key, unresolved};
use super::wire::page_size;
use crate::domain::condition_keys::truth;
use crate::domain::entry::KeyEntry;
use crate::domain::grant::{GrantId, check_principal};
use crate::domain::marker;
use crate::error::Error;
use crate::service::Kms;
use crate::store;
use crate::store::KeyRow;
use crate::store::grants::{GrantFilter, GrantOnKey};

pub(crate) struct ListGrants;

#[derive(Input)]
pub(crate) struct ListGrantsInput {
    #[member(range = 1..=1000)]
    limit: Option<i32>,
    #[member(length = 1..=1024, pattern = "[\\u0020-\\u00FF]*")]
    marker: Option<String>,
    #[member(length = 1..=2048)]
    key_id: String,
    #[member(length = 1..=128)]
    grant_id: Option<String>,
    #[member(length = 1..=256, pattern = "^[\\w+=,.@:/-]+$")]
    grantee_principal: Option<String>,
}

/// Of which key, which grants, and behind which one the page begins.
pub(crate) struct Listed {
    entry: Arc<KeyEntry>,
    id: Option<GrantId>,
    after: Option<GrantId>,
}

impl Operation for ListGrants {
    type Service = Kms;
    type Input = ListGrantsInput;
    type Output = GrantPage;
    type Resource = Listed;
    type Error = Error;
    const NAME: &'static str = "ListGrants";
    const ACTION: &'static str = "kms:ListGrants";
    const READ_ONLY: bool = true;

    async fn load(kms: &Kms, call: &Call, input: &ListGrantsInput) -> Result<Listed, Error> {
        let after = marker::decode(LIST, input.marker.as_deref())?;
        let after = after.map(|id| GrantId::parse(&id)).transpose().map_err(|_| Error::InvalidMarker)?;
        let id = input.grant_id.as_deref().map(GrantId::parse).transpose()?;
        input.grantee_principal.as_deref().map_or(Ok(()), check_principal)?;
        let entry = kms.directory.resolve_any_key(&input.key_id, call.account()).await?;
        Ok(Listed { entry, id, after })
    }

    fn accesses(_call: &Call, _input: &ListGrantsInput, listed: &Listed) -> Accesses {
        on_key(Self::ACTION, &listed.entry).into()
    }

    fn accesses_unloaded(call: &Call, input: &ListGrantsInput) -> Accesses {
        unresolved(Self::ACTION, call, &input.key_id)
    }

    fn condition_key(
        call: &Call,
        _input: &ListGrantsInput,
        listed: Option<&Listed>,
        _access: usize,
        key: &str,
        each: &mut dyn FnMut(&str),
    ) -> bool {
        let others = [("GrantIsForAWSResource", truth(call.invoked_by().is_some()))];
        let request = RequestKeys { others: &others, ..RequestKeys::default() };
        ConditionKeys::new(call, listed.map(|listed| &*listed.entry)).with(request).get(key, each)
    }

    async fn run(
        kms: &Kms,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<GrantPage, Error> {
        let (input, Listed { entry, id, after }) = (request.input, request.resource);
        let page = page_size(input.limit, 50, 100);
        let (key, at) = (entry.name(), KeyRow::new(&kms.region, entry.name()));
        let filter = GrantFilter { id: *id, grantee: input.grantee_principal.as_deref() };
        let connection = kms.store.connection().await?;
        let mut grants = store::grants::list(&connection, &at, filter, *after, page.rows()).await?;
        let next_marker = marker::page(LIST, &mut grants, page.len(), |grant| grant.id.to_string());
        let grants = grants.into_iter().map(|grant| GrantOnKey { key, grant });
        Ok(GrantPage::new(grants, &kms.region, next_marker))
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a ListGrantsInput,
        listed: Option<&'a Listed>,
        _output: Option<&'a GrantPage>,
    ) {
        shown
            .request
            .push_str("keyId", input.key_id.as_str())
            .push_opt_str("grantId", input.grant_id.as_deref())
            .push_opt_str("granteePrincipal", input.grantee_principal.as_deref());
        if let Some(limit) = input.limit {
            shown.request.push_i64("limit", limit.into());
        }
        shown.request.push_opt_str("marker", input.marker.as_deref());
        show_key(shown, listed.map(|listed| &*listed.entry));
    }
}

const LIST: &str = "grants";
