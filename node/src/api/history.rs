//! While a node that joined with a snapshot lacks what was before it, nothing is answered that would need that.

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use suyuan_epcis::problem::Reason;

use super::Shared;
use super::problem::problem;
use crate::codes::node as codes;

/// What is answered from the state alone, or from blocks that are asked for by height and looked at there.
const WITHOUT_HISTORY: &[&str] = &[
    "/v1/status",
    "/v1/checkpoint",
    "/v1/blocks",
    "/v1/blocks/{height}",
    "/v1/records",
    "/v1/lanes/{key}",
    "/v1/governance",
    "/v1/organisations",
    "/v1/organisations/{number}",
    "/v1/alarms",
    "/v1/evidence/{name}",
    "/epcis",
    "/epcis/capture",
    "/epcis/capture/{captureID}",
    "/epcis/nextPageToken/{token}",
];
/// Seconds after which it may be asked again.
const RETRY_AFTER: &str = "10";

/// Lets through what needs no history, or anything once it is whole.
pub async fn whole(State(app): Shared, path: MatchedPath, request: Request, next: Next) -> Response {
    let is_free = app.node.history.lacks().is_none() || WITHOUT_HISTORY.contains(&path.as_str());
    if is_free { next.run(request).await } else { later() }
}

/// That it can be answered later.
pub fn later() -> Response {
    let mut answer = problem(StatusCode::SERVICE_UNAVAILABLE, &Reason::new(codes::HISTORY_LATER, &[]));
    answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER));
    answer
}
