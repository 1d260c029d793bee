//! `CreatePolicy`, `GetPolicy`, `DeletePolicy` and `ListPolicies`.

use keywright_aws_api::wire_enum;

use super::subjects::{NewPolicy, NewPolicyName, PolicyArn, own};
use super::{PolicyOut, PolicyUsage, policy_text};
use crate::domain::managed_policy::ManagedPolicy;
use crate::domain::names::{Path, PolicyName};
use crate::domain::tags::Tags;
use crate::operations::iam::define::{iam_operation, recorded_enum};
use crate::operations::iam::page::{One, Page, slice};
use crate::operations::iam::subjects::WholeAccount;
use crate::operations::iam::tag::{self, Tag};
use crate::store::managed_policies::{self, Listed};
use crate::store::{changes, policy_versions};

iam_operation! {
    /// Makes a managed policy with its first version.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html>
    CreatePolicy: changes NewPolicy => One<PolicyOut> {
        #[member(length = 1..=128, pattern = "[\\w+=,.@-]+")]
        policy_name: String as "policyName",
        #[member(length = 1..=512, pattern = "((/[A-Za-z0-9\\.,\\+@=_-]+)*)/")]
        path: Option<String> as "path",
        #[member(length = 1..=131_072, pattern = "[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+")]
        policy_document: String as "policyDocument",
        #[member(length = ..=1000)]
        description: Option<String> as "description",
        #[member(length = ..=50)]
        tags: Option<Vec<Tag>> as "tags",
    }
    name(_, input) {
        let path = input.path.as_deref().map_or_else(|| Ok(Path::root()), Path::parse)?;
        Ok(NewPolicyName { name: PolicyName::parse(&input.policy_name)?, path })
    }
    keys(input, keys) {
        tag::push_request_tags(keys, input.tags.as_deref().unwrap_or_default());
    }
    tags(input) "iam:TagPolicy"
    answer(response, made) {
        response.push_object("policy", made.value.shown());
    }
    run(directory, request, work) {
        let (input, NewPolicy { account, policy }) = (request.input, request.subject);
        let document = policy_text(&input.policy_document)?;
        let policy = ManagedPolicy {
            description: input.description.clone().filter(|description| !description.is_empty()),
            tags: tag::put_over(Tags::new(), input.tags.as_deref().unwrap_or_default())?,
            ..policy.clone()
        };
        let (transaction, now) = (work.transaction().await?, directory.clock.now());
        managed_policies::admit_another(transaction, *account).await?;
        managed_policies::insert(transaction, &policy).await?;
        let (arn, version) = (&policy.arn, policy.default_version);
        policy_versions::insert(transaction, arn, version, document.as_str(), now).await?;
        // A session may have been made with the ARN of a policy that was deleted and is made again.
        changes::note_account(transaction, *account).await?;
        Ok(One::of("Policy", PolicyOut::whole(policy)))
    }
}

iam_operation! {
    /// Tells of a managed policy, but not its text.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicy.html>
    GetPolicy: reads ManagedPolicy => One<PolicyOut> {
        #[member(length = 20..=2048)]
        policy_arn: String as "policyArn",
    }
    name(_, input) {
        PolicyArn::parse(&input.policy_arn)
    }
    run(_, request, _) {
        Ok(One::of("Policy", PolicyOut::whole(request.subject.clone())))
    }
}

iam_operation! {
    /// Takes a managed policy away that nobody has any more, with its only version.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicy.html>
    DeletePolicy: changes ManagedPolicy => () {
        #[member(length = 20..=2048)]
        policy_arn: String as "policyArn",
    }
    name(_, input) {
        PolicyArn::parse(&input.policy_arn)
    }
    run(_, request, work) {
        let account = own(request.subject)?;
        let transaction = work.transaction().await?;
        let policy = managed_policies::lock(transaction, account, &request.subject.arn).await?;
        managed_policies::delete(transaction, &policy).await?;
        Ok(changes::note_account(transaction, account).await?)
    }
}

wire_enum! {
    /// Whose policies are listed.
    pub(crate) enum Scope {
        /// Those of the account, and those that every account finds.
        All = "All",
        /// Those that every account finds.
        Aws = "AWS",
        /// Those of the account.
        Local = "Local",
    }
}
recorded_enum!(Scope);

iam_operation! {
    /// Tells which managed policies the account finds.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicies.html>
    ListPolicies: reads WholeAccount => Page<PolicyOut> {
        scope: Option<Scope> as "scope",
        only_attached: Option<bool> as "onlyAttached",
        #[member(length = 1..=512, pattern = "((/[A-Za-z0-9\\.,\\+@=_-]+)*)/")]
        path_prefix: Option<String> as "pathPrefix",
        policy_usage_filter: Option<PolicyUsage> as "policyUsageFilter",
        #[member(length = 1..=320, pattern = "[\\u0020-\\u00FF]+")]
        marker: Option<String> as "marker",
        #[member(range = 1..=1000)]
        max_items: Option<i32> as "maxItems",
    }
    name(_, _) {
        Ok(())
    }
    run(directory, request, _) {
        let input = request.input;
        let slice = slice(input.marker.as_deref(), input.max_items)?;
        let (scope, usage) = (input.scope.unwrap_or(Scope::All), input.policy_usage_filter);
        let which = Listed {
            local: scope != Scope::Aws,
            aws: scope != Scope::Local,
            path_prefix: input.path_prefix.as_deref().unwrap_or("/"),
            attached: usage == Some(PolicyUsage::PermissionsPolicy),
            bounding: usage == Some(PolicyUsage::PermissionsBoundary),
            used: input.only_attached == Some(true),
            aws_used: false,
        };
        let connection = directory.store.connection().await?;
        let found = managed_policies::list(&connection, request.call.account(), which, &slice).await?;
        Ok(Page::of("Policies", found, &slice, |policy| policy.id.clone(), PolicyOut::listed))
    }
}
