//! Signed submissions and the lanes that they are in.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use suyuan_epcis::codes::{Language, ledger as ledger_codes};
use suyuan_epcis::problem::Reason;
use suyuan_ledger::codec;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::submission::SignedSubmission;

use crate::api::Shared;
use crate::api::limits::SUBMISSION_BYTES_MAX;
use crate::api::problem::{answer, blocking, busy, problem};
use crate::codes::node as codes;
use crate::link::{Station, Submitted, why_stopped};
use crate::open::store_reason;

/// Where a key's lane stands.
#[utoipa::path(get, path = "/v1/lanes/{key}", responses((status = 200)))]
pub async fn lane(State(app): Shared, Path(key): Path<String>) -> Response {
    let Some(key) = Hash::from_hex(&key) else {
        let reason = Reason::new(codes::API_PARAMETER, &["key", "64 digits of lower-case hex"]);
        return problem(StatusCode::BAD_REQUEST, &reason);
    };
    blocking(move || {
        let station = Station::of(&app.node.store, &key).map_err(|error| store_reason(&error))?;
        Ok(answer(StatusCode::OK, &station))
    })
    .await
}

/// Takes a signed submission.
#[utoipa::path(post, path = "/v1/records", request_body(content = Vec<u8>, content_type = "application/octet-stream"), responses((status = 200)))]
pub async fn records(State(app): Shared, body: Bytes) -> Response {
    let Ok(submission) = codec::decode::<SignedSubmission>(&body, SUBMISSION_BYTES_MAX) else {
        let reason = Reason::new(codes::API_BODY, &["not a signed submission"]);
        return problem(StatusCode::BAD_REQUEST, &reason);
    };
    let id = submission.submission.id();
    let Ok(said) = app.node.writer.submit(submission).await else {
        return problem(StatusCode::INTERNAL_SERVER_ERROR, &why_stopped(&app.node.writer));
    };
    blocking(move || {
        let submitted = Submitted::of(said, id, &app.node.store).map_err(|error| store_reason(&error))?;
        Ok(match &submitted {
            Submitted::Applied { .. } => answer(StatusCode::OK, &submitted),
            Submitted::NotNext { .. } => answer(StatusCode::CONFLICT, &submitted),
            Submitted::Busy => busy(),
            Submitted::Refused { number, argument, .. } => refused(&submitted, *number, argument),
        })
    })
    .await
}

/// A refusal: as the answer to a submission, with the members of RFC 7807 beside.
fn refused(submitted: &Submitted, number: u16, argument: &str) -> Response {
    let mut body = serde_json::to_value(submitted).unwrap_or_default();
    let reason = Reason::new(ledger_codes::of_number(number).unwrap_or(ledger_codes::RESERVED), &[argument]);
    if let Value::Object(members) = &mut body {
        members.insert("type".to_owned(), json!(format!("urn:suyuan:code:{}", reason.code.id)));
        members.insert("code".to_owned(), json!(reason.code.id));
        members.insert("title".to_owned(), json!(reason.what(Language::En)));
        members.insert("detail".to_owned(), json!(reason.remedy(Language::En)));
    }
    (StatusCode::BAD_REQUEST, [(header::CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response()
}
