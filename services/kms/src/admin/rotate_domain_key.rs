//! RotateDomainKey: a new domain key wraps what is new from now on, and soon everything.

use std::sync::Arc;

use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;
use uuid::Uuid;

use super::Hierarchy;
use crate::changes::Changed;
use crate::error::Error;
use crate::service::Kms;
use crate::store;

pub(crate) struct RotateDomainKey;

#[derive(Input)]
pub(crate) struct RotateDomainKeyInput {}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RotateDomainKeyOutput {
    domain_key_id: Uuid,
    retired_domain_key_id: Uuid,
}

impl Operation for RotateDomainKey {
    type Service = Kms;
    type Input = RotateDomainKeyInput;
    type Output = RotateDomainKeyOutput;
    type Resource = Hierarchy;
    type Error = Error;
    const NAME: &'static str = "RotateDomainKey";
    const ACTION: &'static str = "keywright:RotateDomainKey";
    const READ_ONLY: bool = false;

    async fn load(kms: &Kms, _call: &Call, _input: &RotateDomainKeyInput) -> Result<Hierarchy, Error> {
        Ok(Hierarchy::of(kms))
    }

    fn accesses(_call: &Call, _input: &RotateDomainKeyInput, hierarchy: &Hierarchy) -> Accesses {
        hierarchy.access(Self::ACTION)
    }

    async fn run(
        kms: &Kms,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<RotateDomainKeyOutput, Error> {
        let now = request.call.received_at;
        let transaction = work.transaction().await?;
        store::domain_keys::lock(transaction).await?;
        let retired = store::domain_keys::find_active(transaction).await?;
        let retired = retired.ok_or(Error::Corrupt("no domain key is active"))?;
        let next = kms.domain_keys.generate_next(&retired, Arc::clone(&kms.random)).await?;
        store::domain_keys::retire_active(transaction, now).await?;
        store::domain_keys::insert(transaction, &next, now).await?;
        kms.forget_after(work, Changed::DomainKeys).await?;
        Ok(RotateDomainKeyOutput { domain_key_id: next.id, retired_domain_key_id: retired.id })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        _input: &'a RotateDomainKeyInput,
        _hierarchy: Option<&'a Hierarchy>,
        output: Option<&'a RotateDomainKeyOutput>,
    ) {
        if let Some(output) = output {
            shown
                .response
                .push_str("domainKeyId", output.domain_key_id.to_string())
                .push_str("retiredDomainKeyId", output.retired_domain_key_id.to_string());
        }
    }
}
