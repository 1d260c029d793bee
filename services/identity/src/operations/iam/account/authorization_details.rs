//! Everything in the account that decides who may do what.

use keywright_aws_api::AccountId;
use keywright_store::Connection;
use serde::Serialize;

use super::details::{self, IdentityDetail};
use crate::domain::identity::IdentityKind;
use crate::domain::managed_policy::ManagedPolicy;
use crate::error::IdentityError;
use crate::operations::iam::define::iam_operation;
use crate::operations::iam::page::{self, slice};
use crate::operations::iam::policies::{EntityType, PolicyOut};
use crate::operations::iam::subjects::WholeAccount;
use crate::store::identities::StoredIdentity;
use crate::store::lists::{self, Slice};
use crate::store::managed_policies::{self, Listed};
use crate::store::policy_versions;

/// One page: users, then groups, then roles, then policies, each in the order of their ids.
#[derive(Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AuthorizationDetails {
    user_detail_list: Vec<IdentityDetail>,
    group_detail_list: Vec<IdentityDetail>,
    role_detail_list: Vec<IdentityDetail>,
    policies: Vec<PolicyOut>,
    is_truncated: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    marker: Option<String>,
}

iam_operation! {
    /// Tells of all identities and policies what they have; of AWS's policies those that are in use.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html>
    GetAccountAuthorizationDetails: reads WholeAccount => AuthorizationDetails {
        filter: Option<Vec<EntityType>> as "filter",
        #[member(range = 1..=1000)]
        max_items: Option<i32> as "maxItems",
        #[member(length = 1..=320, pattern = "[\\u0020-\\u00FF]+")]
        marker: Option<String> as "marker",
    }
    name(_, _) {
        Ok(())
    }
    run(directory, request, _) {
        let input = request.input;
        let connection = directory.store.connection().await?;
        let reading = Reading {
            connection: &connection,
            account: request.call.account(),
            filter: input.filter.as_deref().unwrap_or_default(),
        };
        reading.page(slice(input.marker.as_deref(), input.max_items)?).await
    }
}

/// The parts of the report, in their order. A marker is a part's letter and the last id of the page.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Users,
    Groups,
    Roles,
    Policies,
}

struct Reading<'a> {
    connection: &'a Connection,
    account: AccountId,
    filter: &'a [EntityType],
}

impl Reading<'_> {
    async fn page(&self, whole: Slice) -> Result<AuthorizationDetails, IdentityError> {
        let (begun, mut after) = match whole.after.split_at_checked(1) {
            None => (Part::Users, String::new()),
            Some((letter, id)) => {
                let part = Part::ALL.into_iter().find(|part| part.letter() == letter);
                (part.ok_or(IdentityError::Marker)?, id.to_owned())
            }
        };
        let mut out = AuthorizationDetails::default();
        let mut last = None;
        // One more than is asked for tells whether there are more.
        let mut room = whole.rows;
        for part in Part::ALL.into_iter().filter(|part| *part >= begun) {
            let slice = Slice { after: std::mem::take(&mut after), rows: room };
            let mut found = self.read(part, &slice).await?;
            let count = found.len();
            if i64::try_from(count).unwrap_or(i64::MAX) >= room {
                found.truncate(count.saturating_sub(1));
                let last = found.last_id().map(|id| (part, id)).or(last);
                self.add(&mut out, found).await?;
                out.is_truncated = true;
                out.marker = last.map(|(part, id)| page::marker(&format!("{}{id}", part.letter())));
                return Ok(out);
            }
            room -= i64::try_from(count).unwrap_or(i64::MAX);
            last = found.last_id().map(|id| (part, id)).or(last);
            self.add(&mut out, found).await?;
        }
        Ok(out)
    }

    fn wants(&self, entity: EntityType) -> bool {
        self.filter.is_empty() || self.filter.contains(&entity)
    }

    async fn read(&self, part: Part, slice: &Slice) -> Result<Found, IdentityError> {
        let (kind, entity) = match part {
            Part::Users => (IdentityKind::User, EntityType::User),
            Part::Groups => (IdentityKind::Group, EntityType::Group),
            Part::Roles => (IdentityKind::Role, EntityType::Role),
            Part::Policies => {
                let which = Listed {
                    local: self.wants(EntityType::LocalManagedPolicy),
                    aws: self.wants(EntityType::AwsManagedPolicy),
                    path_prefix: "/",
                    attached: false,
                    bounding: false,
                    used: false,
                    aws_used: true,
                };
                let found = managed_policies::list(self.connection, self.account, which, slice).await?;
                return Ok(Found::Policies(found));
            }
        };
        if !self.wants(entity) {
            return Ok(Found::Identities(kind, Vec::new()));
        }
        let found = lists::by_id(self.connection, self.account, kind, slice).await?;
        Ok(Found::Identities(kind, found))
    }

    async fn add(&self, out: &mut AuthorizationDetails, found: Found) -> Result<(), IdentityError> {
        match found {
            Found::Identities(kind, found) => {
                let list = match kind {
                    IdentityKind::User => &mut out.user_detail_list,
                    IdentityKind::Group => &mut out.group_detail_list,
                    IdentityKind::Role => &mut out.role_detail_list,
                };
                *list = details::of_identities(self.connection, found).await?;
            }
            Found::Policies(found) => {
                let arns: Vec<&str> = found.iter().map(|policy| policy.arn.as_str()).collect();
                let versions = policy_versions::of_policies(self.connection, &arns).await?;
                out.policies = details::of_policies(found, versions);
            }
        }
        Ok(())
    }
}

/// What was found of a part.
enum Found {
    Identities(IdentityKind, Vec<StoredIdentity>),
    Policies(Vec<ManagedPolicy>),
}

impl Found {
    fn len(&self) -> usize {
        match self {
            Self::Identities(_, found) => found.len(),
            Self::Policies(found) => found.len(),
        }
    }

    fn truncate(&mut self, length: usize) {
        match self {
            Self::Identities(_, found) => found.truncate(length),
            Self::Policies(found) => found.truncate(length),
        }
    }

    fn last_id(&self) -> Option<String> {
        match self {
            Self::Identities(_, found) => found.last().map(|stored| stored.identity.id.clone()),
            Self::Policies(found) => found.last().map(|policy| policy.id.clone()),
        }
    }
}

impl Part {
    const ALL: [Self; 4] = [Self::Users, Self::Groups, Self::Roles, Self::Policies];

    fn letter(self) -> &'static str {
        match self {
            Self::Users => "u",
            Self::Groups => "g",
            Self::Roles => "r",
            Self::Policies => "p",
        }
    }
}
