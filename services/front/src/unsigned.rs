//! Which service a request without a credential scope is meant for.
//!
//! Most will be refused; but the right service refuses them in the right form, and records that. AssumeRoleWithWebIdentity
//! is not signed at all.

/// The service whose files these are, which are fetched without a signature.
pub(crate) fn of_path(path: &str) -> Option<&'static str> {
    path.starts_with(LOG_PATH).then_some("cloudtrail")
}

/// The service that the target, or the version in the query or the form, belongs to.
pub(crate) fn meant_service(target: Option<&str>, query: &str, form: Option<&[u8]>) -> Option<&'static str> {
    if let Some(target) = target {
        let prefix = target.rsplit_once('.').map_or(target, |(prefix, _operation)| prefix);
        return find(&TARGET_PREFIXES, prefix);
    }
    let in_form = || form.and_then(|form| std::str::from_utf8(form).ok()).and_then(version);
    version(query).or_else(in_form).and_then(|version| find(&QUERY_VERSIONS, version))
}

fn version(pairs: &str) -> Option<&str> {
    pairs.split('&').find_map(|pair| pair.strip_prefix("Version="))
}

fn find(known: &[(&str, &'static str)], name: &str) -> Option<&'static str> {
    known.iter().find(|(known, _)| *known == name).map(|(_, service)| *service)
}

/// `targetPrefix` of the service models.
const TARGET_PREFIXES: [(&str, &str); 4] = [
    ("TrentService", "kms"),
    ("AmazonSSM", "ssm"),
    ("secretsmanager", "secretsmanager"),
    ("com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101", "cloudtrail"),
];

/// The transparency log of the audit trail.
const LOG_PATH: &str = "/log/";

/// `apiVersion` of the service models that speak Query.
const QUERY_VERSIONS: [(&str, &str); 2] = [("2011-06-15", "sts"), ("2010-05-08", "iam")];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_names_the_service() {
        assert_eq!(meant_service(Some("TrentService.Encrypt"), "", None), Some("kms"));
        assert_eq!(meant_service(Some("AmazonSSM.GetParameter"), "", None), Some("ssm"));
        let cloudtrail = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents";
        assert_eq!(meant_service(Some(cloudtrail), "", None), Some("cloudtrail"));
        for unknown in ["", ".", "DynamoDB_20120810.GetItem", "trentservice.Encrypt"] {
            assert_eq!(meant_service(Some(unknown), "", None), None, "{unknown}");
        }
    }

    #[test]
    fn the_log_is_the_audit_services() {
        assert_eq!(of_path("/log/tile/0/000.p/1"), Some("cloudtrail"));
        for other in ["/", "/log", "/logs/checkpoint", "/x/log/checkpoint"] {
            assert_eq!(of_path(other), None, "{other}");
        }
    }

    #[test]
    fn the_version_of_a_form_or_query_names_the_service() {
        let form = b"Action=GetCallerIdentity&Version=2011-06-15".as_slice();
        assert_eq!(meant_service(None, "", Some(form)), Some("sts"));
        assert_eq!(meant_service(None, "Version=2010-05-08&Action=ListUsers", None), Some("iam"));
        assert_eq!(meant_service(None, "", Some(b"\xff\xfe")), None);
        assert_eq!(meant_service(None, "Action=GetCallerIdentity", None), None);
    }
}
