//! What a service's operators' port says.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result};
use keywright_e2e::load::Connection;

/// Whether the service is ready; not where nobody answers.
pub(crate) async fn is_ready(ops: SocketAddr) -> bool {
    matches!(get(ops, "/readyz").await, Ok((200, _)))
}

/// What the service lacks; nothing when it is ready.
pub(crate) async fn unready(ops: SocketAddr) -> Result<Option<String>> {
    let (status, body) = get(ops, "/readyz").await?;
    Ok(if status == 200 { None } else { Some(body) })
}

/// The sum of a metric's series.
pub(crate) async fn metric(ops: SocketAddr, name: &str) -> Result<f64> {
    let (_, body) = get(ops, "/metrics").await?;
    let of_name = |line: &&str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']));
    let values = body.lines().filter(of_name).filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok());
    Ok(values.sum())
}

async fn get(ops: SocketAddr, path: &str) -> Result<(u16, String)> {
    let asked = async {
        let mut connection = Connection::open(ops).await?;
        let request = format!("GET {path} HTTP/1.1\r\nhost: {ops}\r\n\r\n");
        let answer = connection.ask(request.as_bytes()).await?;
        anyhow::Ok((answer.status(), String::from_utf8_lossy(answer.body()).into_owned()))
    };
    tokio::time::timeout(LIMIT, asked).await.context("no answer in time")?
}

const LIMIT: Duration = Duration::from_secs(5);
