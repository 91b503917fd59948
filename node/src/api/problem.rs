//! How an answer is written, and an error as RFC 7807 has it.

use std::collections::BTreeMap;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use suyuan_epcis::codes::Language;
use suyuan_epcis::problem::Reason;
use utoipa::openapi::response::{Response as Declared, ResponseBuilder};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::openapi::{ContentBuilder, Ref, RefOr};
use utoipa::{IntoResponses, PartialSchema, ToSchema};

use super::limits::RETRY_AFTER;
use crate::codes::node as codes;

/// The media type of a problem.
pub const PROBLEM_TYPE: &str = "application/problem+json";

/// What is wrong, as RFC 7807 has it. Some problems have more members.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// `urn:suyuan:code:` and the code.
    #[schema(example = "urn:suyuan:code:API-PARAMETER")]
    pub r#type: String,
    /// What is wrong.
    pub title: String,
    /// The answer's status.
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// What to do about it.
    pub detail: String,
    /// The code, which stays the same (docs/CODES.md).
    #[schema(example = "API-PARAMETER")]
    pub code: String,
}

/// Bytes, for OpenAPI.
pub struct Octets;

impl PartialSchema for Octets {
    fn schema() -> RefOr<Schema> {
        let format = SchemaFormat::KnownFormat(KnownFormat::Binary);
        ObjectBuilder::new().schema_type(Type::String).format(Some(format)).build().into()
    }
}

impl ToSchema for Octets {}

/// The code of the problem that an answer tells, for counters and logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProblemCode(pub &'static str);

/// An error as RFC 7807 has it.
pub fn problem(status: StatusCode, reason: &Reason) -> Response {
    problem_with(status, reason, &[])
}

/// The same, with members of its own.
pub fn problem_with(status: StatusCode, reason: &Reason, members: &[(&str, Value)]) -> Response {
    problem_of(&format!("urn:suyuan:code:{}", reason.code.id), status, reason, members)
}

/// The same, of a type that is not the code's.
pub fn problem_of(r#type: &str, status: StatusCode, reason: &Reason, members: &[(&str, Value)]) -> Response {
    let mut body = json!({
        "type": r#type,
        "title": reason.what(Language::En),
        "status": status.as_u16(),
        "detail": reason.remedy(Language::En),
        "code": reason.code.id,
    });
    members.iter().for_each(|(name, value)| body[*name] = value.clone());
    let mut answer = (status, [(header::CONTENT_TYPE, PROBLEM_TYPE)], body.to_string()).into_response();
    answer.extensions_mut().insert(ProblemCode(reason.code.id));
    answer
}

/// There is no such thing.
pub fn not_found(what: &str) -> Response {
    problem(StatusCode::NOT_FOUND, &Reason::new(codes::API_NOT_FOUND, &[what]))
}

/// A parameter is wrong: its name, and what it has to be.
pub fn wrong_parameter(name: &str, wanted: &str) -> Response {
    problem(StatusCode::BAD_REQUEST, &Reason::new(codes::API_PARAMETER, &[name, wanted]))
}

/// Too much is under way.
pub fn busy() -> Response {
    let mut answer = problem(StatusCode::TOO_MANY_REQUESTS, &Reason::new(codes::BUSY, &[]));
    answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER));
    answer
}

/// The ledger or its store can't go on: nothing that the asker could better.
pub fn failed(reason: &Reason) -> Response {
    tracing::error!(code = reason.code.id, "{reason}");
    let status = match reason.code.id {
        // The writer has stopped, and a restart on a good disk is what helps.
        id if [codes::PROOF_LATER.id, codes::STORE.id, codes::HISTORY_LATER.id].contains(&id) => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        id if id == codes::DISK_FULL.id => StatusCode::INSUFFICIENT_STORAGE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    problem(status, reason)
}

/// An answer in JSON.
pub fn answer(status: StatusCode, body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(body) => (status, [(header::CONTENT_TYPE, "application/json")], body).into_response(),
        Err(error) => failed(&Reason::new(codes::API_FAULT, &[&error.to_string()])),
    }
}

/// An answer in bytes.
pub fn octets(bytes: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, "application/octet-stream")], bytes).into_response()
}

/// Runs what reads the store or waits for the writer where it may block.
pub async fn blocking(work: impl FnOnce() -> Result<Response, Reason> + Send + 'static) -> Response {
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(response)) => response,
        Ok(Err(reason)) => failed(&reason),
        Err(error) => failed(&Reason::new(codes::API_FAULT, &[&error.to_string()])),
    }
}

/// Answers that tell a problem.
pub fn declared(statuses: &[(u16, &str)]) -> BTreeMap<String, RefOr<Declared>> {
    let one = |(status, description): &(u16, &str)| {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let response = ResponseBuilder::new().description(*description).content(PROBLEM_TYPE, content).build();
        (status.to_string(), RefOr::T(response))
    };
    statuses.iter().map(one).collect()
}

/// What every route may answer that is guarded and bounded.
pub struct Refusals;

impl IntoResponses for Refusals {
    fn responses() -> BTreeMap<String, RefOr<Declared>> {
        declared(&[
            (400, "A parameter is wrong"),
            (401, "A token is needed, or the one sent is not known"),
            (403, "The account's role does not allow it, or a page in a browser asks without a token"),
            (429, "Too much is under way: come again after the seconds of Retry-After"),
            (500, "The store is damaged, or the node is at fault"),
            (503, "It took too long, can be answered only later, or the store failed"),
            (507, "The disk of the node is full"),
        ])
    }
}

/// What a route may answer besides that asks for something that need not be there.
pub struct Missing;

impl IntoResponses for Missing {
    fn responses() -> BTreeMap<String, RefOr<Declared>> {
        declared(&[(404, "There is no such thing on this ledger")])
    }
}

/// What a route may answer besides that takes a body.
pub struct BodyRefusals;

impl IntoResponses for BodyRefusals {
    fn responses() -> BTreeMap<String, RefOr<Declared>> {
        declared(&[(408, "The body did not go on"), (413, "The body is larger than the route takes")])
    }
}
