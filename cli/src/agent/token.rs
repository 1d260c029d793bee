//! What a service-account token says. Nothing of it is believed: it tells which role to ask for, and until when an answer
//! to it is kept.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use time::OffsetDateTime;

use super::error::AgentError;

/// A token's service account, `namespace/name`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ServiceAccount {
    /// `namespace/name`.
    pub(crate) name: String,
    /// A name for its session: the pod's where the token tells it.
    pub(crate) session_name: String,
    /// When the token ends.
    pub(crate) expires_at: OffsetDateTime,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    exp: i64,
    #[serde(default, rename = "kubernetes.io")]
    kubernetes: Option<Kubernetes>,
}

#[derive(Deserialize)]
struct Kubernetes {
    #[serde(default)]
    pod: Option<Named>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

impl ServiceAccount {
    /// Reads a token without verifying it.
    pub(crate) fn of(token: &str) -> Result<Self, AgentError> {
        let mut parts = token.split('.');
        let (Some(_), Some(claims), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(AgentError::Token);
        };
        let claims = URL_SAFE_NO_PAD.decode(claims).map_err(|_| AgentError::Token)?;
        let claims: Claims = serde_json::from_slice(&claims).map_err(|_| AgentError::Token)?;
        let account = claims.sub.strip_prefix("system:serviceaccount:").ok_or(AgentError::Token)?;
        let (namespace, name) = account.split_once(':').ok_or(AgentError::Token)?;
        let pod = claims.kubernetes.and_then(|kubernetes| kubernetes.pod).map(|pod| pod.name);
        let session_name = session_name(&pod.unwrap_or_else(|| format!("{namespace}-{name}")));
        let expires_at = OffsetDateTime::from_unix_timestamp(claims.exp).map_err(|_| AgentError::Token)?;
        Ok(Self { name: format!("{namespace}/{name}"), session_name, expires_at })
    }
}

/// What STS takes as a session's name: at most 64 characters.
fn session_name(name: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    let mut text: String = name.chars().take(64).map(|c| if allowed(c) { c } else { '-' }).collect();
    while text.len() < 2 {
        text.push('-');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(claims: &str) -> String {
        format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims))
    }

    #[test]
    fn the_subject_names_the_account_and_the_pod_the_session() {
        let read = ServiceAccount::of(&token(
            r#"{"sub":"system:serviceaccount:shop:web","exp":1800000000,"kubernetes.io":{"pod":{"name":"web-7f"}}}"#,
        ));
        let read = read.unwrap();
        assert_eq!((read.name.as_str(), read.session_name.as_str()), ("shop/web", "web-7f"));
        assert_eq!(read.expires_at.unix_timestamp(), 1_800_000_000);
        let without = token(r#"{"sub":"system:serviceaccount:shop:web","exp":1800000000}"#);
        assert_eq!(ServiceAccount::of(&without).unwrap().session_name, "shop-web");
        assert_eq!(session_name(&"ä".repeat(70)), "-".repeat(64));
    }

    #[test]
    fn other_tokens_are_none() {
        for bad in ["", "a.b.c", "e30.e30", &token("{}"), &token(r#"{"sub":"alice","exp":1}"#), "a.b.c.d"] {
            assert!(matches!(ServiceAccount::of(bad), Err(AgentError::Token)), "{bad}");
        }
    }
}
