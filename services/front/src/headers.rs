//! Which headers pass the front, and which it sets.

use std::net::IpAddr;

use actix_web::http::header::HeaderMap as ActixHeaders;
use http::header::{CONNECTION, CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue};
use keywright_service::origin::FRONT_TOKEN_HEADER;
use keywright_telemetry::trace_context::FRONT_TRACEPARENT;

/// The headers for the backend: all of the client's but those for the front alone, with the client's address appended to
/// `x-forwarded-for`, and the front's token. None when one can't be passed on.
pub(crate) fn to_backend(
    client: &ActixHeaders,
    peer: Option<IpAddr>,
    front_token: Option<&HeaderValue>,
    whole_body: bool,
) -> Option<HeaderMap> {
    let mut headers = HeaderMap::with_capacity(client.len() + 2);
    let named = connection_options(client.get_all("connection").filter_map(|value| value.to_str().ok()));
    let mut forwarded_for = String::new();
    for (name, value) in client {
        let name = name.as_str();
        if name == FORWARDED_FOR {
            append(&mut forwarded_for, value.to_str().ok()?);
        } else if passes(name, &named) && (whole_body || name != CONTENT_LENGTH.as_str()) {
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            headers.append(name, HeaderValue::from_bytes(value.as_bytes()).ok()?);
        }
    }
    if let Some(peer) = peer {
        append(&mut forwarded_for, &peer.to_canonical().to_string());
    }
    if !forwarded_for.is_empty() {
        headers.insert(FORWARDED_FOR, HeaderValue::try_from(forwarded_for).ok()?);
    }
    if let Some(token) = front_token {
        headers.insert(FRONT_TOKEN_HEADER, token.clone());
    }
    Some(headers)
}

/// The headers for the client: all of the backend's but those for the front alone. The length is the body's.
pub(crate) fn to_client(backend: &HeaderMap) -> impl Iterator<Item = (&str, &[u8])> {
    let named =
        connection_options(backend.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok()));
    backend
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_bytes()))
        .filter(move |(name, _)| passes(name, &named) && *name != CONTENT_LENGTH.as_str())
}

fn passes(name: &str, named_by_connection: &[String]) -> bool {
    !HOP_BY_HOP.contains(&name)
        && name != FRONT_TOKEN_HEADER
        && name != FRONT_TRACEPARENT
        && !named_by_connection.iter().any(|named| named.eq_ignore_ascii_case(name))
}

/// The headers that `connection` names are for the next hop alone.
/// <https://www.rfc-editor.org/rfc/rfc9110#name-connection>
fn connection_options<'a>(values: impl Iterator<Item = &'a str>) -> Vec<String> {
    let options = values.flat_map(|value| value.split(',')).map(str::trim);
    options.filter(|option| !COMMON_OPTIONS.contains(option)).map(str::to_owned).collect()
}

fn append(list: &mut String, addresses: &str) {
    if !list.is_empty() {
        list.push_str(", ");
    }
    list.push_str(addresses);
}

const FORWARDED_FOR: &str = "x-forwarded-for";
/// They name nothing that is there, or what is dropped anyway.
const COMMON_OPTIONS: [&str; 5] = ["", "keep-alive", "close", "Keep-Alive", "upgrade"];
const HOP_BY_HOP: [&str; 9] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName as ActixName, HeaderValue as ActixValue};

    use super::*;

    fn passed(headers: &[(&str, &str)], token: Option<&str>) -> Vec<(String, String)> {
        let mut client = ActixHeaders::new();
        for (name, value) in headers {
            client.append(name.parse::<ActixName>().unwrap(), ActixValue::from_str(value).unwrap());
        }
        let token = token.map(|token| HeaderValue::from_str(token).unwrap());
        let passed = to_backend(&client, Some("192.0.2.7".parse().unwrap()), token.as_ref(), true).unwrap();
        let text = |value: &HeaderValue| value.to_str().unwrap().to_owned();
        passed.iter().map(|(name, value)| (name.to_string(), text(value))).collect()
    }

    fn values<'a>(passed: &'a [(String, String)], name: &str) -> Vec<&'a str> {
        passed.iter().filter(|(n, _)| n == name).map(|(_, value)| value.as_str()).collect()
    }

    #[test]
    fn what_may_be_signed_stays() {
        let passed = passed(
            &[
                ("host", "localhost:4566"),
                ("content-length", "7"),
                ("x-a", "1"),
                ("x-a", " 2"),
                ("traceparent", "t"),
            ],
            None,
        );
        assert_eq!(values(&passed, "host"), ["localhost:4566"]);
        assert_eq!(values(&passed, "content-length"), ["7"]);
        assert_eq!(values(&passed, "x-a"), ["1", " 2"]);
        assert_eq!(values(&passed, "traceparent"), ["t"]);
    }

    #[test]
    fn what_is_for_one_hop_is_dropped() {
        let passed = passed(
            &[("connection", "keep-alive, X-Gone"), ("x-gone", "1"), ("te", "t"), ("x-kept", "1")],
            None,
        );
        let names: Vec<_> = passed.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["x-kept", "x-forwarded-for"]);
    }

    #[test]
    fn a_span_is_the_fronts_own_to_name() {
        let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let passed = passed(&[(FRONT_TRACEPARENT, parent), ("traceparent", parent)], None);
        assert_eq!(values(&passed, FRONT_TRACEPARENT), [""; 0]);
        assert_eq!(values(&passed, "traceparent"), [parent]);
    }

    #[test]
    fn the_address_is_appended_and_a_strangers_token_dropped() {
        let forged =
            [(FRONT_TOKEN_HEADER, "guess"), ("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "2.2.2.2")];
        let without = passed(&forged, None);
        assert_eq!(values(&without, FRONT_TOKEN_HEADER), [""; 0]);
        assert_eq!(values(&without, "x-forwarded-for"), ["1.1.1.1, 2.2.2.2, 192.0.2.7"]);
        assert_eq!(values(&passed(&forged, Some("right")), FRONT_TOKEN_HEADER), ["right"]);
    }
}
