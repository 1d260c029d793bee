//! Accounts.

use serde_json::json;

use super::Changes;
use super::document::Account;
use super::error::ApplyError;
use crate::api_client::{ADMIN, ApiClient};

/// Makes an account that isn't there; says whether it is there now. The root user's access key isn't shown: who needs one
/// makes it by `keywright admin account create`.
pub(super) async fn ensure(
    home: &ApiClient,
    account: &Account,
    changes: &mut Changes<'_>,
) -> Result<bool, ApplyError> {
    let mut input = json!({});
    loop {
        let page = home.json(ADMIN, None, "ListAccounts", &input).await?;
        let accounts = page.get("Accounts").and_then(|accounts| accounts.as_array());
        let is_it = |found: &serde_json::Value| {
            found.get("AccountId").and_then(|id| id.as_str()) == Some(account.id.as_str())
        };
        if accounts.is_some_and(|accounts| accounts.iter().any(is_it)) {
            return Ok(true);
        }
        match page.get("NextToken") {
            Some(token) => input = json!({ "NextToken": token }),
            None => break,
        }
    }
    let what = format!("account {}", account.id);
    let lacks = "it isn't there, and needs a name to be made";
    let name = account.name.as_ref().ok_or(ApplyError::Incomplete { what: what.clone(), lacks })?;
    if !changes.change(&format!("make {what} ({name})")) {
        return Ok(false);
    }
    let input = json!({ "AccountName": name, "AccountId": account.id.as_str() });
    home.json(ADMIN, None, "CreateAccount", &input).await?;
    Ok(true)
}
