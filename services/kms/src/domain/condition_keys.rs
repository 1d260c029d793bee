//! The condition keys that hang on a key, each looked up when a policy asks for it.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html>

use keywright_policy::ContextKeys;

use super::entry::KeyEntry;
use super::key::MultiRegionKeyType;

impl ContextKeys for KeyEntry {
    fn get(&self, key: &str, each: &mut dyn FnMut(&str)) -> bool {
        if let Some(tag) = strip_ignoring_case(key, "aws:ResourceTag/") {
            let tag = self.tags.iter().find(|own| own.tag_key.eq_ignore_ascii_case(tag));
            return tag.inspect(|tag| each(&tag.tag_value)).is_some();
        }
        let Some(name) = strip_ignoring_case(key, "kms:") else { return false };
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        if is("KeySpec") || is("CustomerMasterKeySpec") {
            each(self.key.spec.as_str());
        } else if is("KeyUsage") || is("CustomerMasterKeyUsage") {
            each(self.key.usage.as_str());
        } else if is("KeyOrigin") {
            each(self.key.origin.as_str());
        } else if is("MultiRegion") {
            each(truth(self.key.id.is_multi_region()));
        } else if is("MultiRegionKeyType") {
            return self.multi_region_type().inspect(|kind| each(kind.as_str())).is_some();
        } else if is("ResourceAliases") {
            self.aliases.iter().for_each(|alias| each(alias));
            return !self.aliases.is_empty();
        } else {
            return false;
        }
        true
    }
}

impl KeyEntry {
    /// What a multi-Region key is in the Region of its ARN.
    fn multi_region_type(&self) -> Option<MultiRegionKeyType> {
        let primary = &self.key.multi_region.as_ref()?.primary;
        let here = self.key.arn.split(':').nth(3) == Some(primary.as_str());
        Some(if here { MultiRegionKeyType::Primary } else { MultiRegionKeyType::Replica })
    }
}

/// What follows a prefix, whatever the prefix's case.
#[must_use]
pub fn strip_ignoring_case<'a>(key: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = key.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// A truth value as conditions write it.
#[must_use]
pub fn truth(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}
