//! Sessions of execution roles: asked of STS, signed as this service, which a role's trust policy must name.

use std::collections::HashMap;
use std::sync::Arc;

use keywright_aws_api::{Clock, Region};
use keywright_crypto::SecretString;
use keywright_service::ServiceError;
use keywright_service::client::{ServiceKey, http_client};
use keywright_service::identity::IdentityClientConfig;
use keywright_sigv4::Signer;
use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::Event;
use time::{Duration, OffsetDateTime};
use tokio::sync::Mutex;

/// Temporary credentials of a role.
#[derive(Clone)]
pub struct RoleSession {
    /// The access key.
    pub key: ServiceKey,
    /// What is sent beside it.
    pub token: SecretString,
    /// Until when they are used, which is before they end.
    until: OffsetDateTime,
}

/// Why there is no session. The texts are for those who look after the secret.
#[derive(Debug, thiserror::Error)]
pub enum RoleError {
    /// STS refused.
    #[error("the role {role} cannot be assumed by Secrets Manager ({code}): {}", HINT)]
    Refused {
        /// The role.
        role: String,
        /// The error's code.
        code: String,
    },
    /// STS can't be asked, or failed.
    #[error("STS cannot be asked for a session of the role")]
    Unavailable(#[source] Option<reqwest::Error>),
    /// The answer can't be read.
    #[error("the answer of STS was not understood")]
    Malformed,
}

/// The sessions that are in use, by role.
pub struct Roles {
    http: reqwest::Client,
    endpoint: String,
    host: String,
    signer: Signer,
    clock: Arc<dyn Clock>,
    sessions: Mutex<HashMap<String, RoleSession>>,
}

impl Roles {
    /// The sessions that identity gives this service.
    ///
    /// # Errors
    /// [`ServiceError`] when this service's own secret can't be read, or identity's endpoint is no URL.
    pub fn new(
        identity: &IdentityClientConfig,
        region: &Region,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ServiceError> {
        let ServiceKey { access_key_id, secret } = identity.service_key()?;
        let endpoint = identity.endpoint.trim_end_matches('/');
        let url: reqwest::Url =
            endpoint.parse().map_err(|_| ServiceError::own("identity.endpoint is no URL"))?;
        let host = url.host_str().ok_or_else(|| ServiceError::own("identity.endpoint names no host"))?;
        let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        Ok(Self {
            http: http_client(TIME_LIMIT).map_err(ServiceError::own)?,
            endpoint: format!("{endpoint}/"),
            host,
            signer: Signer::new(access_key_id, secret, region.as_str(), "sts"),
            clock,
            sessions: Mutex::default(),
        })
    }

    /// A session of a role. Those who want the same one at a time ask once.
    ///
    /// # Errors
    /// [`RoleError`].
    pub async fn session(&self, role: &str, name: &str) -> Result<RoleSession, RoleError> {
        let mut sessions = self.sessions.lock().await;
        let now = self.clock.now();
        sessions.retain(|_, session| session.until > now);
        if let Some(session) = sessions.get(role) {
            return Ok(session.clone());
        }
        let session = self.assume(role, name, now).await?;
        sessions.insert(role.to_owned(), session.clone());
        Ok(session)
    }

    async fn assume(&self, role: &str, name: &str, now: OffsetDateTime) -> Result<RoleSession, RoleError> {
        let mut form = form_urlencoded(&[
            ("Action", "AssumeRole"),
            ("Version", "2011-06-15"),
            ("RoleArn", role),
            ("RoleSessionName", name),
        ]);
        form.push_str(&format!("&DurationSeconds={SECONDS}"));
        let mut headers = vec![
            ("host".to_owned(), self.host.clone()),
            ("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned()),
        ];
        let signed = self.signer.sign("POST", "/", "", &mut headers, form.as_bytes(), now);
        signed.map_err(|_| RoleError::Malformed)?;
        let mut request = self.http.post(&self.endpoint).body(form);
        for (name, value) in &headers {
            request = request.header(name, value);
        }
        let unavailable = |error: reqwest::Error| RoleError::Unavailable(Some(error));
        let answer = request.send().await.map_err(unavailable)?;
        let status = answer.status();
        let text = SecretString::new(answer.text().await.map_err(unavailable)?);
        let mut elements = elements(text.expose_secret()).ok_or(RoleError::Malformed)?;
        if status.is_server_error() {
            return Err(RoleError::Unavailable(None));
        }
        let mut take = |name: &str| elements.remove(name).ok_or(RoleError::Malformed);
        if !status.is_success() {
            let code = take("Code")?.expose_secret().to_owned();
            return Err(RoleError::Refused { role: role.to_owned(), code });
        }
        Ok(RoleSession {
            key: ServiceKey {
                access_key_id: take("AccessKeyId")?.expose_secret().to_owned(),
                secret: take("SecretAccessKey")?,
            },
            token: take("SessionToken")?,
            until: now + USED,
        })
    }
}

/// The texts of the elements that have only text, by name.
fn elements(xml: &str) -> Option<HashMap<String, SecretString>> {
    let mut reader = Reader::from_str(xml);
    let (mut elements, mut open) = (HashMap::new(), None);
    let mut text = String::new();
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => {
                open = Some(start.local_name().as_ref().to_owned());
                text.clear();
            }
            Event::Text(part) => text.push_str(part.as_ref()),
            Event::GeneralRef(name) => text.push_str(&unescape(&format!("&{};", &*name)).ok()?),
            Event::End(_) => {
                if let Some(name) = open.take() {
                    elements.insert(name, SecretString::new(std::mem::take(&mut text)));
                }
            }
            Event::Eof => return Some(elements),
            _ => {}
        }
    }
}

fn form_urlencoded(members: &[(&str, &str)]) -> String {
    let mut form = String::new();
    for (name, value) in members {
        if !form.is_empty() {
            form.push('&');
        }
        form.push_str(name);
        form.push('=');
        for byte in value.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                    form.push(char::from(byte))
                }
                byte => form.push_str(&format!("%{byte:02X}")),
            }
        }
    }
    form
}

