//! The account's alias.

use crate::operations::iam::define::iam_operation;
use crate::operations::iam::page::{Page, slice};
use crate::operations::iam::subjects::WholeAccount;
use crate::store::account_aliases;

iam_operation! {
    /// Sets the account's alias, in the place of one that it has.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccountAlias.html>
    CreateAccountAlias: changes WholeAccount => () {
        #[member(length = 3..=63, pattern = "[a-z0-9]+(-[a-z0-9]+)*")]
        account_alias: String as "accountAlias",
    }
    name(_, _) {
        Ok(())
    }
    run(_, request, work) {
        let (account, alias) = (request.call.account(), &request.input.account_alias);
        account_aliases::put(work.transaction().await?, account, alias).await
    }
}

iam_operation! {
    /// Takes the account's alias away.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteAccountAlias.html>
    DeleteAccountAlias: changes WholeAccount => () {
        #[member(length = 3..=63, pattern = "[a-z0-9]+(-[a-z0-9]+)*")]
        account_alias: String as "accountAlias",
    }
    name(_, _) {
        Ok(())
    }
    run(_, request, work) {
        let (account, alias) = (request.call.account(), &request.input.account_alias);
        account_aliases::delete(work.transaction().await?, account, alias).await
    }
}

iam_operation! {
    /// Tells the account's alias.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAccountAliases.html>
    ListAccountAliases: reads WholeAccount => Page<String> {
        #[member(length = 1..=320, pattern = "[\\u0020-\\u00FF]+")]
        marker: Option<String> as "marker",
        #[member(range = 1..=1000)]
        max_items: Option<i32> as "maxItems",
    }
    name(_, _) {
        Ok(())
    }
    run(directory, request, _) {
        let slice = slice(request.input.marker.as_deref(), request.input.max_items)?;
        let connection = directory.store.connection().await?;
        let alias = account_aliases::find(&connection, request.call.account()).await?;
        Ok(Page::of_all("AccountAliases", alias.into_iter().collect(), &slice, |alias: &String| alias.as_str()))
    }
}
