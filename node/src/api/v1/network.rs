//! Who is on the chain.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};
use suyuan_epcis::problem::Reason;
use suyuan_ledger::organisation::{Directory, Organisation};
use suyuan_ledger::state::apply::Ledger;

use super::schema::{OrganisationAnswer, OrganisationList};
use crate::api::extract::{Page, Parameters, Segments};
use crate::api::problem::{Missing, Refusals, answer, blocking, not_found, wrong_parameter};
use crate::api::{App, Shared};
use crate::codes::node as codes;
use crate::open::store_reason;

/// Who is who: organisations by their numbers, with their keys and what is bound to them, a page at a time.
#[utoipa::path(
    get, path = "/v1/organisations", tag = "network",
    params(Page),
    responses((status = 200, description = "A page of organisations", body = OrganisationList), Refusals),
)]
pub async fn organisations(State(app): Shared, Parameters(page): Parameters<Page>) -> Response {
    let limit = match page.limit() {
        Ok(limit) => limit,
        Err(refusal) => return *refusal,
    };
    blocking(move || {
        let ledger = ledger(&app)?;
        let from = page.from.unwrap_or(0);
        let all = ledger.directory.organisations().iter().filter(|one| one.number >= from);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let listed: Vec<Value> = all.clone().take(limit).map(|one| organisation_json(&ledger.directory, one)).collect();
        let next = all.clone().nth(limit).map(|one| one.number);
        Ok(answer(StatusCode::OK, &json!({"organisations": listed, "next": next})))
    })
    .await
}

/// One organisation.
#[utoipa::path(
    get, path = "/v1/organisations/{number}", tag = "network",
    params(("number" = u64, Path, description = "Its number, from 1")),
    responses((status = 200, description = "The organisation", body = OrganisationAnswer), Missing, Refusals),
)]
pub async fn organisation(State(app): Shared, Segments(number): Segments<String>) -> Response {
    let Ok(number) = number.parse::<u64>() else { return wrong_parameter("number", "a number from 1") };
    blocking(move || {
        let ledger = ledger(&app)?;
        Ok(match ledger.directory.organisation(number) {
            Some(one) => answer(StatusCode::OK, &organisation_json(&ledger.directory, one)),
            None => not_found(&format!("organisation {number}")),
        })
    })
    .await
}

pub(super) fn ledger(app: &App) -> Result<Ledger, Reason> {
    let ledger = Ledger::open(&app.node.store.snapshot()).map_err(|error| store_reason(&error))?;
    ledger.ok_or_else(|| Reason::new(codes::STORE, &["no ledger"]))
}

/// Who is who, for programs.
pub fn organisations_json(directory: &Directory) -> Value {
    let organisations: Vec<Value> =
        directory.organisations().iter().map(|one| organisation_json(directory, one)).collect();
    json!({ "organisations": organisations })
}

fn organisation_json(directory: &Directory, one: &Organisation) -> Value {
    let keys: Vec<Value> = directory
        .keys()
        .filter(|key| key.organisation == one.number)
        .map(|key| {
            json!({"key": key.id.to_string(), "role": key.role.name(), "admitted": key.admitted_at,
                "retired": key.retired_at, "revoked": key.revoked_at})
        })
        .collect();
    let bindings: Vec<Value> = directory
        .bindings()
        .filter(|binding| binding.owner == one.number)
        .map(|binding| {
            json!({"kind": binding.scope.kind().name(), "value": binding.scope.value(),
                "strict": binding.strict, "from": binding.from, "to": binding.to})
        })
        .collect();
    json!({"number": one.number, "uri": one.uri, "aliases": one.aliases, "name": one.name,
        "role": one.role.name(), "removed": one.removed_at, "keys": keys, "bindings": bindings})
}
