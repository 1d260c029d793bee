//! A rotation function, called as Lambda's are, which gives a user of the target another password.

use std::net::Ipv4Addr;
use std::sync::{Arc, OnceLock};

use anyhow::{Context as _, Result, bail, ensure};
use keywright_local_stack::PgLogin;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use uuid::Uuid;

use crate::ask::Client;
use crate::login::{Engine, Login, log_in};
use crate::moments::Moments;

/// A running function. Its moments are its calls.
pub(crate) struct Function {
    pub(crate) port: u16,
    pub(crate) moments: Arc<Moments>,
    client: Arc<OnceLock<Client>>,
}

impl Function {
    /// One that changes passwords as a Postgres's superuser.
    pub(crate) async fn start(superuser: &PgLogin, moments: Moments) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let (moments, client) = (Arc::new(moments), Arc::new(OnceLock::new()));
        let served = Served {
            moments: Arc::clone(&moments),
            client: Arc::clone(&client),
            superuser: superuser.clone(),
        };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let served = served.clone();
                tokio::spawn(async move {
                    // What is struck is lost.
                    let _ = served.calls(stream).await;
                });
            }
        });
        Ok(Self { port, moments, client })
    }

    /// Tells it as whom it asks Secrets Manager.
    pub(crate) fn use_client(&self, client: Client) -> Result<()> {
        ensure!(self.client.set(client).is_ok(), "it has a client");
        Ok(())
    }
}

#[derive(Clone)]
struct Served {
    moments: Arc<Moments>,
    client: Arc<OnceLock<Client>>,
    superuser: PgLogin,
}

impl Served {
    async fn calls(&self, mut stream: TcpStream) -> Result<()> {
        loop {
            let event = read_event(&mut stream).await?;
            let step = event.get("Step").and_then(Value::as_str).unwrap_or_default();
            let strike = self.moments.next(step);
            if let Some(strike) = strike.filter(|strike| strike.is_before) {
                self.moments.strike(strike);
                return Ok(());
            }
            let done = self.step(&event).await;
            if let Some(strike) = strike {
                self.moments.strike(strike);
                return Ok(());
            }
            let body = match done {
                Ok(()) => "null".to_owned(),
                Err(error) => {
                    json!({ "errorType": "Exception", "errorMessage": error.to_string() }).to_string()
                }
            };
            let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            stream.write_all(answer.as_bytes()).await?;
        }
    }

    /// The four steps, as AWS's templates have them.
    async fn step(&self, event: &Value) -> Result<()> {
        let client = self.client.get().context("a client")?;
        let text = |member: &str| event.get(member).and_then(Value::as_str).context("a member of the event");
        let (secret, token) = (text("SecretId")?, text("ClientRequestToken")?);
        let described = client.done("DescribeSecret", json!({ "SecretId": secret })).await?;
        let versions = described.get("VersionIdsToStages").and_then(Value::as_object).context("versions")?;
        let has = |labels: &Value, label: &str| {
            labels.as_array().is_some_and(|labels| labels.contains(&json!(label)))
        };
        let labels = versions.get(token).context("the version")?;
        if has(labels, "AWSCURRENT") {
            return Ok(());
        }
        ensure!(has(labels, "AWSPENDING"), "the version isn't staged");
        let pending = json!({ "SecretId": secret, "VersionId": token, "VersionStage": "AWSPENDING" });
        let value = async |input: &Value| {
            let (status, body) = client.call("GetSecretValue", input).await?;
            let value = body.get("SecretString").and_then(Value::as_str);
            let value = value.map(serde_json::from_str::<Value>).transpose()?;
            anyhow::Ok((status, value))
        };
        match text("Step")? {
            "createSecret" => match value(&pending).await? {
                (200, _) => Ok(()),
                (400, _) => {
                    let current = json!({ "SecretId": secret, "VersionStage": "AWSCURRENT" });
                    let mut made = value(&current).await?.1.context("the current value")?;
                    let password = json!(Uuid::new_v4().simple().to_string());
                    made.as_object_mut().context("an object")?.insert("password".to_owned(), password);
                    let put = json!({
                        "SecretId": secret, "ClientRequestToken": token, "SecretString": made.to_string(),
                        "VersionStages": ["AWSPENDING"], "RotationToken": text("RotationToken")?,
                    });
                    client.done("PutSecretValue", put).await.map(|_| ())
                }
                (status, _) => bail!("GetSecretValue: {status}"),
            },
            "setSecret" => {
                let (user, password) = login(&value(&pending).await?.1)?;
                let database = self.superuser.connect().await?;
                Ok(database.batch_execute(&format!("ALTER ROLE {user} PASSWORD '{password}'")).await?)
            }
            "testSecret" => {
                let (user, password) = login(&value(&pending).await?.1)?;
                let server = (Ipv4Addr::LOCALHOST, self.superuser.port()).into();
                let login = log_in(Engine::Postgres, server, &user, &password).await;
                ensure!(login == Login::Done, "it doesn't log in: {login:?}");
                Ok(())
            }
            "finishSecret" => {
                let current = versions.iter().find(|(_, labels)| has(labels, "AWSCURRENT")).map(|(id, _)| id);
                let input = json!({
                    "SecretId": secret, "VersionStage": "AWSCURRENT", "MoveToVersionId": token,
                    "RemoveFromVersionId": current,
                });
                client.done("UpdateSecretVersionStage", input).await.map(|_| ())
            }
            other => bail!("no step: {other}"),
        }
    }
}

fn login(value: &Option<Value>) -> Result<(String, String)> {
    let value = value.as_ref().context("the pending value")?;
    let text =
        |member: &str| value.get(member).and_then(Value::as_str).map(str::to_owned).context("a member");
    Ok((text("username")?, text("password")?))
}

/// The body of the next request.
async fn read_event(stream: &mut TcpStream) -> Result<Value> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")).context("a length")?;
    let mut body = vec![0; length.trim().parse()?];
    stream.read_exact(&mut body).await?;
    Ok(serde_json::from_slice(&body)?)
}
