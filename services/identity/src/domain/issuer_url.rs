//! The URL of an OpenID Connect issuer, whose name is the URL without its scheme.

use std::fmt;

/// The URL of an issuer: `https://`, a host, perhaps a port (which AWS doesn't allow: issuers here may be private ones),
/// perhaps a path; without user, query and fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerUrl(Box<str>);

/// A text that is no URL of an issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an issuer's URL begins with https:// and a host, and has no user, query and fragment")]
pub struct IssuerUrlError;

impl IssuerUrl {
    /// Reads a URL with its scheme.
    ///
    /// # Errors
    /// [`IssuerUrlError`].
    pub fn parse(text: &str) -> Result<Self, IssuerUrlError> {
        let name = text.strip_prefix("https://").ok_or(IssuerUrlError)?;
        let authority = name.split('/').next().unwrap_or_default();
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        };
        let host_fits = !host.is_empty()
            && !host.starts_with(['.', '-'])
            && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
        let port_fits = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
        let rest_fits = name.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#@\\\"<>*".contains(&byte));
        if host_fits && port_fits && rest_fits { Ok(Self(name.into())) } else { Err(IssuerUrlError) }
    }

    /// The URL without its scheme.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IssuerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "https://{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issuers_are_https_urls() {
        for name in ["accounts.example.com", "oidc.eks.eu-west-1.amazonaws.com/id/AB12", "127.0.0.1:8443/a"] {
            let url = IssuerUrl::parse(&format!("https://{name}")).unwrap();
            assert_eq!((url.name(), url.to_string()), (name, format!("https://{name}")));
        }
        for bad in [
            "http://example.com",
            "example.com",
            "https://",
            "https:///a",
            "https://a:x",
            "https://a:0",
            "https://u@a",
            "https://a?b",
            "https://a#b",
            "https://a b",
            "https://*.example.com",
        ] {
            assert_eq!(IssuerUrl::parse(bad), Err(IssuerUrlError), "{bad}");
        }
    }
}
