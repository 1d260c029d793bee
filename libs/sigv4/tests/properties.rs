//! What holds for every request: what is signed verifies, another key or body does not, and nothing panics.

#![cfg(test)]

use keywright_crypto::SecretString;
use keywright_sigv4::{HttpRequest, PathStyle, SigV4Error, Signer, SigningKey, VerifyOptions, parse};
use proptest::collection::vec;
use proptest::prelude::*;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

const NOW: OffsetDateTime = datetime!(2026-01-02 03:04:05 UTC);

#[derive(Debug, Clone)]
struct Sample {
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    token: Option<String>,
    style: PathStyle,
}

prop_compose! {
    fn sample()(
        method in "GET|POST|PUT|DELETE",
        path in "(/[ -.0-~é]{0,8}){0,5}/?",
        query in "([a-zA-Z%é+ ]{0,6}(=[!-%'-~é]{0,6})?&?){0,6}",
        headers in vec(("[A-Za-z][A-Za-z0-9-]{0,12}", "[ -~\té]{0,24}"), 0..6),
        body in vec(any::<u8>(), 0..200),
        token in proptest::option::of("[A-Za-z0-9/+=]{1,40}"),
        verbatim in any::<bool>(),
    ) -> Sample {
        let style = if verbatim { PathStyle::Verbatim } else { PathStyle::Normalized };
        // A random name that means something to the signature would be another test.
        let mut headers: Vec<_> = headers.into_iter().filter(|(name, _)| !name.to_lowercase().starts_with("x-amz")).collect();
        headers.push(("Host".to_owned(), "kms.example".to_owned()));
        Sample { method, path, query, headers, body, token, style }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn what_is_signed_in_headers_verifies_and_nothing_else_does(sample in sample(), extra in any::<u8>()) {
        let mut headers = sample.headers.clone();
        signer(&sample).sign(&sample.method, &sample.path, &sample.query, &mut headers, &sample.body, NOW).unwrap();
        let request = Owned { query: sample.query.clone(), headers };
        prop_assert_eq!(request.verify(&sample, &key("secret"), &sample.body), Ok(()));
        prop_assert_eq!(request.verify(&sample, &key("secret2"), &sample.body), Err(SigV4Error::Mismatch));
        let longer = [sample.body.as_slice(), &[extra]].concat();
        prop_assert_eq!(request.verify(&sample, &key("secret"), &longer), Err(SigV4Error::Mismatch));
    }

    #[test]
    fn what_is_presigned_verifies_and_nothing_else_does(sample in sample(), extra in any::<u8>()) {
        let expires = Duration::minutes(1);
        let query = signer(&sample)
            .presign(&sample.method, &sample.path, &sample.query, &sample.headers, &sample.body, expires, NOW)
            .unwrap();
        let request = Owned { query, headers: sample.headers.clone() };
        prop_assert_eq!(request.verify(&sample, &key("secret"), &sample.body), Ok(()));
        prop_assert_eq!(request.verify(&sample, &key("secret2"), &sample.body), Err(SigV4Error::Mismatch));
        let longer = [sample.body.as_slice(), &[extra]].concat();
        prop_assert_eq!(request.verify(&sample, &key("secret"), &longer), Err(SigV4Error::Mismatch));
    }

    #[test]
    fn no_request_makes_it_panic(
        authorization in "(AWS4-HMAC-SHA256 )?(Credential|SignedHeaders|Signature|=|,|;|/|host|20260102|aws4_request|[ -~]|\\PC){0,24}",
        query in "(X-Amz-(Algorithm|Credential|Date|Expires|SignedHeaders|Signature)|=|&|%|%2F|AWS4-HMAC-SHA256|[ -~]|\\PC){0,24}",
        path in "\\PC{0,20}",
        value in vec(any::<u8>(), 0..40),
    ) {
        for (query, name, text) in [
            ("", "authorization", authorization.as_bytes()),
            ("", "authorization", value.as_slice()),
            (query.as_str(), "host", value.as_slice()),
        ] {
            let headers: [(&str, &[u8]); 3] = [(name, text), ("x-amz-date", b"20260102T030405Z"), ("é", &value)];
            let request = HttpRequest { method: "GET", path: &path, query, headers: &headers };
            if let Ok(presented) = parse(&request) {
                let verified = presented.verify(&request, &key("secret"), &value, NOW, VerifyOptions::default());
                prop_assert!(verified.is_err());
            }
        }
    }

    #[test]
    fn a_well_formed_signature_by_nobody_is_refused(
        names in "[a-z]{1,3}(;[h-z]{4}){0,2}",
        digits in "[0-9a-f]{64}",
        expires in 1u32..604_800,
        path in "\\PC{0,20}",
    ) {
        let query = format!(
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID/20260102/us-east-1/kms/aws4_request\
             &X-Amz-Date=20260102T030405Z&X-Amz-Expires={expires}&X-Amz-SignedHeaders={names}&X-Amz-Signature={digits}"
        );
        let request = HttpRequest { method: "GET", path: &path, query: &query, headers: &[("host", b"kms")] };
        let verified = parse(&request)
            .and_then(|presented| presented.verify(&request, &key("secret"), b"", NOW, VerifyOptions::default()));
        prop_assert!(verified.is_err());
    }
}

struct Owned {
    query: String,
    headers: Vec<(String, String)>,
}

impl Owned {
    fn verify(&self, sample: &Sample, key: &SigningKey, body: &[u8]) -> Result<(), SigV4Error> {
        let headers: Vec<(&str, &[u8])> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let request =
            HttpRequest { method: &sample.method, path: &sample.path, query: &self.query, headers: &headers };
        let options = VerifyOptions { path_style: sample.style, ..VerifyOptions::default() };
        parse(&request)?.verify(&request, key, body, NOW, options)
    }
}

fn signer(sample: &Sample) -> Signer {
    let signer = Signer::new("AKID", SecretString::new("secret".to_owned()), "us-east-1", "kms");
    let signer = signer.path_style(sample.style).content_header(false);
    match &sample.token {
        Some(token) => signer.session_token(SecretString::new(token.clone())),
        None => signer,
    }
}

fn key(secret: &str) -> SigningKey {
    SigningKey::derive(&SecretString::new(secret.to_owned()), NOW.date(), "us-east-1", "kms")
}
