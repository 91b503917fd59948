//! How it goes with the node: where its ledger stands, who decides, who is connected, what waits.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use suyuan_epcis::codes::Severity;
use suyuan_epcis::problem::Reason;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::organisation::Directory;
use utoipa::ToSchema;

use crate::api::problem::{Refusals, answer, blocking};
use crate::api::stale::staleness;
use crate::api::{App, Shared};
use crate::clock::{self, now_ms};
use crate::core::{NodeKey, View};
use crate::network::{ClassStatus, PeerStatus};
use crate::times::time_text;

/// How it goes with the node.
#[derive(Debug, Serialize, ToSchema)]
pub struct StatusAnswer {
    /// The network's name.
    pub network: String,
    /// The chain's identity.
    pub chain: String,
    /// The program's version.
    pub version: &'static str,
    /// The node's key, by which others know it.
    pub key: String,
    /// Its organisation, if the ledger tells whose the key is.
    pub organisation: Option<String>,
    /// `validator`, `abstaining` (one that does not vote yet, since its log is new), `audit` (no vote, watches), `gateway` (no vote, takes submissions) or `alone` (the only validator).
    pub role: &'static str,
    /// The height of the last block.
    pub height: u64,
    /// The id of its header.
    pub header: String,
    /// The state root after it.
    pub state: String,
    /// Its time, milliseconds since 1970.
    pub time: i64,
    /// So long ago by this node's clock, in milliseconds.
    pub age_ms: i64,
    /// Whether the network is a trial, whose nodes' clocks may be set.
    pub trial: bool,
    /// What time it is by this node's clock if that is set.
    pub trial_time: Option<String>,
    /// Whether answers may be behind what was decided: `no-quorum` (two thirds of the power are not connected), `behind` (others
    /// have more) or `old`. Then every answer that reads has the header `Suyuan-Stale`.
    pub stale: Option<&'static str>,
    /// The height from which on nothing is applied, if validators decided another state than this node computed.
    pub diverged: Option<u64>,
    /// What there is of the blocks before the snapshot with which the node has joined, while some are lacking. Then nothing is
    /// answered that would need them (NODE-HISTORY_LATER).
    pub history: Option<HistorySaid>,
    /// What is being decided, of a validator.
    pub deciding: Option<Deciding>,
    /// Those who decide.
    pub validators: Vec<ValidatorSaid>,
    /// The nodes of other members.
    pub peers: Vec<PeerSaid>,
    /// What waits for a block.
    pub pool: PoolSaid,
    /// Events that came to disk a second, over the last ten seconds.
    pub events_per_second: f64,
    /// Alarms, as /v1/alarms lists them.
    pub alarms: AlarmCount,
}

/// How far the history is.
#[derive(Debug, Serialize, ToSchema)]
pub struct HistorySaid {
    /// Up to this height it is there.
    pub through: u64,
    /// And it is to be up to this one.
    pub to: u64,
}

/// What is being decided.
#[derive(Debug, Serialize, ToSchema)]
pub struct Deciding {
    /// The height.
    pub height: u64,
    /// The round.
    pub round: u32,
}

/// A validator.
#[derive(Debug, Serialize, ToSchema)]
pub struct ValidatorSaid {
    /// Its key.
    pub key: String,
    /// Its voting power.
    pub power: u64,
    /// Its organisation, if the ledger tells whose the key is.
    pub organisation: Option<String>,
    /// Whether it is this node, or connected to it.
    pub connected: bool,
}

/// The node of another member.
#[derive(Debug, Serialize, ToSchema)]
pub struct PeerSaid {
    /// Its key.
    pub key: String,
    /// Its organisation.
    pub organisation: Option<String>,
    /// Whether it votes.
    pub validator: bool,
    /// Whether it is connected.
    pub connected: bool,
    /// The address at the other end.
    pub address: Option<String>,
    /// For how long it is connected, in milliseconds.
    pub connected_ms: Option<u64>,
    /// The height of its last block, as it says.
    pub height: Option<u64>,
    /// By how much that is less than this node's.
    pub lag: Option<u64>,
    /// Points against it: with 100 it is refused for a while.
    pub points: u32,
    /// For how long it is still refused, in milliseconds.
    pub refused_ms: Option<u64>,
    /// Its votes and the like.
    pub consensus: Traffic,
    /// Its blocks and submissions.
    pub bulk: Traffic,
}

/// Messages with a node, since it was listed.
#[derive(Debug, Serialize, ToSchema)]
pub struct Traffic {
    /// Bytes sent.
    pub sent_bytes: u64,
    /// Bytes received.
    pub received_bytes: u64,
    /// Messages that were dropped for want of room, or of a connection.
    pub dropped: u64,
}

