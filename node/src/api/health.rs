//! Whether the node is well, for those who watch it.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use super::Shared;
use super::problem::{answer, problem};
use crate::link::why_stopped;

/// Whether the writer is there.
pub async fn health(State(app): Shared) -> Response {
    match app.node.writer.is_running() {
        true => answer(StatusCode::OK, &json!({"status": "ok", "network": app.node.genesis.network})),
        false => problem(StatusCode::SERVICE_UNAVAILABLE, &why_stopped(&app.node.writer)),
    }
}
