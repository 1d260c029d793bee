//! The condition keys of KMS, each looked up when a policy asks for it.
//!
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html>

use keywright_attestation::Attestation;
use keywright_aws_api::Call;
use keywright_policy::ContextKeys;

use super::recipient::attested_key;
use crate::domain::alias;
use crate::domain::condition_keys::{strip_ignoring_case, truth};
use crate::domain::entry::KeyEntry;
use crate::domain::grant::ContextPairs;
use crate::domain::key::{Key, MultiRegionKeyType};
use crate::domain::tags::Tag;

/// The condition keys of one access. What isn't there has no keys.
#[derive(Clone, Copy)]
pub(crate) struct ConditionKeys<'a> {
    call: &'a Call,
    key: Option<&'a KeyEntry>,
    request: RequestKeys<'a>,
}

/// The condition keys that come from the members of a request.
#[derive(Clone, Copy, Default)]
pub(crate) struct RequestKeys<'a> {
    /// What the request names the key by.
    pub(crate) identifier: Option<&'a str>,
    /// The encryption contexts: of the request, or of a grant's constraints.
    pub(crate) contexts: [Option<&'a ContextPairs>; 2],
    /// The encryption algorithm.
    pub(crate) algorithm: Option<&'a str>,
    /// The tags that are to be set.
    pub(crate) tags: Option<&'a [Tag]>,
    /// The keys of the tags that are to be removed.
    pub(crate) tag_keys: Option<&'a [String]>,
    /// What is attested of the recipient of the answer.
    pub(crate) attestation: Option<&'a Attestation>,
    /// Whatever else the operation has.
    pub(crate) others: &'a [(&'a str, &'a str)],
}

impl<'a> ConditionKeys<'a> {
    /// Those of every call of KMS, and those of the key.
    pub(crate) fn new(call: &'a Call, key: Option<&'a KeyEntry>) -> Self {
        Self { call, key, request: RequestKeys::default() }
    }

    /// The same with those of a request.
    pub(crate) fn with(self, request: RequestKeys<'a>) -> Self {
        Self { request, ..self }
    }

    fn of_call(&self, name: &str, each: &mut dyn FnMut(&str)) -> bool {
        if name.eq_ignore_ascii_case("CallerAccount") {
            each(self.call.account().as_str());
            return true;
        }
        let service = self.call.invoked_by().and_then(|service| service.strip_suffix(".amazonaws.com"));
        match service.filter(|_| name.eq_ignore_ascii_case("ViaService")) {
            Some(service) => {
                each(&format!("{service}.{}.amazonaws.com", self.call.region));
                true
            }
            None => false,
        }
    }
}

impl ContextKeys for ConditionKeys<'_> {
    fn get(&self, key: &str, each: &mut dyn FnMut(&str)) -> bool {
        let of_call = || strip_ignoring_case(key, "kms:");
        of_call().is_some_and(|name| self.of_call(name, each))
            || self.request.get(key, each)
            || self.key.is_some_and(|entry| entry.get(key, each))
    }
}

impl RequestKeys<'_> {
    fn get(&self, key: &str, each: &mut dyn FnMut(&str)) -> bool {
        match strip_ignoring_case(key, "kms:") {
            Some(name) => self.of_kms(name, each),
            None => strip_ignoring_case(key, "aws:").is_some_and(|name| self.of_tags(name, each)),
        }
    }

    fn of_kms(&self, name: &str, each: &mut dyn FnMut(&str)) -> bool {
        if let Some(key) = strip_ignoring_case(name, "EncryptionContext:") {
            return passed(
                self.pairs().filter(|(own, _)| own.eq_ignore_ascii_case(key)).map(|(_, value)| value),
                each,
            );
        }
        if let Some(name) = strip_ignoring_case(name, "RecipientAttestation:") {
            return self.attestation.is_some_and(|attestation| attested_key(attestation, name, each));
        }
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        if is("EncryptionContextKeys") {
            return passed(self.pairs().map(|(key, _)| key), each);
        }
        if is("EncryptionAlgorithm") {
            return passed(self.algorithm.into_iter(), each);
        }
        if is("RequestAlias") {
            return passed(self.identifier.and_then(alias_in).into_iter(), each);
        }
        passed(self.others.iter().filter(|(own, _)| is(own)).map(|(_, value)| *value), each)
    }

    fn of_tags(&self, name: &str, each: &mut dyn FnMut(&str)) -> bool {
        let tags = self.tags.unwrap_or_default();
        if let Some(key) = strip_ignoring_case(name, "RequestTag/") {
            let of_key = tags.iter().filter(|tag| tag.tag_key.eq_ignore_ascii_case(key));
            return passed(of_key.map(|tag| tag.tag_value.as_str()), each);
        }
        if !name.eq_ignore_ascii_case("TagKeys") {
            return false;
        }
        let removed = self.tag_keys.unwrap_or_default().iter().map(String::as_str);
        passed(tags.iter().map(|tag| tag.tag_key.as_str()).chain(removed), each)
    }

    fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.contexts.iter().flatten().flat_map(|context| context.iter());
        all.map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

