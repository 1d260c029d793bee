//! Roles, identity providers and temporary credentials for tests.

use std::time::Duration;

use keywright_aws_api::{AccountId, CredentialError, CredentialRequest, CredentialSource as _};
use keywright_crypto::{SecretString, SystemRandom};
use keywright_identity::domain::access_key::NewAccessKey;
use keywright_identity::domain::identity::{Identity, IdentityKind};
use keywright_identity::domain::names::{IdentityName, Path};
use keywright_service::client::http_client;
use keywright_service::identity::IdentityCredentials;
use keywright_service::testing::REGION;
use keywright_sigv4::Signer;
use time::OffsetDateTime;

use crate::fixture::{Fixture, home};
use crate::query::{Answer, ask, element};

/// Temporary credentials.
#[derive(Clone)]
pub(crate) struct Temporary {
    pub(crate) access_key_id: String,
    pub(crate) secret: String,
    pub(crate) token: String,
}

impl Temporary {
    /// Those in an answer.
    pub(crate) fn of(answer: &Answer) -> Self {
        assert_eq!(answer.status, 200, "{}", answer.text);
        let credentials = element(&answer.text, "Credentials");
        Self {
            access_key_id: element(credentials, "AccessKeyId").to_owned(),
            secret: element(credentials, "SecretAccessKey").to_owned(),
            token: element(credentials, "SessionToken").to_owned(),
        }
    }

    /// As the service's pipeline asks for them.
    pub(crate) fn request<'a>(
        &'a self,
        scope: &'a keywright_sigv4::CredentialScope,
    ) -> CredentialRequest<'a> {
        CredentialRequest { access_key_id: &self.access_key_id, scope, session_token: Some(&self.token) }
    }
}

/// Sends a form by temporary credentials.
pub(crate) async fn ask_as(f: &Fixture, service: &str, by: &Temporary, form: &str) -> Answer {
    let mut headers = vec![
        ("host".to_owned(), f.app.running.address().to_string()),
        ("content-type".to_owned(), "application/x-www-form-urlencoded; charset=utf-8".to_owned()),
    ];
    let secret = SecretString::new(by.secret.clone());
    let token = SecretString::new(by.token.clone());
    let signer = Signer::new(by.access_key_id.as_str(), secret, REGION, service).session_token(token);
    signer.sign("POST", "/", "", &mut headers, form.as_bytes(), OffsetDateTime::now_utc()).unwrap();
    let client = http_client(Duration::from_secs(10)).unwrap();
    let mut request = client.post(format!("http://{}/", f.app.running.address())).body(form.to_owned());
    for (name, value) in &headers {
        request = request.header(name, value);
    }
    let answer = request.send().await.unwrap();
    Answer { status: answer.status().as_u16(), text: answer.text().await.unwrap() }
}

/// A form of STS: pairs, whose values are encoded.
pub(crate) fn form(action: &str, pairs: &[(&str, &str)]) -> String {
    let mut form = format!("Action={action}&Version=2011-06-15");
    for (name, value) in pairs {
        form.push('&');
        form.push_str(name);
        form.push('=');
        for byte in value.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => form.push(char::from(byte)),
                other => form.push_str(&format!("%{other:02X}")),
            }
        }
    }
    form
}

/// A form that asks for a session of a role, with more.
pub(crate) fn assume(arn: &str, more: &[(&str, &str)]) -> String {
    let name = [("RoleArn", arn), ("RoleSessionName", "session")];
    form("AssumeRole", &name.iter().chain(more).copied().collect::<Vec<_>>())
}

/// Code and message of a refusal.
pub(crate) fn refusal(answer: &Answer) -> (u16, &str, &str) {
    (answer.status, element(&answer.text, "Code"), element(&answer.text, "Message"))
}

/// A policy of one statement.
pub(crate) fn policy(effect: &str, action: &str, resource: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"{effect}","Action":"{action}","Resource":"{resource}"}}}}"#
    )
}