/// What waits for a block.
#[derive(Debug, Serialize, ToSchema)]
pub struct PoolSaid {
    /// Submissions.
    pub submissions: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// How many alarms there are.
#[derive(Debug, Serialize, ToSchema)]
pub struct AlarmCount {
    /// Of the severity error.
    pub errors: u64,
    /// Of the severity warning.
    pub warnings: u64,
}

/// How it goes with the node and its network.
#[utoipa::path(
    get, path = "/v1/status", tag = "operation",
    responses((status = 200, description = "The status", body = StatusAnswer), Refusals),
)]
pub async fn status(State(app): Shared) -> Response {
    blocking(move || Ok(answer(StatusCode::OK, &said(&app)))).await
}

fn said(app: &App) -> StatusAnswer {
    let node = &app.node;
    let (view, events_per_second) = node.writer.view();
    let (chain, directory) = node.writer.verifies_under();
    let connections = peers(app);
    let is_connected =
        |key: &NodeKey| *key == node.key || connections.iter().any(|peer| peer.key == *key && peer.connected);
    let validators = view.validators.iter().map(|one| ValidatorSaid {
        key: hex(&one.key),
        power: one.power,
        organisation: organisation_of(&directory, &one.key),
        connected: is_connected(&one.key),
    });
    let votes = |key: &NodeKey| view.validators.iter().any(|one| one.key == *key);
    let peers = connections.iter().map(|peer| peer_said(peer, &view, &directory, votes(&peer.key)));
    let reasons: Vec<Option<Reason>> = node.alarms.list().iter().map(|record| record.reason()).collect();
    let is_error =
        |reason: &Option<Reason>| reason.as_ref().is_some_and(|reason| reason.code.severity == Severity::Error);
    let errors = reasons.iter().filter(|reason| is_error(reason)).count() as u64;
    let (submissions, bytes) = view.waiting;
    StatusAnswer {
        network: node.genesis.network.clone(),
        chain: chain.to_string(),
        version: env!("CARGO_PKG_VERSION"),
        key: hex(&node.key),
        organisation: organisation_of(&directory, &node.key),
        role: view.role.name(),
        height: view.height,
        header: view.id.to_string(),
        state: view.state.to_string(),
        time: view.time,
        age_ms: now_ms().saturating_sub(view.time),
        trial: node.genesis.trial,
        trial_time: clock::is_set().then(|| time_text(now_ms())),
        stale: staleness(app).map(|(why, _)| why),
        diverged: view.diverged,
        history: node.history.lacks().map(|(through, to)| HistorySaid { through, to }),
        deciding: view.deciding.map(|(height, round)| Deciding { height, round }),
        validators: validators.collect(),
        peers: peers.collect(),
        pool: PoolSaid { submissions: submissions as u64, bytes: bytes as u64 },
        events_per_second,
        alarms: AlarmCount { errors, warnings: reasons.len() as u64 - errors },
    }
}

/// The nodes of other members.
pub fn peers(app: &App) -> Vec<PeerStatus> {
    app.node.others.as_ref().map(|others| others.peers()).unwrap_or_default()
}

/// How far a node is, as it says.
pub fn height_of(view: &View, key: &NodeKey) -> Option<u64> {
    view.peers.iter().find(|(peer, _)| peer == key).map(|(_, height)| *height)
}

fn peer_said(peer: &PeerStatus, view: &View, directory: &Directory, validator: bool) -> PeerSaid {
    let height = height_of(view, &peer.key).filter(|_| peer.connected);
    let millis = |duration: std::time::Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    PeerSaid {
        key: hex(&peer.key),
        organisation: organisation_of(directory, &peer.key),
        validator,
        connected: peer.connected,
        address: peer.address.clone(),
        connected_ms: peer.connected_for.map(millis),
        height,
        lag: height.map(|height| view.height.saturating_sub(height)),
        points: peer.score,
        refused_ms: peer.refused_for.map(millis),
        consensus: traffic(&peer.consensus),
        bulk: traffic(&peer.bulk),
    }
}

fn traffic(class: &ClassStatus) -> Traffic {
    let ClassStatus { sent_bytes, received_bytes, dropped, .. } = *class;
    Traffic { sent_bytes, received_bytes, dropped }
}

/// The name of the organisation that has a key.
fn organisation_of(directory: &Directory, public: &NodeKey) -> Option<String> {
    let key = directory.keys().find(|key| key.public == *public)?;
    directory.organisation(key.organisation).map(|one| one.name.clone())
}

fn hex(key: &NodeKey) -> String {
    Hash(*key).to_string()
}
