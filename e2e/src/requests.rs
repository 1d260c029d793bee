//! Ready requests: real signatures, made before the clock runs.

use anyhow::{Context as _, Result};
use keywright_crypto::SecretString;
use keywright_sigv4::Signer;
use serde_json::Value;
use time::OffsetDateTime;

use crate::load::Requests;
use crate::stack::Credentials;

/// An operation of a JSON 1.1 API.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The name in the credential scope, such as `kms`.
    pub signing_name: &'static str,
    /// `x-amz-target`, such as `TrentService.GenerateDataKey`.
    pub target: &'static str,
}

/// KMS's GenerateDataKey.
pub const GENERATE_DATA_KEY: Target = Target { signing_name: "kms", target: "TrentService.GenerateDataKey" };
/// KMS's Encrypt.
pub const ENCRYPT: Target = Target { signing_name: "kms", target: "TrentService.Encrypt" };
/// KMS's Decrypt.
pub const DECRYPT: Target = Target { signing_name: "kms", target: "TrentService.Decrypt" };
/// KMS's CreateKey.
pub const CREATE_KEY: Target = Target { signing_name: "kms", target: "TrentService.CreateKey" };
/// KMS's ListKeys.
pub const LIST_KEYS: Target = Target { signing_name: "kms", target: "TrentService.ListKeys" };

/// Parameter Store's PutParameter.
pub const PUT_PARAMETER: Target = Target { signing_name: "ssm", target: "AmazonSSM.PutParameter" };
/// Parameter Store's GetParameter.
pub const GET_PARAMETER: Target = Target { signing_name: "ssm", target: "AmazonSSM.GetParameter" };
/// Parameter Store's GetParametersByPath.
pub const GET_PARAMETERS_BY_PATH: Target =
    Target { signing_name: "ssm", target: "AmazonSSM.GetParametersByPath" };
/// Parameter Store's DescribeParameters.
pub const DESCRIBE_PARAMETERS: Target =
    Target { signing_name: "ssm", target: "AmazonSSM.DescribeParameters" };

/// Secrets Manager's CreateSecret.
pub const CREATE_SECRET: Target =
    Target { signing_name: "secretsmanager", target: "secretsmanager.CreateSecret" };
/// Secrets Manager's GetSecretValue.
pub const GET_SECRET_VALUE: Target =
    Target { signing_name: "secretsmanager", target: "secretsmanager.GetSecretValue" };

/// One signed request for each input, for `host` (`address:port`).
///
/// # Errors
/// When one can't be signed.
pub fn signed(
    credentials: &Credentials,
    host: &str,
    target: Target,
    inputs: impl IntoIterator<Item = Value>,
) -> Result<Requests> {
    let signer = signer(credentials, target.signing_name);
    let now = OffsetDateTime::now_utc();
    let requests = inputs.into_iter().map(|input| {
        let body = input.to_string().into_bytes();
        let mut headers = headers(host, target);
        signer.sign("POST", "/", "", &mut headers, &body, now).context("sign a request")?;
        Ok(encode(&headers, &body))
    });
    Ok(requests.collect::<Result<Vec<_>>>()?.into())
}

/// One signed request of a Query API, whose form is all of `form`.
///
/// # Errors
/// When it can't be signed.
pub fn signed_query(
    credentials: &Credentials,
    host: &str,
    signing_name: &'static str,
    form: &str,
) -> Result<Vec<u8>> {
    let mut headers = vec![
        ("host".to_owned(), host.to_owned()),
        ("content-type".to_owned(), "application/x-www-form-urlencoded; charset=utf-8".to_owned()),
    ];
    let now = OffsetDateTime::now_utc();
    let signer = signer(credentials, signing_name);
    signer.sign("POST", "/", "", &mut headers, form.as_bytes(), now).context("sign a request")?;
    Ok(encode(&headers, form.as_bytes()))
}

/// The same bytes for the bare handler, which doesn't look at the signature: heads and bodies of equal size.
#[must_use]
pub fn unsigned(host: &str, body_bytes: usize, like: &Requests) -> Requests {
    let head_bytes = like.first().map_or(0, |request| request.len().saturating_sub(body_bytes));
    let body = vec![b'x'; body_bytes];
    let mut headers = vec![("host".to_owned(), host.to_owned())];
    let room =
        head_bytes.saturating_sub(encode(&headers, &body).len() - body.len() + "authorization: \r\n".len());
    headers.push(("authorization".to_owned(), "a".repeat(room)));
    vec![encode(&headers, &body)].into()
}

fn signer(credentials: &Credentials, signing_name: &'static str) -> Signer {
    Signer::new(
        credentials.access_key_id.clone(),
        SecretString::new(credentials.secret_access_key.clone()),
        credentials.region.clone(),
        signing_name,
    )
}

fn headers(host: &str, target: Target) -> Vec<(String, String)> {
    vec![
        ("host".to_owned(), host.to_owned()),
        ("content-type".to_owned(), "application/x-amz-json-1.1".to_owned()),
        ("x-amz-target".to_owned(), target.target.to_owned()),
    ]
}

fn encode(headers: &[(String, String)], body: &[u8]) -> Vec<u8> {
    let mut request = String::from("POST / HTTP/1.1\r\n");
    for (name, value) in headers {
        request.push_str(name);
        request.push_str(": ");
        request.push_str(value);
        request.push_str("\r\n");
    }
    request.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    let mut request = request.into_bytes();
    request.extend_from_slice(body);
    request
}
