//! Requests over the Query protocol, and their XML.

use std::time::Duration;

use keywright_identity::domain::access_key::NewAccessKey;
use keywright_service::client::http_client;
use keywright_service::testing::REGION;
use keywright_sigv4::Signer;
use time::OffsetDateTime;

use crate::fixture::Fixture;

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) text: String,
}

/// Sends a form to a service of the identity process.
pub(crate) async fn ask(f: &Fixture, service: &str, key: Option<&NewAccessKey>, form: &str) -> Answer {
    let mut headers = vec![
        ("host".to_owned(), f.app.running.address().to_string()),
        ("content-type".to_owned(), "application/x-www-form-urlencoded; charset=utf-8".to_owned()),
    ];
    if let Some(key) = key {
        let signer = Signer::new(key.access_key_id.as_str(), key.secret_access_key.clone(), REGION, service);
        signer.sign("POST", "/", "", &mut headers, form.as_bytes(), OffsetDateTime::now_utc()).unwrap();
    }
    let client = http_client(Duration::from_secs(10)).unwrap();
    let mut request = client.post(format!("http://{}/", f.app.running.address())).body(form.to_owned());
    for (name, value) in &headers {
        request = request.header(name, value);
    }
    let answer = request.send().await.unwrap();
    Answer { status: answer.status().as_u16(), text: answer.text().await.unwrap() }
}

/// The text of the only element of this name.
pub(crate) fn element<'a>(xml: &'a str, name: &str) -> &'a str {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    assert_eq!(xml.matches(&open).count(), 1, "{name} in {xml}");
    let start = xml.find(&open).unwrap() + open.len();
    let end = xml[start..].find(&close).unwrap() + start;
    &xml[start..end]
}
