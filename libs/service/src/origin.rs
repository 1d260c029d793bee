//! Where a request comes from.

use std::net::IpAddr;

use keywright_crypto::{SecretString, constant_time_eq};

/// The header by which a front shows that it is one.
pub const FRONT_TOKEN_HEADER: &str = "x-keywright-front-token";

/// The client's address: the peer's, or the one a front names which has shown the token.
pub(crate) fn source_ip<'a>(
    peer: Option<IpAddr>,
    front_token: Option<&SecretString>,
    header: impl Fn(&str) -> Option<&'a [u8]>,
) -> Option<IpAddr> {
    let trusted = match (front_token, header(FRONT_TOKEN_HEADER)) {
        (Some(expected), Some(shown)) => constant_time_eq(expected.expose_secret().as_bytes(), shown),
        _ => false,
    };
    if !trusted {
        return peer;
    }
    // The front appends the address it saw; what stands before that is only claimed.
    let forwarded = header("x-forwarded-for").and_then(|value| std::str::from_utf8(value).ok());
    forwarded.and_then(|list| list.rsplit(',').next()).and_then(|last| last.trim().parse().ok()).or(peer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(headers: &[(&str, &str)], token: Option<&str>) -> String {
        let token = token.map(|text| SecretString::new(text.to_owned()));
        let find = |name: &str| headers.iter().find(|(n, _)| *n == name).map(|(_, value)| value.as_bytes());
        source_ip(Some("10.0.0.1".parse().unwrap()), token.as_ref(), find).unwrap().to_string()
    }

    #[test]
    fn only_a_front_with_the_token_is_believed() {
        let forged = [("x-forwarded-for", "1.2.3.4")];
        assert_eq!(ask(&forged, None), "10.0.0.1");
        assert_eq!(ask(&forged, Some("secret")), "10.0.0.1");
        let wrong = [("x-forwarded-for", "1.2.3.4"), (FRONT_TOKEN_HEADER, "guess")];
        assert_eq!(ask(&wrong, Some("secret")), "10.0.0.1");
        assert_eq!(ask(&wrong, None), "10.0.0.1");
        let right = [("x-forwarded-for", "6.6.6.6, 1.2.3.4"), (FRONT_TOKEN_HEADER, "secret")];
        assert_eq!(ask(&right, Some("secret")), "1.2.3.4");
    }
}
