//! Recalls, for who scans a thing.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::api::Shared;
use crate::api::extract::Segments;
use crate::api::problem::{Refusals, answer, blocking, problem};
use crate::recalls::{RecalledThing, ledger_of, look_up};
use crate::traces;

/// The recalls that reach a thing: whether it is not to be sold, dispensed or shipped on.
///
/// Also of a thing of which nothing is recorded: then those of its class. At most 64 recalls are told.
#[utoipa::path(
    get, path = "/v1/recalled/{*subject}", tag = "traces",
    params(("subject" = String, Path, description = "As for /v1/trace")),
    responses((status = 200, description = "The recalls", body = RecalledThing), Refusals),
)]
pub async fn recalled(State(app): Shared, Segments(subject): Segments<String>) -> Response {
    let keys = match traces::subjects(&subject) {
        Ok(keys) => keys,
        Err(reason) => return problem(StatusCode::BAD_REQUEST, &reason),
    };
    blocking(move || {
        let snapshot = app.node.store.snapshot();
        Ok(answer(StatusCode::OK, &look_up(&snapshot, &ledger_of(&snapshot)?, &keys)?))
    })
    .await
}
