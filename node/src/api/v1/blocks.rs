//! The chain: its blocks, and the last height that is certified.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use suyuan_epcis::problem::Reason;
use suyuan_ledger::block::{Checkpoint, Header, StoredBlock, StoredSubmission};
use suyuan_ledger::codec;
use suyuan_ledger::kv::{Read, StoreError, Table};
use suyuan_ledger::proof::make::last_decided;
use suyuan_ledger::proof::trust::{DecidedHeader, ExportedCheckpoint, checkpoint_bytes};
use suyuan_ledger::state::sets::validators_at;

use super::schema::{BlockEvent, BlockHeader, BlockList, BlockSubmission, CheckpointAnswer, VoteOf, WholeBlock};
use crate::api::extract::{Page, Parameters, Segments};
use crate::api::health::height;
use crate::api::history::later;
use crate::api::problem::{Missing, Octets, Refusals, answer, blocking, failed, not_found, octets, wrong_parameter};
use crate::api::{App, Shared};
use crate::open::store_reason;
use crate::traces::make_reason;

/// The media type of bytes that are no text.
pub const OCTETS: &str = "application/octet-stream";

/// The last height that is certified.
///
/// With Accept: application/octet-stream a Checkpoint with the changes of the validator set before it, which
/// `suyuan verify` takes, also as --trust.
#[utoipa::path(
    get, path = "/v1/checkpoint", tag = "network",
    responses(
        (status = 200, description = "The checkpoint", content(
            (CheckpointAnswer = "application/json"), (Octets = "application/octet-stream"),
        )),
        Refusals,
    ),
)]
pub async fn checkpoint(State(app): Shared, headers: HeaderMap) -> Response {
    let accepts = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let wants_bytes = accepts.split(',').any(|one| one.split(';').next().unwrap_or_default().trim() == OCTETS);
    blocking(move || {
        let exported = match newest_checkpoint(&app.node.store.snapshot()) {
            Ok(exported) => exported,
            Err(reason) => return Ok(failed(&reason)),
        };
        if wants_bytes {
            return Ok(octets(checkpoint_bytes(&exported)));
        }
        let point = exported.checkpoint;
        let said = CheckpointAnswer {
            chain: point.header.chain.to_string(),
            height: point.height(),
            state: point.header.state.to_string(),
            header: point.header.id().to_string(),
            time: point.header.time,
        };
        Ok(answer(StatusCode::OK, &said))
    })
    .await
}

/// The checkpoint of the last header. What the last block carries is not certified yet, unless it is empty.
pub fn newest_checkpoint(store: &dyn Read) -> Result<ExportedCheckpoint, Reason> {
    let DecidedHeader { set_changes, header, certificate } = last_decided(store).map_err(make_reason)?;
    let validators = validators_at(store, header.height).map_err(|error| store_reason(&error))?;
    Ok(ExportedCheckpoint { set_changes, checkpoint: Checkpoint { header, certificate, validators } })
}

/// The headers of blocks, ascending, a page at a time.
#[utoipa::path(
    get, path = "/v1/blocks", tag = "network",
    params(Page),
    responses((status = 200, description = "A page of headers", body = BlockList), Refusals),
)]
pub async fn blocks(State(app): Shared, Parameters(page): Parameters<Page>) -> Response {
    let limit = match page.limit() {
        Ok(limit) => limit,
        Err(refusal) => return *refusal,
    };
    blocking(move || {
        let last = height(&app)?;
        let from = page.from.unwrap_or(1).max(1);
        if is_lacking(&app, from) {
            return Ok(later());
        }
        let end = last.saturating_add(1).min(from.saturating_add(limit));
        let mut listed = Vec::new();
        for height in from..end {
            listed.extend(block_at(app.node.store.as_ref(), height)?.map(|block| header_said(&block)));
        }
        let next = (end <= last && !listed.is_empty()).then_some(end);
        Ok(answer(StatusCode::OK, &BlockList { height: last, blocks: listed, next }))
    })
    .await
}

/// A block: its header, why it is decided, its submissions and their events' digests.
#[utoipa::path(
    get, path = "/v1/blocks/{height}", tag = "network",
    params(("height" = u64, Path, description = "From 1")),
    responses((status = 200, description = "The block", body = WholeBlock), Missing, Refusals),
)]
pub async fn block(State(app): Shared, Segments(asked): Segments<String>) -> Response {
    let Ok(asked) = asked.parse::<u64>() else { return wrong_parameter("height", "a number from 1") };
    blocking(move || {
        if is_lacking(&app, asked) {
            return Ok(later());
        }
        let Some(block) = block_at(app.node.store.as_ref(), asked)? else {
            return Ok(not_found(&format!("block {asked}")));
        };
        let votes = block.certificate.signatures.iter();
        let votes = votes.map(|vote| VoteOf { validator: vote.validator, signature: hex(&vote.signature) }).collect();
        let mut index = 0u32;
        let submissions = block.submissions.iter().map(|stored| submission_said(stored, &mut index)).collect();
        let said = WholeBlock { header: header_said(&block), round: block.certificate.round, votes, submissions };
        Ok(answer(StatusCode::OK, &said))
    })
    .await
}

/// Whether a block is of the history that is still taken.
fn is_lacking(app: &App, height: u64) -> bool {
    app.node.history.lacks().is_some_and(|(_, to)| height <= to)
}

fn block_at(store: &dyn Read, height: u64) -> Result<Option<StoredBlock>, Reason> {
    let stored = store.get(Table::Block, &height.to_be_bytes()).map_err(|error| store_reason(&error))?;
    let Some(stored) = stored else { return Ok(None) };
    let corrupt = || store_reason(&StoreError::Corrupt(Table::Block, format!("block {height} can't be read")));
    codec::decode_trusted(&stored).map(Some).map_err(|_| corrupt())
}

fn header_said(block: &StoredBlock) -> BlockHeader {
    let Header { chain, height, time, parent, body, body_bytes, events, state, results, history, .. } = &block.header;
    BlockHeader {
        id: block.header.id().to_string(),
        chain: chain.to_string(),
        height: *height,
        time: *time,
        parent: parent.to_string(),
        body: body.to_string(),
        body_bytes: *body_bytes,
        events: *events,
        submissions: block.submissions.len() as u64,
        state_before: state.to_string(),
        results_before: results.to_string(),
        history: history.to_string(),
        validators: block.header.validators.to_string(),
        next_validators: block.header.next_validators.to_string(),
        rules: block.header.rules,
        proposer: block.header.proposer,
    }
}

fn submission_said(stored: &StoredSubmission, index: &mut u32) -> BlockSubmission {
    let head = &stored.submission;
    let events = stored.events.iter().map(|event| {
        let place = *index;
        *index = index.saturating_add(1);
        BlockEvent { index: place, record_type: event.record_type, code: event.code, digest: event.digest.to_string() }
    });
    BlockSubmission {
        id: head.id().to_string(),
        organisation: head.organisation,
        key: head.key.to_string(),
        sequence: head.sequence,
        previous: head.previous.to_string(),
        signed_at: head.signed_at,
        signature: hex(&stored.signature),
        events: events.collect(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