/// A trust policy: who, what, and under which conditions.
pub(crate) fn trust(principal: &str, actions: &str, condition: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{principal},"Action":{actions},"Condition":{condition}}}}}"#
    )
}

/// One that leaves it to the account's identity policies.
pub(crate) fn trust_account(account: &str) -> String {
    let principal = format!(r#"{{"AWS":"arn:aws:iam::{account}:root"}}"#);
    trust(&principal, r#"["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"]"#, "{}")
}

impl Fixture {
    /// Another account.
    pub(crate) async fn account(&self, id: &str) -> AccountId {
        let database = self.database.connect().await;
        let sql = "INSERT INTO accounts VALUES ($1, 'other', 'Active', now())";
        database.execute(sql, &[&id]).await.unwrap();
        AccountId::parse(id).unwrap()
    }

    /// A role of the home account with this trust policy, and perhaps a policy of its own.
    pub(crate) async fn role(&self, name: &str, trust: &str, policy: Option<&str>) -> Identity {
        self.role_of(home(), name, trust, policy).await
    }

    pub(crate) async fn role_of(
        &self,
        account: AccountId,
        name: &str,
        trust: &str,
        policy: Option<&str>,
    ) -> Identity {
        let (name, path) = (IdentityName::parse(name).unwrap(), Path::root());
        let role = Identity::new(IdentityKind::Role, account, name, path, &SystemRandom).unwrap();
        let database = self.database.connect().await;
        let sql = "INSERT INTO identities (identity_id, account_id, kind, name, path, created_at, trust_policy, \
                   max_session_seconds) VALUES ($1, $2, 'role', $3, '/', now(), $4, 7200)";
        let (account, name) = (account.as_str(), role.name.as_str());
        database.execute(sql, &[&role.id, &account, &name, &trust]).await.unwrap();
        if let Some(policy) = policy {
            self.put_role_policy(&role, "own", policy).await;
        }
        role
    }

    /// Sets an inline policy of a role, and tells who follows.
    pub(crate) async fn put_role_policy(&self, role: &Identity, name: &str, policy: &str) {
        let mut database = self.database.connect().await;
        let transaction = database.transaction().await.unwrap();
        let sql = "INSERT INTO inline_policies (identity_id, policy_name, document) VALUES ($1, $2, $3)";
        transaction.execute(sql, &[&role.id, &name, &policy]).await.unwrap();
        note(&transaction, &role.id).await;
        transaction.commit().await.unwrap();
    }

    /// Deletes a role, and tells who follows.
    pub(crate) async fn delete_role(&self, role: &Identity) {
        let mut database = self.database.connect().await;
        let transaction = database.transaction().await.unwrap();
        for sql in [
            "DELETE FROM inline_policies WHERE identity_id = $1",
            "DELETE FROM identities WHERE identity_id = $1",
        ] {
            transaction.execute(sql, &[&role.id]).await.unwrap();
        }
        note(&transaction, &role.id).await;
        transaction.commit().await.unwrap();
    }

    /// A session of a role, asked for by the owner of an access key.
    pub(crate) async fn session(
        &self,
        by: &NewAccessKey,
        role: &Identity,
        more: &[(&str, &str)],
    ) -> Temporary {
        Temporary::of(&ask(self, "sts", Some(by), &assume(&role.arn(), more)).await)
    }

    /// What a service's pipeline has of temporary credentials.
    pub(crate) async fn caller_of(
        &self,
        credentials: &IdentityCredentials,
        temporary: &Temporary,
        service: &str,
    ) -> Result<std::sync::Arc<keywright_aws_api::Caller>, CredentialError> {
        let scope = self.scope(service);
        let credential = credentials.resolve(temporary.request(&scope)).await?;
        Ok(std::sync::Arc::clone(&credential.caller))
    }
}

async fn note(transaction: &tokio_postgres::Transaction<'_>, subject: &str) {
    let sql = include_str!("../../src/store/sql/note_change.sql");
    let lock: i64 = 0x6368_616e_6765_7321;
    transaction.execute(sql, &[&lock, &vec![subject.to_owned()]]).await.unwrap();
}
