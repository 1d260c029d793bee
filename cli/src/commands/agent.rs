//! `keywright agent`: credentials for the containers of a node or a pod.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use keywright_service::process::forbid_core_dumps;
use keywright_telemetry::{LogFormat, Telemetry, TelemetryConfig};

use super::stop_signals::StopSignals;
use crate::agent::{self, Cache, Roles, StsClient};
use crate::console::Console;
use crate::error::CliError;

/// Give containers the credentials of roles, in exchange for the tokens of their service accounts
///
/// Runs beside an application, or on each node, and answers AWS's SDKs by the protocol for credentials of containers. It has
/// no credentials of its own: STS decides, by the trust policy of the role.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Agent {
    /// Where it listens: on a loopback address, or on the link-local one of EKS Pod Identity's agent
    #[arg(long, env = "KEYWRIGHT_AGENT_LISTEN", default_value = "127.0.0.1:8094", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// STS's URL: the front's, or identity's own
    #[arg(long, env = "KEYWRIGHT_AGENT_STS_ENDPOINT", value_name = "URL")]
    sts_endpoint: String,
    /// Who may certify STS besides the authorities of the Web, in PEM
    #[arg(long, env = "KEYWRIGHT_AGENT_CA_FILE", value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// The role for every service account that the file of roles does not name
    #[arg(long, env = "KEYWRIGHT_AGENT_ROLE_ARN", value_name = "ARN")]
    role_arn: Option<String>,
    /// Lines of `namespace/name = ARN`: the role for each service account
    #[arg(
        long,
        env = "KEYWRIGHT_AGENT_ROLES_FILE",
        value_name = "FILE",
        required_unless_present = "role_arn"
    )]
    roles_file: Option<PathBuf>,
    /// How long the credentials last, in seconds
    #[arg(
        long,
        env = "KEYWRIGHT_AGENT_DURATION_SECONDS",
        default_value_t = 3_600,
        value_parser = clap::value_parser!(u32).range(900..=43_200),
        value_name = "SECONDS"
    )]
    duration_seconds: u32,
}

impl Agent {
    pub(crate) fn run(self, console: &Console) -> Result<ExitCode, CliError> {
        if !is_local(self.listen.ip()) {
            return Err(CliError::AgentAddress { address: self.listen });
        }
        let filter = std::env::var("RUST_LOG").unwrap_or_else(|_| "info".to_owned());
        let telemetry = TelemetryConfig {
            log_filter: &filter,
            log_format: "auto".parse::<LogFormat>()?,
            ..TelemetryConfig::new("keywright-agent")
        };
        let _telemetry = Telemetry::start(telemetry)?;
        forbid_core_dumps();
        let roles = Roles { file: self.roles_file, default: self.role_arn };
        roles.read().map_err(CliError::Agent)?;
        let agent = agent::Agent {
            sts: StsClient::new(&self.sts_endpoint, self.ca_file.as_deref())?,
            roles,
            duration_seconds: self.duration_seconds,
            cache: Cache::default(),
        };
        let address = self.listen;
        let listen = |cause| CliError::Listen { address, cause };
        let listener = TcpListener::bind(address).map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let runtime =
            tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(CliError::Runtime)?;
        runtime.block_on(async {
            let mut signals = StopSignals::take()?;
            let server = agent::serve(agent, listener).map_err(listen)?;
            console.say(&format!("credentials are at http://{address}/v1/credentials"));
            signals.next().await;
            server.stop(true).await;
            Ok(ExitCode::SUCCESS)
        })
    }
}

/// SDKs send tokens without TLS to these addresses only, and so nobody else on a network may answer, or listen.
fn is_local(address: IpAddr) -> bool {
    address.is_loopback() || address == POD_IDENTITY_V4 || address == POD_IDENTITY_V6
}

const POD_IDENTITY_V4: IpAddr = IpAddr::V4(Ipv4Addr::new(169, 254, 170, 23));
const POD_IDENTITY_V6: IpAddr = IpAddr::V6(Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x23));

const AFTER_HELP: &str = "\
The application is told by its environment:
  AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:8094/v1/credentials
  AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=/var/run/secrets/keywright/token

Example:
  keywright agent --sts-endpoint http://keywright-front:4566 --roles-file /etc/keywright/roles";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_listens_where_nobody_else_can_ask() {
        for good in ["127.0.0.1", "127.0.0.2", "::1", "169.254.170.23", "fd00:ec2::23"] {
            assert!(is_local(good.parse().unwrap()), "{good}");
        }
        for bad in ["0.0.0.0", "::", "10.0.0.1", "169.254.169.254", "169.254.170.2"] {
            assert!(!is_local(bad.parse().unwrap()), "{bad}");
        }
    }
}
