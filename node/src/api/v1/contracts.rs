//! Contracts.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use suyuan_epcis::codes::contract as codes;
use suyuan_epcis::problem::Reason;
use utoipa::IntoParams;

use super::credit::{may_see, uri_of};
use crate::api::Shared;
use crate::api::extract::{Parameters, Segments};
use crate::api::problem::{Missing, Refusals, answer, blocking, problem};
use crate::contracts::{self, Contract, ContractList};

/// Whose contracts are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PartyParameters {
    /// The firm: its URI, its unified social credit code or its legal entity identifier
    party: String,
}

/// As of when something is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HeightParameters {
    /// The height up to which records count: the last one if left out
    #[param(minimum = 1)]
    pub(super) at: Option<u64>,
}

fn not_yours() -> Response {
    problem(StatusCode::FORBIDDEN, &Reason::new(codes::NOT_YOURS, &[]))
}

/// The contracts of a firm, in the order in which they were proposed.
///
/// A node tells those of its own organisation; that of an authority tells everybody's.
#[utoipa::path(
    get, path = "/v1/contracts", tag = "contracts", params(PartyParameters),
    responses((status = 200, description = "The contracts", body = ContractList), Refusals),
)]
pub async fn contracts(State(app): Shared, Parameters(asked): Parameters<PartyParameters>) -> Response {
    blocking(move || {
        let firm = uri_of(&asked.party);
        match may_see(&app, &|own| own == firm)? {
            true => Ok(answer(StatusCode::OK, &contracts::contracts(&app.reading, &firm)?)),
            false => Ok(not_yours()),
        }
    })
    .await
}

/// How a contract stands: what is owed, and what became of it.
///
/// It is named by the hash of its first record. A node tells the contracts to which its own organisation is party; that
/// of an authority tells all.
#[utoipa::path(
    get, path = "/v1/contracts/{contract}", tag = "contracts",
    params(("contract" = String, Path, description = "The hash of its first record"), HeightParameters),
    responses((status = 200, description = "The contract", body = Contract), Missing, Refusals),
)]
pub async fn contract(
    State(app): Shared,
    Segments(id): Segments<String>,
    Parameters(asked): Parameters<HeightParameters>,
) -> Response {
    blocking(move || match contracts::contract(&app.reading, &id, asked.at) {
        Err(reason) if reason.code == codes::NOTHING => Ok(problem(StatusCode::NOT_FOUND, &reason)),
        Err(reason) => Err(reason),
        Ok(said) => {
            let is_party = |own: &str| said.parties.iter().any(|party| party.organisation == own);
            Ok(if may_see(&app, &is_party)? { answer(StatusCode::OK, &said) } else { not_yours() })
        }
    })
    .await
}