/// The shortest that STS gives.
const SECONDS: u32 = 900;
/// A step that begins with a session ends before it.
const USED: Duration = Duration::minutes(10);
const TIME_LIMIT: std::time::Duration = std::time::Duration::from_secs(5);
const HINT: &str =
    "make it by iam:CreateServiceLinkedRole, or name secretsmanager.amazonaws.com in its trust policy";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_by_its_innermost_elements() {
        let xml = "<?xml version=\"1.0\"?><AssumeRoleResponse xmlns=\"x\"><AssumeRoleResult><Credentials>\
            <AccessKeyId>ASIA1</AccessKeyId><SecretAccessKey>s/+=</SecretAccessKey></Credentials></AssumeRoleResult>\
            </AssumeRoleResponse>";
        let elements = elements(xml).unwrap();
        let text = |name: &str| elements.get(name).map(SecretString::expose_secret);
        assert_eq!((text("AccessKeyId"), text("SecretAccessKey")), (Some("ASIA1"), Some("s/+=")));
        assert_eq!(text("Code"), None);
        let refused = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>it&apos;s &lt;no&gt;</Message></Error></ErrorResponse>";
        let elements = super::elements(refused).unwrap();
        let text = |name: &str| elements.get(name).map(SecretString::expose_secret);
        assert_eq!((text("Code"), text("Message")), (Some("AccessDenied"), Some("it's <no>")));
    }

    #[test]
    fn a_form_is_escaped() {
        let form = form_urlencoded(&[("RoleArn", "arn:aws:iam::1:role/a b"), ("Name", "é")]);
        assert_eq!(form, "RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fa%20b&Name=%C3%A9");
    }
}