/// What is known of a replica key of this primary key by the primary key alone.
pub(crate) fn shared_keys(primary: &Key) -> [(&'static str, &'static str); 7] {
    let (spec, usage) = (primary.spec.as_str(), primary.usage.as_str());
    [
        ("KeySpec", spec),
        ("CustomerMasterKeySpec", spec),
        ("KeyUsage", usage),
        ("CustomerMasterKeyUsage", usage),
        ("KeyOrigin", primary.origin.as_str()),
        ("MultiRegion", truth(true)),
        ("MultiRegionKeyType", MultiRegionKeyType::Replica.as_str()),
    ]
}

/// A boolean value.
pub(crate) fn boolean(value: Option<bool>) -> &'static str {
    truth(value == Some(true))
}

/// The alias in an alias name or alias ARN.
fn alias_in(identifier: &str) -> Option<&str> {
    let name = match identifier.strip_prefix("arn:") {
        Some(rest) => rest.splitn(5, ':').nth(4)?,
        None => identifier,
    };
    name.starts_with(alias::PREFIX).then_some(name)
}

fn passed<'a>(values: impl Iterator<Item = &'a str>, each: &mut dyn FnMut(&str)) -> bool {
    let mut present = false;
    values.for_each(|value| {
        present = true;
        each(value);
    });
    present
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(request: RequestKeys<'_>, key: &str) -> Option<Vec<String>> {
        let mut values = Vec::new();
        request.get(key, &mut |value| values.push(value.to_owned())).then_some(values)
    }

    #[test]
    fn an_alias_is_found_in_its_name_and_its_arn() {
        let alias = |identifier| {
            values(RequestKeys { identifier: Some(identifier), ..Default::default() }, "kms:RequestAlias")
        };
        for identifier in ["alias/app/x", "arn:aws:kms:us-east-1:111122223333:alias/app/x"] {
            assert_eq!(alias(identifier), Some(vec!["alias/app/x".to_owned()]));
        }
        for other in ["app", "arn:aws:kms:us-east-1:111122223333:key/alias/x", "arn:x", ""] {
            assert_eq!(alias(other), None, "{other}");
        }
    }

    #[test]
    fn names_are_compared_without_regard_to_case_and_values_kept() {
        let context =
            ContextPairs::from([("App".to_owned(), "X".to_owned()), ("b".to_owned(), "".to_owned())]);
        let others = [("GrantOperations", "Encrypt"), ("GrantOperations", "Decrypt")];
        let request = RequestKeys { contexts: [None, Some(&context)], others: &others, ..Default::default() };
        assert_eq!(values(request, "KMS:encryptioncontext:app"), Some(vec!["X".to_owned()]));
        assert_eq!(
            values(request, "kms:EncryptionContextKeys"),
            Some(vec!["App".to_owned(), "b".to_owned()])
        );
        assert_eq!(values(request, "kms:grantoperations").map(|values| values.len()), Some(2));
        for absent in
            ["kms:EncryptionContext:c", "kms:EncryptionContext", "aws:TagKeys", "kms", "s3:GrantOperations"]
        {
            assert_eq!(values(request, absent), None, "{absent}");
        }
        assert_eq!(values(RequestKeys::default(), "kms:EncryptionContextKeys"), None);
    }
}
