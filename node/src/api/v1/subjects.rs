//! Subjects: what the ledger keeps of one thing, and its own log.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use suyuan_epcis::problem::Reason;
use suyuan_ledger::derive::derive;
use suyuan_ledger::key::SubjectKey;
use suyuan_ledger::organisation::Directory;
use suyuan_ledger::proof::make::complete_to;
use suyuan_ledger::record::{Role, Standing};
use suyuan_ledger::state::apply::Ledger;
use suyuan_ledger::state::reader::Reader;
use suyuan_ledger::state::subject::{NONE, StoredEntry, UNREGISTERED};
use suyuan_ledger::trace::answer::{flags, kind_name, life_name, utc};

use super::schema::{Subject, SubjectEntry};
use super::traces::nothing;
use crate::api::Shared;
use crate::api::extract::{Page, Parameters, Segments};
use crate::api::problem::{Missing, Refusals, answer, blocking, problem};
use crate::codes::node as codes;
use crate::open::store_reason;
use crate::traces::{self, make_reason, recorded};

/// What is recorded of one thing itself: who holds it, where its life stands, and the events that name it.
///
/// The events are those of its own log, in the order in which they were recorded, a page at a time. What befell
/// it inside other things is in its history: /v1/trace with direction=history.
#[utoipa::path(
    get, path = "/v1/subjects/{*subject}", tag = "traces",
    params(("subject" = String, Path, description = "As for /v1/trace"), Page),
    responses((status = 200, description = "The subject", body = Subject), Missing, Refusals),
)]
pub async fn subject(
    State(app): Shared,
    Segments(subject): Segments<String>,
    Parameters(page): Parameters<Page>,
) -> Response {
    let keys = match traces::subjects(&subject) {
        Ok(keys) => keys,
        Err(reason) => return problem(StatusCode::BAD_REQUEST, &reason),
    };
    let limit = match page.limit() {
        Ok(limit) => limit,
        Err(refusal) => return *refusal,
    };
    blocking(move || {
        let snapshot = app.node.store.snapshot();
        let ledger = Ledger::open(&snapshot).map_err(|error| store_reason(&error))?;
        let ledger = ledger.ok_or_else(|| Reason::new(codes::STORE, &["no ledger"]))?;
        let height = complete_to(&snapshot).map_err(make_reason)?;
        let reader = Reader::new(&snapshot);
        let Some(number) = recorded(&reader, &keys)? else { return Ok(nothing(&subject, height)) };
        let shown = show(&reader, &ledger.directory, number, height, page.from.unwrap_or(0), limit)?;
        Ok(answer(StatusCode::OK, &shown))
    })
    .await
}

fn show(
    reader: &Reader<'_>,
    directory: &Directory,
    number: u64,
    height: u64,
    from: u64,
    limit: u64,
) -> Result<Subject, Reason> {
    let failed = |error| store_reason(&error);
    let missing = || Reason::new(codes::DAMAGED, &[&format!("subject {number} is missing")]);
    let key = reader.key_of(number).map_err(failed)?.ok_or_else(missing)?;
    let run = reader.run_at(number).map_err(failed)?.ok_or_else(missing)?;
    let log = reader.log(run.log).map_err(failed)?;
    let organisation = |number: u64| match number {
        NONE | UNREGISTERED => None,
        known => directory.organisation(known).map(|organisation| organisation.uri.clone()),
    };
    let parent = match log.state.parent.checked_sub(1) {
        Some(parent) => reader.key_of(parent).map_err(failed)?.map(|key| uri(&key)),
        None => None,
    };
    let entries = reader.entries_from(run.log, from, limit).map_err(failed)?;
    let shown: Result<Vec<SubjectEntry>, Reason> =
        entries.iter().map(|entry| show_entry(reader, directory, entry)).collect();
    let next = from.saturating_add(entries.len() as u64);
    Ok(Subject {
        id: uri(&key),
        kind: kind_name(key.first().copied().unwrap_or_default()).to_owned(),
        number,
        life: life_name(log.state.life).to_owned(),
        recalled: log.state.recall != 0,
        holder: organisation(log.state.holder),
        next_holder: organisation(log.state.next),
        maker: organisation(log.state.maker),
        founder: organisation(log.state.founder),
        parent,
        shared_by: log.subjects,
        entries: log.peaks.count,
        history: shown?,
        next: (next < log.peaks.count).then_some(next),
        complete_to_height: height,
    })
}

fn show_entry(reader: &Reader<'_>, directory: &Directory, entry: &StoredEntry) -> Result<SubjectEntry, Reason> {
    let (height, index) = (entry.height, entry.index);
    let missing = || Reason::new(codes::DAMAGED, &[&format!("no record at {height}/{index}")]);
    let record = reader.record(height, index).map_err(|error| store_reason(&error))?.ok_or_else(missing)?;
    let payload = reader.payload(height, index).map_err(|error| store_reason(&error))?;
    let said = payload.as_ref().and_then(|payload| derive(&payload.payload).ok());
    let author = directory.organisation(record.author).map(|organisation| organisation.uri.clone());
    Ok(SubjectEntry {
        position: format!("{height}/{index}"),
        event: said.map(|said| said.event_id),
        role: Role::from_number(entry.role).map(role_name).unwrap_or_default().to_owned(),
        standing: Standing::from_number(entry.standing).map(standing_name).unwrap_or_default().to_owned(),
        author: author.unwrap_or_else(|| record.author.to_string()),
        event_time: utc(record.event_time),
        block_time: utc(record.block_time),
        flags: flags(record.flags).into_iter().map(str::to_owned).collect(),
        erased: payload.is_none(),
    })
}

fn uri(key: &[u8]) -> String {
    SubjectKey::parse(key).map(|key| key.to_uri()).unwrap_or_default()
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::Epc => "epc",
        Role::Input => "input",
        Role::Output => "output",
        Role::Parent => "parent",
        Role::Child => "child",
        Role::Process => "process",
        Role::Lot => "lot",
        Role::Alias => "alias",
        Role::Own => "own",
        Role::Error => "error",
        Role::CrossReference => "cross_reference",
        Role::Confirm => "confirm",
        Role::Retract => "retract",
    }
}

fn standing_name(standing: Standing) -> &'static str {
    match standing {
        Standing::Bystander => "bystander",
        Standing::Unconfirmed => "unconfirmed",
        Standing::Holder => "holder",
        Standing::Owner => "owner",
        Standing::Authority => "authority",
    }
}
