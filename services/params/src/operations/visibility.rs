//! What lists leave out.
//!
//! Whoever may read a path may read all below it, and whoever may list parameters sees them all: so it is at AWS. Here a
//! policy that denies the caller a parameter explicitly is heeded as well: it is left out.

use keywright_aws_api::{Access, Call, denies, has_denials};
use keywright_policy::ContextKeys;

use super::access::on_arn;
use crate::domain::parameter::Metadata;
use crate::domain::tags::ResourceTags;
use crate::error::Error;
use crate::service::Params;
use crate::store::tags;

/// By what a list is decided, parameter by parameter.
#[derive(Clone, Copy)]
pub struct Visibility {
    /// The list's own action; beside it, to get a parameter must not be denied.
    pub action: &'static str,
    /// Whether the list is of all levels, where that is asked for.
    pub recursive: Option<bool>,
}

impl Visibility {
    /// Which parameters of the caller's account are shown. Their tags are looked up only where a policy could deny something.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn of_own(
        self,
        service: &Params,
        call: &Call,
        listed: &[&Metadata],
    ) -> Result<Vec<bool>, Error> {
        if !has_denials(call) || listed.is_empty() {
            return Ok(vec![true; listed.len()]);
        }
        let ids = listed.iter().map(|metadata| metadata.id).collect::<Vec<_>>();
        let tags = tags::find(&service.store.connection().await?, &ids).await?;
        let account = call.account();
        let is_visible = |(metadata, tags): (&&Metadata, ResourceTags)| {
            let arn = metadata.arn(&call.region, account);
            self.shows(call, |action| on_arn(action, account, &arn), &tags)
        };
        Ok(listed.iter().zip(tags).map(is_visible).collect())
    }

    /// Whether one parameter is shown, to which `access` is an access.
    #[must_use]
    pub fn shows(self, call: &Call, access: impl Fn(&'static str) -> Access, tags: &ResourceTags) -> bool {
        let keys = ListKeys { tags, recursive: self.recursive };
        ![self.action, GET].into_iter().any(|action| denies(call, &access(action), &keys))
    }
}

/// The condition keys of one listed parameter.
pub struct ListKeys<'a> {
    /// Its tags.
    pub tags: &'a ResourceTags,
    /// Whether the list is of all levels, where that is asked for.
    pub recursive: Option<bool>,
}

impl ContextKeys for ListKeys<'_> {
    fn get(&self, key: &str, each: &mut dyn FnMut(&str)) -> bool {
        match self.recursive {
            Some(recursive) if key.eq_ignore_ascii_case("ssm:Recursive") => {
                each(if recursive { "true" } else { "false" });
                true
            }
            Some(_) | None => self.tags.condition_key(key, each),
        }
    }
}

const GET: &str = "ssm:GetParameter";
