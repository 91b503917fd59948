//! What bounds a request: its size, its time, and how many there are at once.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use suyuan_epcis::problem::Reason;
use suyuan_ledger::submission::{BODY_BYTES_MAX, EVENTS_MAX};

use super::Shared;
use super::problem::{busy, problem};
use crate::codes::node as codes;

/// Bytes of a document.
pub const DOCUMENT_BYTES_MAX: usize = 64 << 20;
/// Bytes of a signed submission: its events, what the format adds to each, the envelope.
pub const SUBMISSION_BYTES_MAX: usize = BODY_BYTES_MAX + EVENTS_MAX * 40 + 1_024;
/// A request is given so long, reading it included.
pub const REQUEST_SECONDS_MAX: u64 = 60;
/// When the node stops, requests under way are given so long.
pub const DRAIN: Duration = Duration::from_secs(5);
/// So many requests are worked on at once; more are told to come again.
pub const REQUESTS_MAX: usize = 64;

/// Bounds the number of requests, and the time of each.
pub async fn bounded(State(app): Shared, request: Request, next: Next) -> Response {
    let Ok(_permit) = app.requests.try_acquire() else { return busy() };
    match tokio::time::timeout(Duration::from_secs(REQUEST_SECONDS_MAX), next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let reason = Reason::new(codes::API_TIMEOUT, &[&REQUEST_SECONDS_MAX.to_string()]);
            problem(StatusCode::SERVICE_UNAVAILABLE, &reason)
        }
    }
}
