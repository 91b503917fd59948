//! Who decides and under which rules, and what authorities have proposed.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};
use suyuan_ledger::block::Validator;
use suyuan_ledger::credit::tables;
use suyuan_ledger::day::Day;
use suyuan_ledger::organisation::{AdoptedTable, Directory, PROPOSAL_LAPSES_MS, Proposal};

use super::network::ledger;
use super::schema::GovernanceAnswer;
use crate::api::Shared;
use crate::api::problem::{Refusals, answer, blocking};
use crate::times::time_text;

/// Who decides blocks and under which rules, how many authorities have to sign a change, and what is proposed.
#[utoipa::path(
    get, path = "/v1/governance", tag = "network",
    responses((status = 200, description = "How the network is governed", body = GovernanceAnswer), Refusals),
)]
pub async fn governance(State(app): Shared) -> Response {
    blocking(move || {
        let ledger = ledger(&app)?;
        Ok(answer(StatusCode::OK, &governance_json(&ledger.directory, ledger.head.height, ledger.head.time)))
    })
    .await
}

/// The same for programs, as of the block of a height and time.
pub fn governance_json(directory: &Directory, height: u64, time: i64) -> Value {
    let (governance, validators) = (directory.governance(), directory.validators());
    let next = height.saturating_add(1);
    let is_to_come = validators.from > next;
    let is_announced = governance.next_from > next;
    let set = |set: &[Validator]| -> Vec<Value> { set.iter().map(|one| validator_json(directory, one)).collect() };
    let proposals: Vec<Value> = directory.proposals().map(|one| proposal_json(directory, one, time)).collect();
    json!({
        "threshold": governance.threshold,
        "rules": {
            "now": governance.rules_at(next),
            "next": is_announced.then_some(governance.next_rules),
            "from": is_announced.then_some(governance.next_from),
        },
        "validators": set(validators.at(next)),
        "next_validators": is_to_come.then(|| set(&validators.set)),
        "next_from": is_to_come.then_some(validators.from),
        "proposals": proposals,
        "tables": directory.tables().map(table_json).collect::<Vec<Value>>(),
    })
}

fn table_json(one: &AdoptedTable) -> Value {
    json!({
        "name": one.name,
        "from": Day::from_number(one.from).text(),
        "height": one.height,
        "adopted": time_text(one.adopted_at),
        "table": one.text,
        "readable": tables::check(one.name, Day::from_number(one.from), &one.text).is_ok(),
    })
}

fn validator_json(directory: &Directory, one: &Validator) -> Value {
    let organisation = directory.organisation_of_validator(one).map(|one| &one.uri);
    json!({"key": suyuan_ledger::hash::Hash(one.key).to_string(), "power": one.power, "organisation": organisation})
}

fn proposal_json(directory: &Directory, one: &Proposal, time: i64) -> Value {
    let uri = |number: &u64| directory.organisation(*number).map(|one| one.uri.clone());
    let signers: Vec<Option<String>> = one.signers.iter().map(uri).collect();
    let state = match (one.is_open_at(time), one.record.is_empty()) {
        (true, _) => "open",
        (false, true) => "effective",
        (false, false) => "lapsed",
    };
    json!({
        "proposal": one.id.to_string(),
        "state": state,
        "proposed": time_text(one.proposed_at),
        "lapses": time_text(one.proposed_at.saturating_add(PROPOSAL_LAPSES_MS)),
        "signers": signers,
        "record": serde_json::from_slice::<Value>(&one.record).ok(),
    })
}
