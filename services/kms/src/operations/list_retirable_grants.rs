//! ListRetirableGrants.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_ListRetirableGrants.html>

use keywright_aws_api::{
    Access, Accesses, AccountId, Arn, Authorized, Call, Input, Operation, Shown, Target,
};
use keywright_policy::{ContextKeys as _, ResourcePolicyRule};
use keywright_service::PostgresWork;

use super::condition_keys::ConditionKeys;
use super::grant_entry::GrantPage;
use super::wire::page_size;
use crate::domain::entry::KeyName;
use crate::domain::grant::{GrantId, check_principal};
use crate::domain::key_id::KeyId;
use crate::domain::marker;
use crate::error::Error;
use crate::service::Kms;
use crate::store;
use crate::store::grants::GrantOnKey;

pub(crate) struct ListRetirableGrants;

#[derive(Input)]
pub(crate) struct ListRetirableGrantsInput {
    #[member(range = 1..=1000)]
    limit: Option<i32>,
    #[member(length = 1..=1024, pattern = "[\\u0020-\\u00FF]*")]
    marker: Option<String>,
    #[member(length = 1..=256, pattern = "^[\\w+=,.@:/-]+$")]
    retiring_principal: String,
}

impl Operation for ListRetirableGrants {
    type Service = Kms;
    type Input = ListRetirableGrantsInput;
    type Output = GrantPage;
    /// Behind which grant of which key the page begins.
    type Resource = Option<(KeyName, GrantId)>;
    type Error = Error;
    const NAME: &'static str = "ListRetirableGrants";
    const ACTION: &'static str = "kms:ListRetirableGrants";
    const READ_ONLY: bool = true;

    async fn load(
        _kms: &Kms,
        _call: &Call,
        input: &ListRetirableGrantsInput,
    ) -> Result<Option<(KeyName, GrantId)>, Error> {
        check_principal(&input.retiring_principal)?;
        let after = marker::decode(LIST, input.marker.as_deref())?;
        after.map(|after| place_of(&after).ok_or(Error::InvalidMarker)).transpose()
    }

    /// The resource is the principal, who must be of the caller's account; no permission on the keys is needed.
    fn accesses(
        call: &Call,
        input: &ListRetirableGrantsInput,
        _after: &Option<(KeyName, GrantId)>,
    ) -> Accesses {
        Self::accesses_unloaded(call, input)
    }

    fn accesses_unloaded(call: &Call, input: &ListRetirableGrantsInput) -> Accesses {
        let principal = input.retiring_principal.as_str();
        let account = Arn::parse(principal).ok().and_then(|arn| AccountId::parse(arn.account()).ok());
        let account = Some(account.unwrap_or_else(|| call.account()));
        let rule = ResourcePolicyRule::Additional;
        Access::new(Self::ACTION, Target { arn: principal.into(), account, policy: None, rule }).into()
    }

    fn condition_key(
        call: &Call,
        _input: &ListRetirableGrantsInput,
        _after: Option<&Option<(KeyName, GrantId)>>,
        _access: usize,
        key: &str,
        each: &mut dyn FnMut(&str),
    ) -> bool {
        ConditionKeys::new(call, None).get(key, each)
    }

    async fn run(
        kms: &Kms,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<GrantPage, Error> {
        let (input, after) = (request.input, *request.resource);
        let page = page_size(input.limit, 50, 100);
        let connection = kms.store.connection().await?;
        let principal = &input.retiring_principal;
        let mut grants =
            store::grants::list_retirable(&connection, &kms.region, principal, after, page.rows()).await?;
        let next_marker = marker::page(LIST, &mut grants, page.len(), place);
        Ok(GrantPage::new(grants, &kms.region, next_marker))
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a ListRetirableGrantsInput,
        _after: Option<&'a Option<(KeyName, GrantId)>>,
        _output: Option<&'a GrantPage>,
    ) {
        shown.request.push_str("retiringPrincipal", input.retiring_principal.as_str());
        if let Some(limit) = input.limit {
            shown.request.push_i64("limit", limit.into());
        }
        shown.request.push_opt_str("marker", input.marker.as_deref());
    }
}

/// What the list is ordered by.
fn place(GrantOnKey { key, grant }: &GrantOnKey) -> String {
    format!("{} {} {}", key.account, key.id, grant.id)
}

fn place_of(text: &str) -> Option<(KeyName, GrantId)> {
    let mut parts = text.split(' ');
    let (account, key, grant) = (parts.next()?, parts.next()?, parts.next()?);
    let key = KeyName { account: AccountId::parse(account).ok()?, id: KeyId::parse(key)? };
    Some((key, GrantId::parse(grant).ok()?))
}

const LIST: &str = "retirable-grants";
