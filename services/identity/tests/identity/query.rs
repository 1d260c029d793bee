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

/// Asks IAM for an operation, with these members.
pub(crate) async fn iam(
    f: &Fixture,
    key: &NewAccessKey,
    operation: &str,
    members: &[(&str, &str)],
) -> Answer {
    ask(f, "iam", Some(key), &form(operation, members)).await
}

/// The same, of which nothing is expected but success.
pub(crate) async fn done(
    f: &Fixture,
    key: &NewAccessKey,
    operation: &str,
    members: &[(&str, &str)],
) -> String {
    let answer = iam(f, key, operation, members).await;
    assert_eq!(answer.status, 200, "{operation}: {}", answer.text);
    answer.text
}

/// The same, of which an error is expected: status and code.
pub(crate) async fn refused(
    f: &Fixture,
    key: &NewAccessKey,
    operation: &str,
    members: &[(&str, &str)],
    (status, code): (u16, &str),
) -> String {
    let answer = iam(f, key, operation, members).await;
    assert_eq!(answer.status, status, "{operation} {members:?}: {}", answer.text);
    assert_eq!(element(&answer.text, "Code"), code, "{operation} {members:?}: {}", answer.text);
    answer.text
}

/// A form that asks IAM for an operation.
pub(crate) fn form(operation: &str, members: &[(&str, &str)]) -> String {
    let mut form = format!("Action={operation}&Version=2010-05-08");
    for (name, value) in members {
        form.push_str(&format!("&{name}={}", urlencoded(value)));
    }
    form
}

fn urlencoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// The texts of all elements of this name, in order.
pub(crate) fn elements(xml: &str, name: &str) -> Vec<String> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let behind = xml.split(&open).skip(1);
    behind.map(|text| text.split(&close).next().unwrap().to_owned()).collect()
}

/// All pages of a list: the texts of its elements of this name. No page has more than `size`.
pub(crate) async fn pages(
    f: &Fixture,
    key: &NewAccessKey,
    operation: &str,
    members: &[(&str, &str)],
    name: &str,
    size: usize,
) -> Vec<String> {
    let (mut all, mut marker) = (Vec::new(), None::<String>);
    let size_text = size.to_string();
    loop {
        let mut asked = members.to_vec();
        asked.push(("MaxItems", &size_text));
        if let Some(marker) = &marker {
            asked.push(("Marker", marker));
        }
        let text = done(f, key, operation, &asked).await;
        let found = elements(&text, name);
        assert!(found.len() <= size, "{text}");
        all.extend(found);
        if element(&text, "IsTruncated") == "false" {
            assert!(!text.contains("<Marker>"), "{text}");
            return all;
        }
        marker = Some(element(&text, "Marker").to_owned());
    }
}

/// Asks until the answer has this status: a change is felt within a second.
pub(crate) async fn soon(
    f: &Fixture,
    key: &NewAccessKey,
    operation: &str,
    members: &[(&str, &str)],
    status: u16,
) {
    let within = tokio::time::timeout(Duration::from_secs(5), async {
        while iam(f, key, operation, members).await.status != status {}
    });
    assert!(within.await.is_ok(), "{operation} does not become {status}");
}
