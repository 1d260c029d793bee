//! Who is asked.

use keywright_crypto::SecretString;
use keywright_sigv4::Signer;
use time::{Duration, OffsetDateTime};

use crate::backend::{Backend, front};
use crate::client::{ACCESS_KEY, SECRET, call, headers, json_headers, send};

#[actix_web::test]
async fn a_signed_request_goes_to_the_service_and_region_of_its_scope() {
    let (sts, east, west) = (Backend::start("sts"), Backend::start("east"), Backend::start("west"));
    let front = front(&[("sts", &sts.url()), ("kms.us-east-1", &east.url()), ("kms.eu-west-1", &west.url())]);

    for (service, region, expected) in
        [("kms", "us-east-1", "east"), ("kms", "eu-west-1", "west"), ("sts", "ap-south-1", "sts")]
    {
        let answer = call(front.address(), service, region).await;
        assert_eq!((answer.status, answer.body.as_str()), (409, expected), "{service} {region}");
    }
    assert_eq!([&sts, &east, &west].map(|backend| backend.received().len()), [1, 1, 1]);
}

#[actix_web::test]
async fn a_presigned_request_goes_to_the_service_of_its_scope() {
    let (sts, kms) = (Backend::start("sts"), Backend::start("kms"));
    let front = front(&[("sts", &sts.url()), ("kms.us-east-1", &kms.url())]);
    let headers = headers(&[("host", "localhost:4566")]);
    for (service, expected) in [("kms", "kms"), ("sts", "sts")] {
        let signer = Signer::new(ACCESS_KEY, SecretString::new(SECRET.to_owned()), "us-east-1", service);
        let query = "Action=GetCallerIdentity&Version=2011-06-15";
        let presigned =
            signer.presign("GET", "/", query, &headers, b"", Duration::minutes(1), OffsetDateTime::now_utc());
        let target = format!("/?{}", presigned.unwrap());
        let answer = send(front.address(), "GET", &target, &headers, b"").await;
        assert_eq!(answer.body, expected, "{target}");
    }
    assert!(sts.only().target.contains("X-Amz-Signature="));
}

#[actix_web::test]
async fn an_unsigned_request_is_refused_by_the_service_it_is_meant_for() {
    let (sts, kms, ssm) = (Backend::start("sts"), Backend::start("kms"), Backend::start("ssm"));
    let front = front(&[("sts", &sts.url()), ("kms.us-east-1", &kms.url()), ("ssm.eu-west-1", &ssm.url())]);
    let form =
        headers(&[("host", "h"), ("content-type", "application/x-www-form-urlencoded; charset=utf-8")]);
    let plain = headers(&[("host", "h")]);
    let mut half_signed = json_headers("TrentService.Encrypt");
    half_signed.push(("authorization".to_owned(), "AWS4-HMAC-SHA256 Signature=00".to_owned()));

    for (headers, target, body, expected) in [
        (&json_headers("TrentService.Encrypt"), "/", "{}", "kms"),
        (&json_headers("AmazonSSM.GetParameter"), "/", "{}", "ssm"),
        (&half_signed, "/", "{}", "kms"),
        (&json_headers("DynamoDB_20120810.GetItem"), "/", "{}", "sts"),
        (&form, "/", "Action=GetCallerIdentity&Version=2011-06-15", "sts"),
        (&plain, "/?Action=GetCallerIdentity&Version=2011-06-15", "", "sts"),
        (&plain, "/favicon.ico", "", "sts"),
    ] {
        let answer = send(front.address(), "POST", target, headers, body.as_bytes()).await;
        assert_eq!(answer.body, expected, "{headers:?} {target} {body}");
    }
}

#[actix_web::test]
async fn a_scope_that_leads_nowhere_is_refused_and_recorded_by_who_is_meant() {
    let (sts, kms) = (Backend::start("sts"), Backend::start("kms"));
    let front = front(&[("sts", &sts.url()), ("kms.us-east-1", &kms.url())]);

    for (service, region, expected) in
        [("s3", "us-east-1", "sts"), ("kms", "eu-north-1", "kms"), ("sts", "eu-north-1", "sts")]
    {
        let answer = call(front.address(), service, region).await;
        assert_eq!(answer.body, expected, "{service} {region}");
    }
    let authorization = "AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/s3/aws4_request";
    let headers = headers(&[("host", "h"), ("authorization", authorization)]);
    assert_eq!(send(front.address(), "GET", "/bucket", &headers, b"").await.body, "sts");
}
