//! Rotation functions by their ARNs.

use std::fmt;

use keywright_aws_api::{AccountId, Arn, Region};

use crate::domain::storable::storable;
use crate::error::Error;

/// `arn:aws:lambda:REGION:ACCOUNT:function:NAME[:QUALIFIER]`, of the secret's own Region and account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionArn(Box<str>);

impl FunctionArn {
    /// Takes a text that was stored.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// Takes a text of a request.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for one that is no function's ARN, or of another Region or account.
    pub fn parse(text: &str, region: &Region, account: AccountId) -> Result<Self, Error> {
        let arn = Arn::parse(storable(text)?).map_err(|_| NOT_AN_ARN)?;
        let mut parts = arn.resource().split(':');
        let (kind, name, qualifier, rest) = (parts.next(), parts.next(), parts.next(), parts.next());
        let is_function = arn.service() == "lambda"
            && arn.partition() == keywright_aws_api::partition()
            && kind == Some("function")
            && name.is_some_and(is_name)
            && qualifier.is_none_or(|qualifier| is_name(qualifier.trim_start_matches('$')))
            && rest.is_none();
        if !is_function {
            return Err(NOT_AN_ARN);
        }
        if arn.region() != region.as_str() || arn.account() != account.as_str() {
            return Err(ELSEWHERE);
        }
        Ok(Self::new(text))
    }

    /// The ARN.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The function's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.split(':').nth(NAME).unwrap_or_default()
    }

    /// The ARN without qualifier, which policies are about.
    #[must_use]
    pub fn unqualified(&self) -> &str {
        let end = self.0.match_indices(':').nth(NAME).map_or(self.0.len(), |(at, _)| at);
        self.0.get(..end).unwrap_or(&self.0)
    }
}

impl fmt::Display for FunctionArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a text can be a function's name.
/// <https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html>
#[must_use]
pub fn is_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=64).contains(&text.len()) && text.bytes().all(allowed)
}

/// Where the name stands among the parts of the ARN.
const NAME: usize = 6;
const NOT_AN_ARN: Error =
    Error::InvalidParameter("The RotationLambdaARN is not the ARN of a Lambda function.");
const ELSEWHERE: Error =
    Error::InvalidParameter("The rotation function must be in the account and the Region of the secret.");

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<FunctionArn, Error> {
        let region = Region::parse("us-east-1").unwrap();
        FunctionArn::parse(text, &region, AccountId::parse("111122223333").unwrap())
    }

    #[test]
    fn a_function_is_of_the_secrets_account_and_region() {
        let arn = parse("arn:aws:lambda:us-east-1:111122223333:function:rotate").unwrap();
        assert_eq!((arn.name(), arn.unqualified()), ("rotate", arn.as_str()));
        let qualified = parse("arn:aws:lambda:us-east-1:111122223333:function:rotate:$LATEST").unwrap();
        assert_eq!((qualified.name(), qualified.unqualified()), ("rotate", arn.as_str()));
        for wrong in [
            "",
            "rotate",
            "arn:aws:lambda:eu-west-1:111122223333:function:rotate",
            "arn:aws:lambda:us-east-1:444455556666:function:rotate",
            "arn:aws:kms:us-east-1:111122223333:function:rotate",
            "arn:aws:lambda:us-east-1:111122223333:layer:rotate",
            "arn:aws:lambda:us-east-1:111122223333:function:",
            "arn:aws:lambda:us-east-1:111122223333:function:a/b",
            "arn:aws:lambda:us-east-1:111122223333:function:a:b:c",
            "arn:aws:lambda:us-east-1:111122223333:function:a\0",
        ] {
            assert!(matches!(parse(wrong), Err(Error::InvalidParameter(_))), "{wrong}");
        }
    }
}
