//! Names of KMS keys.
//!
//! <https://github.com/awslabs/aws-encryption-sdk-specification/blob/master/framework/aws-kms/aws-kms-key-arn.md>

/// The ARN of a key or an alias: `arn:partition:kms:region:account:key/id`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyArn {
    pub(crate) partition: String,
    pub(crate) region: String,
    pub(crate) account: String,
    kind: ResourceKind,
    id: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ResourceKind {
    Key,
    Alias,
}

impl KeyArn {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        let mut next = || parts.next().filter(|part| !part.is_empty());
        let ("arn", partition, "kms", region, account, resource) =
            (next()?, next()?, next()?, next()?, next()?, next()?)
        else {
            return None;
        };
        let (kind, id) = resource.split_once('/')?;
        let kind = match kind {
            "key" => ResourceKind::Key,
            "alias" => ResourceKind::Alias,
            _ => return None,
        };
        // An alias may have slashes, a key's id has none; neither has colons.
        if id.is_empty() || id.contains(':') || (kind == ResourceKind::Key && id.contains('/')) {
            return None;
        }
        Some(Self {
            partition: partition.into(),
            region: region.into(),
            account: account.into(),
            kind,
            id: id.into(),
        })
    }

    /// Whether it is a key's, and not an alias's.
    pub(crate) fn is_key(&self) -> bool {
        self.kind == ResourceKind::Key
    }

    pub(crate) fn is_multi_region(&self) -> bool {
        self.is_key() && self.id.starts_with("mrk-")
    }

    /// The same multi-Region key in another Region.
    pub(crate) fn in_region(&self, region: &str) -> Self {
        Self { region: region.to_owned(), ..self.clone() }
    }
}

impl std::fmt::Display for KeyArn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { partition, region, account, id, kind } = self;
        let kind = match kind {
            ResourceKind::Key => "key",
            ResourceKind::Alias => "alias",
        };
        write!(f, "arn:{partition}:kms:{region}:{account}:{kind}/{id}")
    }
}

/// Whether `text` can name a key to KMS: an ARN, an alias, or a key's id.
pub(crate) fn is_identifier(text: &str) -> bool {
    if text.starts_with("arn:") {
        return KeyArn::parse(text).is_some();
    }
    let id = text.strip_prefix("alias/").unwrap_or(text);
    !id.is_empty() && !id.contains(':')
}

/// Whether both are one key, or one multi-Region key in two Regions.
pub(crate) fn same_multi_region(configured: &str, arn: &KeyArn) -> bool {
    if configured == arn.to_string() {
        return true;
    }
    KeyArn::parse(configured)
        .is_some_and(|configured| configured.is_multi_region() && configured.in_region(&arn.region) == *arn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_keys_and_aliases_are_told_from_anything_else() {
        for good in ["arn:aws:kms:us-east-1:1:key/a", "arn:aws-cn:kms:cn-north-1:1:alias/a/b"] {
            assert_eq!(KeyArn::parse(good).unwrap().to_string(), good);
            assert!(is_identifier(good));
        }
        for wrong in [
            "",
            "arn:aws:kms:us-east-1:1:key",
            "arn:aws:kms:us-east-1:1:key/",
            "arn:aws:kms:us-east-1:1:key/a/b",
            "arn:aws:kms:us-east-1:1:key/a:b",
            "arn:aws:kms:us-east-1:1:key:a",
            "arn:aws:kms:us-east-1::key/a",
            "arn:aws:kms::1:key/a",
            "arn::kms:us-east-1:1:key/a",
            "arn:aws:sns:us-east-1:1:key/a",
            "arn:aws:kms:us-east-1:1:topic/a",
            "arn:aws:kms:us-east-1",
        ] {
            assert_eq!(KeyArn::parse(wrong), None, "{wrong}");
            assert!(!is_identifier(wrong), "{wrong}");
        }
        assert!(is_identifier("alias/name") && is_identifier("mrk-1") && !is_identifier("alias/"));
    }

    #[test]
    fn a_multi_region_key_is_one_key_in_all_its_regions() {
        let here = "arn:aws:kms:us-east-1:1:key/mrk-a";
        let there = KeyArn::parse("arn:aws:kms:eu-west-1:1:key/mrk-a").unwrap();
        assert!(same_multi_region(here, &there));
        for other in [
            "arn:aws:kms:us-east-1:2:key/mrk-a",
            "arn:aws:kms:us-east-1:1:key/mrk-b",
            "arn:aws-cn:kms:us-east-1:1:key/mrk-a",
            "arn:aws:kms:us-east-1:1:alias/mrk-a",
            "mrk-a",
        ] {
            assert!(!same_multi_region(other, &there), "{other}");
        }
        let single = KeyArn::parse("arn:aws:kms:eu-west-1:1:key/a").unwrap();
        assert!(!same_multi_region("arn:aws:kms:us-east-1:1:key/a", &single));
        assert!(same_multi_region("arn:aws:kms:eu-west-1:1:key/a", &single));
    }
}
