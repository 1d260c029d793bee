//! The credential scope: for which day, region and service a signature is good.

use std::fmt;

use time::Date;

use crate::{Malformed, timestamp};

/// A credential scope, as in `AKID/20260101/us-east-1/kms/aws4_request`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CredentialScope {
    /// The day, in UTC.
    pub date: Date,
    /// The region, such as `us-east-1`. The caller checks that it serves it.
    pub region: String,
    /// The service's signing name, such as `kms`. The caller checks that it is it.
    pub service: String,
}

impl CredentialScope {
    /// Reads a `Credential` value: the access key id and the scope.
    ///
    /// # Errors
    /// [`Malformed::Credential`], [`Malformed::ScopeDate`] or [`Malformed::Terminator`].
    pub fn parse_credential(text: &str) -> Result<(String, Self), Malformed> {
        let mut elements = text.split('/');
        let mut next = || elements.next().ok_or(Malformed::Credential);
        let (access_key_id, date, region, service, terminator) =
            (next()?, next()?, next()?, next()?, next()?);
        if elements.next().is_some() {
            return Err(Malformed::Credential);
        }
        if !is_access_key_id(access_key_id) || !is_name(region) || !is_name(service) {
            return Err(Malformed::Credential);
        }
        if terminator != TERMINATOR {
            return Err(Malformed::Terminator);
        }
        let date = timestamp::parse_day(date).ok_or(Malformed::ScopeDate)?;
        let scope = Self { date, region: region.to_owned(), service: service.to_owned() };
        Ok((access_key_id.to_owned(), scope))
    }
}

impl fmt::Display for CredentialScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = timestamp::day_text(self.date);
        write!(f, "{date}/{}/{}/{TERMINATOR}", self.region, self.service)
    }
}

/// The length limit is the API model's; the lower one is left to the lookup.
fn is_access_key_id(text: &str) -> bool {
    (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn is_name(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=64).contains(&text.len()) && text.bytes().all(fits)
}

/// The last element of every scope.
pub(crate) const TERMINATOR: &str = "aws4_request";

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn a_credential_is_read_and_printed() {
        let (key, scope) =
            CredentialScope::parse_credential("AKIDEXAMPLE/20260102/us-east-1/kms/aws4_request").unwrap();
        assert_eq!(key, "AKIDEXAMPLE");
        assert_eq!(scope.date, date!(2026 - 01 - 02));
        assert_eq!(scope.to_string(), "20260102/us-east-1/kms/aws4_request");
    }

    #[test]
    fn what_is_no_credential_is_refused_for_its_reason() {
        let parse = |text| CredentialScope::parse_credential(text).unwrap_err();
        assert_eq!(parse(""), Malformed::Credential);
        assert_eq!(parse("AKID/20260102/us-east-1/kms"), Malformed::Credential);
        assert_eq!(parse("AKID/20260102/us-east-1/kms/aws4_request/x"), Malformed::Credential);
        assert_eq!(parse("/20260102/us-east-1/kms/aws4_request"), Malformed::Credential);
        assert_eq!(parse("AKID/20260102//kms/aws4_request"), Malformed::Credential);
        assert_eq!(parse("AKID/20260102/us-east-1/kms/aws5_request"), Malformed::Terminator);
        assert_eq!(parse("AKID/20261302/us-east-1/kms/aws4_request"), Malformed::ScopeDate);
    }
}
