//! The chain and who is on it.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use suyuan_epcis::problem::Reason;
use suyuan_ledger::block::Checkpoint;
use suyuan_ledger::organisation::Directory;
use suyuan_ledger::proof::make::last_header;
use suyuan_ledger::proof::trust::checkpoint_bytes;
use suyuan_ledger::state::apply::Ledger;

use crate::api::Shared;
use crate::api::problem::{answer, blocking, problem};
use crate::codes::node as codes;
use crate::open::store_reason;

/// The last height that is certified.
#[utoipa::path(get, path = "/v1/checkpoint", responses((status = 200)))]
pub async fn checkpoint(State(app): Shared, headers: HeaderMap) -> Response {
    let wants_bytes = headers.get(header::ACCEPT).is_some_and(|accept| accept == "application/octet-stream");
    blocking(move || {
        let Ok(decided) = last_header(&app.node.store.snapshot()) else {
            let later = Reason::new(codes::PROOF_LATER, &[]);
            return Ok(problem(StatusCode::SERVICE_UNAVAILABLE, &later));
        };
        let validators = app.node.genesis.validators.clone();
        let point = Checkpoint { header: decided.header, certificate: decided.certificate, validators };
        if wants_bytes {
            let headers = [(header::CONTENT_TYPE, "application/octet-stream")];
            return Ok((headers, checkpoint_bytes(&point)).into_response());
        }
        Ok(answer(
            StatusCode::OK,
            &json!({
                "chain": point.header.chain.to_string(), "height": point.height(),
                "state": point.header.state.to_string(), "header": point.header.id().to_string(),
                "time": point.header.time,
            }),
        ))
    })
    .await
}

/// Who is who.
#[utoipa::path(get, path = "/v1/organisations", responses((status = 200)))]
pub async fn organisations(State(app): Shared) -> Response {
    blocking(move || {
        let ledger = Ledger::open(&app.node.store.snapshot());
        let ledger = ledger.map_err(|error| store_reason(&error))?;
        let ledger = ledger.ok_or_else(|| Reason::new(codes::STORE, &["no ledger"]))?;
        Ok(answer(StatusCode::OK, &organisations_json(&ledger.directory)))
    })
    .await
}

/// Who is who, for programs.
pub fn organisations_json(directory: &Directory) -> Value {
    let organisations: Vec<Value> = directory
        .organisations()
        .iter()
        .map(|one| {
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
                "role": one.role.name(), "keys": keys, "bindings": bindings})
        })
        .collect();
    json!({ "organisations": organisations })
}
