//! The other Regions: where their KMS is, by which public key it is known, and how it is asked.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use keywright_aws_api::{AccountId, Region};
use keywright_crypto::{CryptoError, HpkePrivateKey, HpkePublicKey, Random};
use keywright_service::client::http_client;
use keywright_service::neighbours::Neighbours;
use tokio::sync::mpsc::UnboundedReceiver;

use super::endpoint::DELIVER_TARGET;
use super::envelope::{Between, Envelope};
use super::message::{Answer, Message};

/// The KMS of another Region.
#[derive(Debug)]
pub struct Peer {
    /// Its Region.
    pub region: Region,
    /// Its base URL.
    pub endpoint: String,
    /// Its public key.
    pub public_key: HpkePublicKey,
    /// Whose keys go to it and come from it.
    pub accounts: Accounts,
}

/// The accounts whose keys are shared with a Region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accounts {
    /// Every one.
    All,
    /// These.
    These(BTreeSet<AccountId>),
}

/// This Region's key pair, and all Regions that it knows.
pub struct Peers {
    key: HpkePrivateKey,
    random: Arc<dyn Random>,
    http: reqwest::Client,
    neighbours: Arc<Neighbours<Peer>>,
}

/// Why a Region gave no answer of use.
#[derive(Debug, thiserror::Error)]
pub enum PeerError {
    /// It can't be reached, or doesn't answer in time.
    #[error("the region cannot be reached")]
    Unreachable(#[source] reqwest::Error),
    /// It answers something, but not as the Region that is known by its public key.
    #[error("the answer is not the region's: {0}")]
    NotItsAnswer(&'static str),
    /// It doesn't admit the message.
    #[error("the region does not admit the message, status={status}")]
    NotAdmitted {
        /// The HTTP status.
        status: u16,
    },
    /// A message can't be sealed.
    #[error("the message cannot be sealed")]
    Crypto(#[from] CryptoError),
    /// A message has no form.
    #[error("the message cannot be encoded")]
    Encode(#[from] serde_json::Error),
}

impl Peer {
    /// A Region as its operator describes it.
    #[must_use]
    pub fn new(region: Region, endpoint: &str, public_key: HpkePublicKey, accounts: Accounts) -> Self {
        let endpoint = format!("{}/", endpoint.trim_end_matches('/'));
        Self { region, endpoint, public_key, accounts }
    }
}

impl Accounts {
    /// Whether keys of an account are shared.
    #[must_use]
    pub fn include(&self, account: AccountId) -> bool {
        match self {
            Self::All => true,
            Self::These(accounts) => accounts.contains(&account),
        }
    }
}

impl Peers {
    /// Nobody yet; the receiver hears of each Region that is introduced.
    ///
    /// # Errors
    /// [`PeerError::Unreachable`] when no HTTP client can be made.
    pub fn new(
        region: Region,
        key: HpkePrivateKey,
        random: Arc<dyn Random>,
    ) -> Result<(Self, UnboundedReceiver<Region>), PeerError> {
        let http = http_client(CALL_TIME_LIMIT).map_err(PeerError::Unreachable)?;
        let (neighbours, hears) = Neighbours::new(region);
        Ok((Self { key, random, http, neighbours: Arc::new(neighbours) }, hears))
    }

    /// Who is told.
    pub(super) fn neighbours(&self) -> &Arc<Neighbours<Peer>> {
        &self.neighbours
    }

    /// The key by which other Regions know this one.
    #[must_use]
    pub fn public_key(&self) -> &HpkePublicKey {
        self.key.public_key()
    }

    /// Gets to know a Region, or where it is now. Its public key is what its operator says, never what a network says.
    pub fn introduce(&self, peer: Peer) {
        self.neighbours.introduce(&peer.region.clone(), peer);
    }

    /// A Region that is known.
    #[must_use]
    pub fn get(&self, region: &Region) -> Option<Arc<Peer>> {
        self.neighbours.get(region)
    }

    /// There may be something to tell; called once it is committed.
    pub fn wake(&self) {
        self.neighbours.wake();
    }

    /// The key pairs of this Region and another.
    #[must_use]
    pub fn between<'a>(&'a self, peer: &'a Peer) -> Between<'a> {
        Between {
            own: self.neighbours.own(),
            own_key: &self.key,
            peer: &peer.region,
            peer_key: &peer.public_key,
        }
    }

    /// Sends a message and gives the Region's answer.
    ///
    /// # Errors
    /// [`PeerError`] when there is none that is surely the Region's.
    pub async fn ask(&self, peer: &Peer, message: &Message) -> Result<Answer, PeerError> {
        let between = self.between(peer);
        let (envelope, asked) = between.seal(&message.encode()?, &*self.random)?;
        let request = self.http.post(&peer.endpoint).body(serde_json::to_vec(&envelope)?);
        let request = request.header("content-type", JSON).header("x-amz-target", DELIVER_TARGET);
        let answer = request.send().await.map_err(PeerError::Unreachable)?;
        let status = answer.status();
        if !status.is_success() {
            return Err(PeerError::NotAdmitted { status: status.as_u16() });
        }
        let body = answer.bytes().await.map_err(PeerError::Unreachable)?;
        let envelope: Envelope =
            serde_json::from_slice(&body).map_err(|_| PeerError::NotItsAnswer("it has another form"))?;
        let opened = between.open_answer(&asked, &envelope);
        let opened = opened.map_err(|_| PeerError::NotItsAnswer("it is sealed by another key"))?;
        Answer::decode(&opened).ok_or(PeerError::NotItsAnswer("it says nothing that is known here"))
    }
}

const CALL_TIME_LIMIT: Duration = Duration::from_secs(5);
const JSON: &str = "application/x-amz-json-1.1";
