//! Signed submissions, their receipts, and the lanes that they are in.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;
use suyuan_epcis::codes::ledger as ledger_codes;
use suyuan_epcis::json::tree;
use suyuan_epcis::problem::Reason;
use suyuan_ledger::codec;
use suyuan_ledger::derive::DEPTH_MAX;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::kv::StoreError;
use suyuan_ledger::organisation::operation::{Operation, OrganisationRecord};
use suyuan_ledger::submission::{InvalidSubmission, SignedSubmission, SubmittedEvent, record_type};
use suyuan_sdk::batch::natural_person;
use tokio::sync::oneshot::Receiver;

use super::schema::{Applied, NotNext, Refused};
use crate::api::access::Wrote;
use crate::api::extract::Segments;
use crate::api::limits::{SUBMISSION_BYTES_MAX, receive};
use crate::api::problem::{
    BodyRefusals, Missing, Octets, Refusals, answer, blocking, busy, failed, not_found, problem, problem_with,
    wrong_parameter,
};
use crate::api::{App, Shared};
use crate::codes::node as codes;
use crate::core::{Answer, earlier_answer};
use crate::credits::{self, gate};
use crate::link::{Station, Submitted, apply_reason, why_stopped};
use crate::open::store_reason;

/// The number of [`ledger_codes::NATURAL_PERSON`].
const NATURAL_PERSON: u16 = 106;
/// A submission of so many bytes at most is verified without going to a thread that may block.
const VERIFIED_AT_ONCE_BYTES_MAX: usize = 32 << 10;

/// Records a signed submission.
///
/// The body is a SignedSubmission as docs/FORMATS.md has it: up to 4,096 events under one signature, the next of
/// the signing key's lane. The answer comes once it is on disk. Sent again, it is answered as before.
#[utoipa::path(
    post, path = "/v1/records", tag = "records",
    request_body(content = Octets, content_type = "application/octet-stream", description = "A SignedSubmission"),
    responses(
        // First, since what follows says more of one of them.
        Refusals, BodyRefusals,
        (status = 200, description = "It is on the ledger, with a receipt for each event", body = Applied),
        (status = 400, description = "It never enters the ledger: why", body = Refused,
            content_type = "application/problem+json"),
        (status = 409, description = "It is not the next of its lane: where the lane stands", body = NotNext,
            content_type = "application/problem+json"),
    ),
)]
pub async fn records(State(app): Shared, request: Request) -> Response {
    let received = match receive(&app, request.into_body(), SUBMISSION_BYTES_MAX).await {
        Ok(received) => received,
        Err(refusal) => return refusal,
    };
    let Ok(submission) = codec::decode::<SignedSubmission>(&received.bytes, SUBMISSION_BYTES_MAX) else {
        let reason = Reason::new(codes::API_BODY, &["not a signed submission"]);
        return problem(StatusCode::BAD_REQUEST, &reason);
    };
    let id = submission.submission.id();
    // It is judged and verified on the way to the writer, which for many events takes long enough to hold others up.
    // So does a record of credit, for which others are read.
    let is_quick = submission.events.iter().all(|event| !record_type::is_read_apart(event.record_type));
    let handed_over = match is_quick && received.bytes.len() <= VERIFIED_AT_ONCE_BYTES_MAX {
        true => Ok(hand_over(&app, submission)),
        false => {
            let app = app.clone();
            tokio::task::spawn_blocking(move || hand_over(&app, submission)).await
        }
    };
    drop(received);
    let submitted = match handed_over {
        Err(error) => return failed(&Reason::new(codes::API_FAULT, &[&error.to_string()])),
        Ok(Err(NotTaken::Refused(refused))) => refused,
        Ok(Err(NotTaken::Failed(error))) => return failed(&store_reason(&error)),
        Ok(Err(NotTaken::Void(credits::Refused { event, pointer, reason }))) => {
            app.metrics.submission(reason.code.id);
            return problem_with(
                StatusCode::BAD_REQUEST,
                &reason,
                &[("event", json!(event)), ("pointer", json!(pointer)), ("argument", json!(reason.arguments.first()))],
            );
        }
        Ok(Ok(answered)) => {
            let Ok(said) = answered.await else { return failed(&why_stopped(&app.node.writer)) };
            // What was written a moment ago is in memory: reading it does not block.
            match Submitted::of(said, id, &app.node.store) {
                Ok(submitted) => submitted,
                Err(error) => return failed(&store_reason(&error)),
            }
        }
    };
    let (outcome, mut answered) = told(submitted);
    app.metrics.submission(outcome);
    answered.extensions_mut().insert(Wrote(id.to_string()));
    answered
}

