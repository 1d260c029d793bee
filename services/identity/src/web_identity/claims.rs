//! What a token says, checked.
//! <https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation>

use serde_json::{Map, Value};
use time::{Duration, OffsetDateTime};

use super::error::WebIdentityError;
use crate::domain::session::SessionTag;
use crate::store::oidc_providers::OidcProvider;

/// The claims of a token that is believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebIdentityClaims {
    /// The provider's URL without its scheme, which is the prefix of its condition keys.
    pub provider_url: String,
    /// `sub`: whom it is about.
    pub subject: String,
    /// For which of the provider's client ids it is.
    pub audience: String,
    /// The tags that the provider gives the session.
    pub tags: Vec<SessionTag>,
    /// The source identity that the provider gives the session.
    pub source_identity: Option<String>,
    claims: Map<String, Value>,
}

/// The URL of the provider that a token names, without the scheme, as providers are registered.
pub(super) fn provider_url(claims: &Map<String, Value>) -> Result<&str, WebIdentityError> {
    let issuer = claims.get("iss").and_then(Value::as_str).ok_or(WebIdentityError::Claim("iss"))?;
    issuer.strip_prefix("https://").ok_or(WebIdentityError::Claim("iss"))
}

impl WebIdentityClaims {
    /// Checks the claims of a token whose signature is the provider's.
    pub(super) fn check_at(
        claims: &Map<String, Value>,
        provider: &OidcProvider,
        now: OffsetDateTime,
    ) -> Result<Self, WebIdentityError> {
        if provider_url(claims)? != provider.url {
            return Err(WebIdentityError::Claim("iss"));
        }
        let subject = claims.get("sub").and_then(Value::as_str).filter(|sub| (1..=255).contains(&sub.len()));
        let subject = subject.ok_or(WebIdentityError::Claim("sub"))?;
        let audience = audience(claims, provider)?;
        check_time(claims, now)?;
        let (tags, source_identity) = (session_tags(claims)?, source_identity(claims)?);
        Ok(Self {
            provider_url: provider.url.clone(),
            subject: subject.to_owned(),
            audience,
            tags,
            source_identity,
            claims: claims.clone(),
        })
    }

    /// Passes on the values of `issuer:claim`, and answers whether there are any. Claims are told apart by case, unlike the
    /// issuer's name.
    pub fn condition_key(&self, key: &str, each: &mut dyn FnMut(&str)) -> bool {
        let Some((prefix, rest)) = key.split_at_checked(self.provider_url.len()) else { return false };
        let Some(claim) = rest.strip_prefix(':').filter(|_| prefix.eq_ignore_ascii_case(&self.provider_url))
        else {
            return false;
        };
        // Where a token says to whom it was given, that is its audience, and the original one has another name.
        let claim = match (claim, self.claims.get("azp")) {
            ("aud", Some(party)) => return pass(party, each),
            ("oaud", Some(_)) => "aud",
            ("oaud", None) => return false,
            (claim, _) => claim,
        };
        self.claims.get(claim).is_some_and(|value| pass(value, each))
    }
}

/// Passes on texts, numbers and truths, and lists of texts; what is nested can't be asked for.
fn pass(value: &Value, each: &mut dyn FnMut(&str)) -> bool {
    match value {
        Value::String(text) => each(text),
        Value::Bool(truth) => each(if *truth { "true" } else { "false" }),
        Value::Number(number) => each(&number.to_string()),
        Value::Array(values) if values.iter().all(Value::is_string) => {
            values.iter().filter_map(Value::as_str).for_each(each);
        }
        Value::Array(_) | Value::Object(_) | Value::Null => return false,
    }
    true
}

