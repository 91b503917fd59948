//! How an answer is written, and an error as RFC 7807 has it.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use suyuan_epcis::codes::Language;
use suyuan_epcis::problem::Reason;

use crate::codes::node as codes;
use crate::link::Submitted;

/// An error as RFC 7807 has it.
pub fn problem(status: StatusCode, reason: &Reason) -> Response {
    problem_with(status, reason, &[])
}

/// The same, with members of its own.
pub fn problem_with(status: StatusCode, reason: &Reason, members: &[(&str, Value)]) -> Response {
    let mut body = json!({
        "type": format!("urn:suyuan:code:{}", reason.code.id),
        "title": reason.what(Language::En),
        "status": status.as_u16(),
        "detail": reason.remedy(Language::En),
        "code": reason.code.id,
    });
    members.iter().for_each(|(name, value)| body[*name] = value.clone());
    (status, [(header::CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response()
}

/// There is no such thing.
pub fn not_found(what: &str) -> Response {
    problem(StatusCode::NOT_FOUND, &Reason::new(codes::API_NOT_FOUND, &[what]))
}

/// Too much is under way.
pub fn busy() -> Response {
    let body = serde_json::to_vec(&Submitted::Busy).unwrap_or_default();
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::RETRY_AFTER, "1")];
    (StatusCode::TOO_MANY_REQUESTS, headers, body).into_response()
}

/// An answer in JSON.
pub fn answer(status: StatusCode, body: &impl serde::Serialize) -> Response {
    let body = serde_json::to_vec(body).unwrap_or_default();
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// Runs what reads the store or waits for the writer where it may block.
pub async fn blocking(work: impl FnOnce() -> Result<Response, Reason> + Send + 'static) -> Response {
    let failed = |reason: &Reason| problem(StatusCode::INTERNAL_SERVER_ERROR, reason);
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(response)) => response,
        Ok(Err(reason)) => failed(&reason),
        Err(error) => failed(&Reason::new(codes::STORE, &[&error.to_string()])),
    }
}
