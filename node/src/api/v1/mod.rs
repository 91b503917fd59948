//! The ledger's own interface: records that are signed, traces, proofs, blocks, organisations.

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt};
use utoipa_axum::routes;

use super::App;
use super::limits::SUBMISSION_BYTES_MAX;

pub mod network;
pub mod records;
pub mod traces;

/// The routes under `/v1`.
pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(records::records).layer(DefaultBodyLimit::max(SUBMISSION_BYTES_MAX)))
        .routes(routes!(records::lane))
        .routes(routes!(traces::trace))
        .routes(routes!(network::checkpoint))
        .routes(routes!(network::organisations))
}