/// The client id for which it is: whom it was given to, where it says so, or else one of those it is meant for.
fn audience(claims: &Map<String, Value>, provider: &OidcProvider) -> Result<String, WebIdentityError> {
    let audiences = match claims.get("aud") {
        Some(Value::String(audience)) => vec![audience.as_str()],
        Some(Value::Array(audiences)) => {
            let texts = audiences.iter().map(Value::as_str).collect::<Option<Vec<_>>>();
            texts.ok_or(WebIdentityError::Claim("aud"))?
        }
        _ => return Err(WebIdentityError::Claim("aud")),
    };
    let candidates = match claims.get("azp") {
        None => audiences,
        Some(Value::String(party)) => vec![party.as_str()],
        Some(_) => return Err(WebIdentityError::Claim("azp")),
    };
    let known = candidates.into_iter().find(|id| provider.client_ids.iter().any(|known| known == id));
    known.map(str::to_owned).ok_or(WebIdentityError::Audience)
}

fn check_time(claims: &Map<String, Value>, now: OffsetDateTime) -> Result<(), WebIdentityError> {
    let expired_at = time_of(claims, "exp")?.ok_or(WebIdentityError::Claim("exp"))?;
    let issued_at = time_of(claims, "iat")?.ok_or(WebIdentityError::Claim("iat"))?;
    if expired_at <= now {
        return Err(WebIdentityError::Expired { now, expired_at });
    }
    let valid_from = time_of(claims, "nbf")?.unwrap_or(issued_at);
    if issued_at > now + SKEW || valid_from > now + SKEW {
        return Err(WebIdentityError::Rejected("it is not valid yet"));
    }
    Ok(())
}

/// Seconds since 1970, perhaps with a fraction.
fn time_of(
    claims: &Map<String, Value>,
    name: &'static str,
) -> Result<Option<OffsetDateTime>, WebIdentityError> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    let seconds = value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds.floor() as i64));
    let time = seconds.and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
    time.map(Some).ok_or(WebIdentityError::Claim(name))
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_adding-assume-role-idp>
fn session_tags(claims: &Map<String, Value>) -> Result<Vec<SessionTag>, WebIdentityError> {
    let Some(given) = claims.get(TAGS_CLAIM) else { return Ok(Vec::new()) };
    let rejected = || WebIdentityError::Rejected("its session tags cannot be used");
    let tags = match given.get("principal_tags") {
        Some(Value::Object(tags)) => tags,
        None => return Ok(Vec::new()),
        Some(_) => return Err(rejected()),
    };
    let transitive = match given.get("transitive_tag_keys") {
        Some(Value::Array(keys)) => {
            keys.iter().map(Value::as_str).collect::<Option<Vec<_>>>().ok_or_else(rejected)?
        }
        None => Vec::new(),
        Some(_) => return Err(rejected()),
    };
    let is_tag = |key: &str| tags.keys().any(|tag| tag.eq_ignore_ascii_case(key));
    if tags.len() > SessionTag::PER_SESSION || !transitive.iter().all(|key| is_tag(key)) {
        return Err(rejected());
    }
    let mut found: Vec<SessionTag> = Vec::with_capacity(tags.len());
    for (key, value) in tags {
        let value = match value {
            Value::String(value) => value,
            Value::Array(values) => match values.as_slice() {
                [Value::String(value)] => value,
                _ => return Err(rejected()),
            },
            _ => return Err(rejected()),
        };
        let is_new = !found.iter().any(|tag| tag.key.eq_ignore_ascii_case(key));
        if !is_new || !SessionTag::is_valid(key, value) {
            return Err(rejected());
        }
        let transitive = transitive.iter().any(|name| name.eq_ignore_ascii_case(key));
        found.push(SessionTag { key: key.clone(), value: value.clone(), transitive });
    }
    Ok(found)
}

fn source_identity(claims: &Map<String, Value>) -> Result<Option<String>, WebIdentityError> {
    let Some(given) = claims.get(SOURCE_IDENTITY_CLAIM) else { return Ok(None) };
    let valid = given.as_str().filter(|text| {
        (2..=64).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte))
    });
    let rejected = WebIdentityError::Rejected("its source identity cannot be used");
    valid.map(|text| Some(text.to_owned())).ok_or(rejected)
}

/// How far an issuer's clock may be ahead of ours.
const SKEW: Duration = Duration::minutes(5);
const TAGS_CLAIM: &str = "https://aws.amazon.com/tags";
const SOURCE_IDENTITY_CLAIM: &str = "https://aws.amazon.com/source_identity";
