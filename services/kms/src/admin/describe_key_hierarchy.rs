//! DescribeKeyHierarchy: which root key wraps which domain key, and how much each of these wraps.

use std::collections::BTreeMap;

use keywright_aws_api::shape::Timestamp;
use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;
use uuid::Uuid;

use super::Hierarchy;
use crate::error::Error;
use crate::rewrap::REWRAPPED;
use crate::service::Kms;
use crate::store;

pub(crate) struct DescribeKeyHierarchy;

#[derive(Input)]
pub(crate) struct DescribeKeyHierarchyInput {}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeKeyHierarchyOutput {
    root_key_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_root_key_id: Option<String>,
    domain_keys: Vec<DomainKeyDescription>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct DomainKeyDescription {
    domain_key_id: Uuid,
    root_key_id: String,
    active: bool,
    creation_date: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    retired_date: Option<Timestamp>,
    /// How many rows it wraps, by what they hold.
    wraps: BTreeMap<&'static str, i64>,
}

impl Operation for DescribeKeyHierarchy {
    type Service = Kms;
    type Input = DescribeKeyHierarchyInput;
    type Output = DescribeKeyHierarchyOutput;
    type Resource = Hierarchy;
    type Error = Error;
    const NAME: &'static str = "DescribeKeyHierarchy";
    const ACTION: &'static str = "keywright:DescribeKeyHierarchy";
    const READ_ONLY: bool = true;

    async fn load(kms: &Kms, _call: &Call, _input: &DescribeKeyHierarchyInput) -> Result<Hierarchy, Error> {
        Ok(Hierarchy::of(kms))
    }

    fn accesses(_call: &Call, _input: &DescribeKeyHierarchyInput, hierarchy: &Hierarchy) -> Accesses {
        hierarchy.access(Self::ACTION)
    }

    async fn run(
        kms: &Kms,
        _request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<DescribeKeyHierarchyOutput, Error> {
        let connection = kms.store.connection().await?;
        let mut domain_keys = Vec::new();
        for row in store::domain_keys::all(&connection).await? {
            let mut wraps = BTreeMap::new();
            for rewrapped in REWRAPPED {
                wraps.insert(rewrapped.name(), rewrapped.count(&connection, row.key.id).await?);
            }
            domain_keys.push(DomainKeyDescription {
                domain_key_id: row.key.id,
                root_key_id: row.key.wrapped.root_key_id().to_string(),
                active: row.retired_at.is_none(),
                creation_date: row.created_at.into(),
                retired_date: row.retired_at.map(Into::into),
                wraps,
            });
        }
        let roots = kms.domain_keys.roots();
        Ok(DescribeKeyHierarchyOutput {
            root_key_id: roots.current().id().to_string(),
            previous_root_key_id: roots.previous().map(|previous| previous.id().to_string()),
            domain_keys,
        })
    }

    fn show<'a>(
        _shown: &mut Shown<'a>,
        _call: &'a Call,
        _input: &'a DescribeKeyHierarchyInput,
        _hierarchy: Option<&'a Hierarchy>,
        _output: Option<&'a DescribeKeyHierarchyOutput>,
    ) {
    }
}
