//! Whether the node is well, for those who watch it. Both routes stand outside of every bound on requests.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use suyuan_epcis::problem::Reason;
use suyuan_ledger::state::reader::Reader;
use utoipa::ToSchema;

use super::problem::{answer, problem};
use super::{App, Shared};
use crate::codes::node as codes;
use crate::link::why_stopped;
use crate::open::store_reason;

/// That the node is alive.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// Always `ok`.
    pub status: &'static str,
    /// The network's name.
    pub network: String,
}

/// That the node is ready.
#[derive(Debug, Serialize, ToSchema)]
pub struct Ready {
    /// Always `ready`.
    pub status: &'static str,
    /// The height of the last block.
    pub height: u64,
}

/// Whether the node is alive: it answers, and its writer is there.
#[utoipa::path(
    get, path = "/health", tag = "operation",
    responses(
        (status = 200, description = "It is", body = Health),
        (status = 503, description = "The writer has stopped: why", body = super::problem::Problem,
            content_type = "application/problem+json"),
    ),
)]
pub async fn health(State(app): Shared) -> Response {
    match app.node.writer.is_running() {
        true => answer(StatusCode::OK, &Health { status: "ok", network: app.node.genesis.network.clone() }),
        false => problem(StatusCode::SERVICE_UNAVAILABLE, &why_stopped(&app.node.writer)),
    }
}

/// Whether the node can take work: the writer is there and the store is usable.
#[utoipa::path(
    get, path = "/ready", tag = "operation",
    responses(
        (status = 200, description = "It can", body = Ready),
        (status = 503, description = "It can't: why", body = super::problem::Problem,
            content_type = "application/problem+json"),
    ),
)]
pub async fn ready(State(app): Shared) -> Response {
    let unready = |reason: &Reason| problem(StatusCode::SERVICE_UNAVAILABLE, reason);
    if !app.node.writer.is_running() {
        return unready(&why_stopped(&app.node.writer));
    }
    if let Some(height) = app.node.writer.view().0.diverged {
        return unready(&Reason::new(codes::DIVERGED, &[&height.saturating_sub(1).to_string()]));
    }
    // One value that is always in memory.
    match height(&app) {
        Ok(height) => answer(StatusCode::OK, &Ready { status: "ready", height }),
        Err(reason) => unready(&reason),
    }
}

/// The height of the last block on disk.
pub fn height(app: &Arc<App>) -> Result<u64, Reason> {
    let head = Reader::new(app.node.store.as_ref()).head().map_err(|error| store_reason(&error))?;
    head.map(|head| head.height).ok_or_else(|| Reason::new(codes::STORE, &["no ledger"]))
}
