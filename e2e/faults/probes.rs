//! What a service's operators' port says.

use std::net::SocketAddr;

use anyhow::Result;

use crate::service_process::probe;

/// What the service lacks; nothing when it is ready.
pub(crate) async fn unready(ops: SocketAddr) -> Result<Option<String>> {
    let (status, body) = probe(ops, "/readyz").await?;
    Ok(if status == 200 { None } else { Some(body) })
}

/// The sum of a metric's series.
pub(crate) async fn metric(ops: SocketAddr, name: &str) -> Result<f64> {
    let (_, body) = probe(ops, "/metrics").await?;
    let of_name = |line: &&str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']));
    let values = body.lines().filter(of_name).filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok());
    Ok(values.sum())
}
