//! Which service and Region a request is signed for, read without verifying anything.
//!
//! Only to choose who answers: the chosen API verifies the signature, and refuses a scope that isn't its own.

/// Service and Region of a credential scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScopeHint<'a> {
    /// The Region, such as `us-east-1`.
    pub region: &'a str,
    /// The service, such as `kms`.
    pub service: &'a str,
}

/// The scope that the `authorization` header or the query claims.
#[must_use]
pub fn scope_hint<'a>(authorization: Option<&'a str>, query: &'a str) -> Option<ScopeHint<'a>> {
    if let Some(header) = authorization {
        let credential = header.split_once("Credential=")?.1;
        let end = credential.find([',', ' ']).unwrap_or(credential.len());
        return parse(credential.get(..end)?, "/");
    }
    let credential = query.split('&').find_map(|pair| pair.strip_prefix("X-Amz-Credential="))?;
    // A presigned URL carries the slashes percent-encoded; some clients leave them.
    parse(credential, "%2F").or_else(|| parse(credential, "%2f")).or_else(|| parse(credential, "/"))
}

fn parse<'a>(credential: &'a str, slash: &str) -> Option<ScopeHint<'a>> {
    let mut parts = credential.rsplit(slash);
    let (_terminator, service, region) = (parts.next()?, parts.next()?, parts.next()?);
    // The date and the access key must be there too.
    parts.next()?;
    parts.next()?;
    Some(ScopeHint { region, service })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KMS: ScopeHint<'_> = ScopeHint { region: "us-east-1", service: "kms" };

    #[test]
    fn header_and_query_are_read() {
        let header =
            "AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/kms/aws4_request, SignedHeaders=host";
        assert_eq!(scope_hint(Some(header), ""), Some(KMS));
        let query = "Action=x&X-Amz-Credential=AKIA%2F20260101%2Fus-east-1%2Fkms%2Faws4_request&X-Amz-Date=y";
        assert_eq!(scope_hint(None, query), Some(KMS));
        assert_eq!(scope_hint(None, &query.replace("%2F", "/")), Some(KMS));
    }

    #[test]
    fn what_is_no_scope_gives_none() {
        for header in ["", "Basic dXNlcg==", "Credential=", "Credential=a/b", "Credential=////"] {
            let hint = scope_hint(Some(header), "");
            assert!(hint.is_none() || hint.is_some_and(|h| h.service.is_empty()), "{header}: {hint:?}");
        }
        assert_eq!(scope_hint(None, "Action=GetCallerIdentity"), None);
    }
}
