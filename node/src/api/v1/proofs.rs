//! Proofs: bytes as docs/FORMATS.md has them, checked by `suyuan verify` and by the SDKs.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use suyuan_epcis::problem::Reason;
use suyuan_ledger::key::SubjectKey;
use suyuan_ledger::kv::Read;
use suyuan_ledger::proof::make::{MakeError, last_header};
use suyuan_ledger::proof::make_inclusion::make_inclusion;
use suyuan_ledger::state::apply::Ledger;
use suyuan_ledger::state::event::event_tag;
use suyuan_ledger::state::reader::Reader;
use suyuan_ledger::trace::history::Place;
use utoipa::IntoParams;

use super::traces::Way;
use crate::api::extract::{Parameters, Segments};
use crate::api::problem::{Missing, Octets, Refusals, blocking, not_found, octets, problem};
use crate::api::{App, Shared};
use crate::codes::node as codes;
use crate::open::store_reason;
use crate::traces::{self, Request, make_reason};

/// A proof waits so often, and so long each time, for the last block to be certified.
const CERTIFIED_TRIES: u32 = 40;
const CERTIFIED_WAIT: Duration = Duration::from_millis(50);

/// What a proof is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ProofParameters {
    /// Which way the trace goes
    #[serde(default)]
    #[param(inline)]
    direction: Way,
    /// Whether links are followed that are only claimed
    #[serde(default)]
    claims: bool,
}

/// The proof of a whole trace: that it is recorded so, and that nothing is missing up to a height.
///
/// A TraceProof. Of a subject of which nothing is recorded, the proof of that.
#[utoipa::path(
    get, path = "/v1/proofs/trace/{*subject}", tag = "traces",
    params(("subject" = String, Path, description = "As for /v1/trace"), ProofParameters),
    responses(
        (status = 200, description = "A TraceProof", body = Octets, content_type = "application/octet-stream"),
        Refusals,
    ),
)]
pub async fn trace_proof(
    State(app): Shared,
    Segments(subject): Segments<String>,
    Parameters(asked): Parameters<ProofParameters>,
) -> Response {
    let keys = match traces::subjects(&subject) {
        Ok(keys) => keys,
        Err(reason) => return problem(StatusCode::BAD_REQUEST, &reason),
    };
    let request = Request { claims: asked.claims, ..Request::all(asked.direction.direction()) };
    blocking(move || proof(&app, &keys, request)).await
}

/// The proof of a trace, as soon as the last block is certified.
pub fn proof(app: &App, keys: &[SubjectKey], request: Request) -> Result<Response, Reason> {
    certified(|| traces::prove(&app.node.store.snapshot(), keys, request.direction, request.claims))
}

/// Tries until the last block is certified, which takes a moment after each.
fn certified(mut make: impl FnMut() -> Result<Option<Vec<u8>>, Reason>) -> Result<Response, Reason> {
    for _ in 0..CERTIFIED_TRIES {
        if let Some(bytes) = make()? {
            return Ok(octets(bytes));
        }
        std::thread::sleep(CERTIFIED_WAIT);
    }
    Ok(problem(StatusCode::SERVICE_UNAVAILABLE, &Reason::new(codes::PROOF_LATER, &[])))
}

/// What the proof of an event is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct InclusionParameters {
    /// Whether the event's payload is shown, if it is not erased
    payload: Option<bool>,
}

/// The proof that an event is on the ledger, or was refused by receipt.
///
/// An InclusionProof. The event is named by its place in the chain, HEIGHT/INDEX, or by its eventID; of an
/// eventID that several organisations used, the first registered one's.
#[utoipa::path(
    get, path = "/v1/proofs/inclusion/{*event}", tag = "traces",
    params(("event" = String, Path, description = "HEIGHT/INDEX or an eventID"), InclusionParameters),
    responses(
        (status = 200, description = "An InclusionProof", body = Octets, content_type = "application/octet-stream"),
        Missing, Refusals,
    ),
)]
pub async fn inclusion_proof(
    State(app): Shared,
    Segments(event): Segments<String>,
    Parameters(asked): Parameters<InclusionParameters>,
) -> Response {
    blocking(move || {
        let snapshot = app.node.store.snapshot();
        let ledger = Ledger::open(&snapshot).map_err(|error| store_reason(&error))?;
        let ledger = ledger.ok_or_else(|| Reason::new(codes::STORE, &["no ledger"]))?;
        let Some(place) = place_of(&snapshot, &ledger, &event)? else { return Ok(not_found(&event)) };
        drop(snapshot);
        let mut missing = false;
        let answered = certified(|| {
            let snapshot = app.node.store.snapshot();
            let decided = match last_header(&snapshot) {
                Ok(decided) if decided.header.height > place.height => decided,
                Ok(_) | Err(MakeError::NotCertified) => return Ok(None),
                Err(error) => return Err(make_reason(error)),
            };
            let payload = asked.payload.unwrap_or(true);
            match make_inclusion(&snapshot, decided, &ledger.directory, place, payload) {
                Ok(proof) => Ok(Some(proof.to_bytes())),
                Err(MakeError::Query) => {
                    missing = true;
                    Ok(Some(Vec::new()))
                }
                Err(error) => Err(make_reason(error)),
            }
        })?;
        Ok(if missing { not_found(&event) } else { answered })
    })
    .await
}

/// Where an event is that is named by its place or its id; `None` if there is none.
fn place_of(store: &dyn Read, ledger: &Ledger, event: &str) -> Result<Option<Place>, Reason> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if let Some((height, index)) = event.split_once('/').filter(|(height, index)| digits(height) && digits(index)) {
        let (Ok(height), Ok(index)) = (height.parse(), index.parse()) else { return Ok(None) };
        let is_there = (1..=ledger.head.height).contains(&height);
        return Ok(is_there.then_some(Place { height, index }));
    }
    let reader = Reader::new(store);
    for organisation in ledger.directory.organisations() {
        let found = reader.event(event_tag(organisation.number, event)).map_err(|error| store_reason(&error))?;
        if let Some(found) = found {
            return Ok(Some(Place { height: found.height, index: found.index }));
        }
    }
    Ok(None)
}