/// Hands a submission to the writer, unless a record of credit in it would have no effect, or one says something of a natural
/// person. That is this gateway's to refuse (106) and never the chain's, so that a better look never splits it (`proofs.md` §6).
fn hand_over(app: &App, submission: SignedSubmission) -> Result<Receiver<Answer>, NotTaken> {
    let refused = submission.events.iter().zip(0..).find_map(|(event, place)| {
        // What can't be parsed the writer refuses, and says why.
        let record = tree::parse(&event.payload, DEPTH_MAX as usize).ok()?;
        let (mut reason, pointer) = natural_person(&record)?;
        let argument = reason.arguments.pop().unwrap_or_default();
        Some(Submitted::Refused { number: NATURAL_PERSON, event: Some(place), pointer, argument })
    });
    if let Some(refused) = refused {
        return Err(NotTaken::Refused(refused));
    }
    // The ledger would take a table that nobody can read, and it would have no effect.
    let of_governance = |event: &&SubmittedEvent| event.record_type == record_type::GOVERNANCE;
    for (event, place) in submission.events.iter().zip(0..).filter(|(event, _)| of_governance(event)) {
        let said = OrganisationRecord::parse(&event.payload).map(|record| record.operation);
        if let Ok(operation @ Operation::TableSet { .. }) = said
            && let Err(reason) = operation.check()
        {
            let pointer = "/table".to_owned();
            return Err(NotTaken::Void(credits::Refused { event: place, pointer, reason }));
        }
    }
    match gate(&app.reading, &submission) {
        Ok(None) => Ok(app.node.writer.submit(submission)),
        Ok(Some(refused)) => Err(NotTaken::Void(refused)),
        Err(error) => Err(NotTaken::Failed(error)),
    }
}

/// Why a submission is not handed over.
enum NotTaken {
    /// It would never enter the ledger, or must not.
    Refused(Submitted),
    /// A record of credit in it would have no effect.
    Void(credits::Refused),
    /// It can't be told.
    Failed(StoreError),
}

/// The answer to a submission, and its outcome in a word.
fn told(submitted: Submitted) -> (&'static str, Response) {
    let of_number = |number: u16| ledger_codes::of_number(number).unwrap_or(ledger_codes::RESERVED);
    match submitted {
        Submitted::Applied { height, block_time, submission, receipts } => {
            let applied = Applied { status: "applied", height, block_time, submission, receipts };
            ("accepted", answer(StatusCode::OK, &applied))
        }
        Submitted::Refused { number, event, pointer, argument } => {
            let reason = Reason::new(of_number(number), &[&argument]);
            let members = [
                ("number", json!(number)),
                ("event", json!(event)),
                ("pointer", json!(pointer)),
                ("argument", json!(argument)),
            ];
            (reason.code.id, problem_with(StatusCode::BAD_REQUEST, &reason, &members))
        }
        Submitted::NotNext { next, previous } => {
            let reason = Reason::new(of_number(InvalidSubmission::Lane.code()), &[]);
            let members = [("next", json!(next)), ("previous", json!(previous))];
            (reason.code.id, problem_with(StatusCode::CONFLICT, &reason, &members))
        }
        Submitted::Busy => (codes::BUSY.id, busy()),
    }
}

/// The receipt of a submission that is on the ledger.
#[utoipa::path(
    get, path = "/v1/receipts/{submission}", tag = "records",
    params(("submission" = String, Path, description = "The submission's id: 64 digits of lower-case hex")),
    responses(
        (status = 200, description = "What became of each of its events", body = Applied),
        Missing, Refusals,
    ),
)]
pub async fn receipt(State(app): Shared, Segments(submission): Segments<String>) -> Response {
    let Some(id) = Hash::from_hex(&submission) else {
        return wrong_parameter("submission", "64 digits of lower-case hex");
    };
    blocking(move || {
        let earlier = earlier_answer(app.node.store.as_ref(), id).map_err(|error| apply_reason(&error))?;
        let Some(earlier) = earlier else { return Ok(not_found(&format!("submission {id}"))) };
        let submitted = Submitted::of(earlier, id, &app.node.store).map_err(|error| store_reason(&error))?;
        Ok(told(submitted).1)
    })
    .await
}

/// Where a key's lane stands: what its next submission has to name.
#[utoipa::path(
    get, path = "/v1/lanes/{key}", tag = "records",
    params(("key" = String, Path, description = "The key's id: 64 digits of lower-case hex")),
    responses(
        (status = 200, description = "The lane; of a key that is not known, one that nothing is in", body = Station),
        Refusals,
    ),
)]
pub async fn lane(State(app): Shared, Segments(key): Segments<String>) -> Response {
    let Some(key) = Hash::from_hex(&key) else {
        return wrong_parameter("key", "64 digits of lower-case hex");
    };
    blocking(move || {
        let station = Station::of(&app.node.store, &key).map_err(|error| store_reason(&error))?;
        Ok(answer(StatusCode::OK, &Station { trial: app.node.genesis.trial, ..station }))
    })
    .await
}
