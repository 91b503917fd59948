//! The ledger's own interface: records that are signed, traces, proofs, blocks, organisations.

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::App;

pub mod alarms;
pub mod blocks;
pub mod contracts;
pub mod credit;
pub mod governance;
pub mod network;
pub mod proofs;
pub mod recalled;
pub mod records;
pub mod schema;
pub mod status;
pub mod subjects;
pub mod supervision;
pub mod traces;

/// The routes under `/v1`.
pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(records::records))
        .routes(routes!(records::receipt))
        .routes(routes!(records::lane))
        .routes(routes!(traces::trace))
        .routes(routes!(subjects::subject))
        .routes(routes!(recalled::recalled))
        .routes(routes!(recalled::recalled_things))
        .routes(routes!(credit::credit))
        .routes(routes!(credit::procedure))
        .routes(routes!(supervision::equipment))
        .routes(routes!(supervision::penalties))
        .routes(routes!(supervision::draws))
        .routes(routes!(supervision::removals))
        .routes(routes!(supervision::overdue))
        .routes(routes!(supervision::excursions))
        .routes(routes!(supervision::exceptions))
        .routes(routes!(contracts::contracts))
        .routes(routes!(contracts::contract))
        .routes(routes!(proofs::trace_proof))
        .routes(routes!(proofs::inclusion_proof))
        .routes(routes!(blocks::checkpoint))
        .routes(routes!(blocks::blocks))
        .routes(routes!(blocks::block))
        .routes(routes!(governance::governance))
        .routes(routes!(network::organisations))
        .routes(routes!(network::organisation))
        .routes(routes!(status::status))
        .routes(routes!(alarms::alarms))
        .routes(routes!(alarms::evidence))
}
