//! Traces and their proofs.

use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use suyuan_epcis::codes::Language;
use suyuan_epcis::problem::Reason;
use suyuan_ledger::key::SubjectKey;
use suyuan_store::RocksStore;

use crate::api::Shared;
use crate::api::problem::{answer, blocking, problem, problem_with};
use crate::codes::node as codes;
use crate::traces::{self, Found};

/// A proof waits so often, and so long each time, for the last block to be certified.
const CERTIFIED_TRIES: u32 = 40;
const CERTIFIED_WAIT: std::time::Duration = std::time::Duration::from_millis(50);

/// What a trace is asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TraceParameters {
    direction: Option<String>,
    depth: Option<u32>,
    proof: Option<bool>,
    format: Option<String>,
    lang: Option<String>,
}

/// The trace of a subject.
#[utoipa::path(get, path = "/v1/trace/{*subject}", responses((status = 200)))]
pub async fn trace(State(app): Shared, Path(subject): Path<String>, Query(asked): Query<TraceParameters>) -> Response {
    let bad = |reason: &Reason| problem(StatusCode::BAD_REQUEST, reason);
    let keys = match traces::subjects(&subject) {
        Ok(keys) => keys,
        Err(reason) => return bad(&reason),
    };
    let Some(direction) = traces::direction(asked.direction.as_deref().unwrap_or("back")) else {
        return bad(&Reason::new(codes::API_PARAMETER, &["direction", "back, forward or history"]));
    };
    let request = traces::Request { direction, depth: asked.depth.unwrap_or(u32::MAX) };
    let language = if asked.lang.as_deref() == Some("zh") { Language::Zh } else { Language::En };
    blocking(move || {
        if asked.proof == Some(true) {
            return proof(&app.node.store, &keys, request);
        }
        let snapshot = app.node.store.snapshot();
        Ok(match traces::trace(&snapshot, &keys, request)? {
            Found::Nothing(height) => {
                let reason = Reason::new(codes::NOT_RECORDED, &[&subject, &height.to_string()]);
                problem_with(StatusCode::NOT_FOUND, &reason, &[("height", json!(height))])
            }
            Found::Trace(found) if asked.format.as_deref() == Some("text") => {
                let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
                (headers, traces::text(&found, language)).into_response()
            }
            Found::Trace(found) => answer(StatusCode::OK, &found),
        })
    })
    .await
}

fn proof(store: &RocksStore, keys: &[SubjectKey], request: traces::Request) -> Result<Response, Reason> {
    for _ in 0..CERTIFIED_TRIES {
        if let Some(bytes) = traces::prove(&store.snapshot(), keys, request.direction)? {
            return Ok(([(header::CONTENT_TYPE, "application/octet-stream")], bytes).into_response());
        }
        std::thread::sleep(CERTIFIED_WAIT);
    }
    Ok(problem(StatusCode::SERVICE_UNAVAILABLE, &Reason::new(codes::PROOF_LATER, &[])))
}
