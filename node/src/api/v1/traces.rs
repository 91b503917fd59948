//! Traces.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use suyuan_epcis::codes::Language;
use suyuan_epcis::problem::Reason;
use utoipa::{IntoParams, ToSchema};

use super::proofs::proof;
use super::schema::Trace;
use crate::api::Shared;
use crate::api::extract::{Parameters, Segments};
use crate::api::problem::{Missing, Octets, Refusals, answer, blocking, problem, problem_with, wrong_parameter};
use crate::codes::node as codes;
use crate::traces::{self, Found, Request};
use suyuan_ledger::trace::closure::Direction;

/// Which way a trace goes.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    /// What it was made of.
    #[default]
    Back,
    /// What became of it.
    Forward,
    /// What befell it, also inside other things.
    History,
}

impl Way {
    /// The same for the ledger.
    pub fn direction(self) -> Direction {
        match self {
            Way::Back => Direction::Back,
            Way::Forward => Direction::Forward,
            Way::History => Direction::History,
        }
    }
}

/// How a trace is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// For programs.
    #[default]
    Json,
    /// For people.
    Text,
}

/// The language of a text.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Tongue {
    /// English.
    #[default]
    En,
    /// Chinese.
    Zh,
}

/// What a trace is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TraceParameters {
    /// Which way
    #[serde(default)]
    #[param(inline)]
    direction: Way,
    /// Links to follow at most
    #[param(minimum = 0)]
    depth: Option<u32>,
    /// Whether links are followed that are only claimed, by one without standing
    #[serde(default)]
    claims: bool,
    /// Whether the answer is the proof, as /v1/proofs/trace gives it
    #[serde(default)]
    proof: bool,
    /// How it is written
    #[serde(default)]
    #[param(inline)]
    format: Format,
    /// The language of a text
    #[serde(default)]
    #[param(inline)]
    lang: Tongue,
}

/// Where a thing came from, where it went, or what befell it.
///
/// The subject is an EPC URN, a Digital Link, an element string such as (01)09521001001014(10)L1, a drug trace
/// code or a device code, percent-encoded or not.
#[utoipa::path(
    get, path = "/v1/trace/{*subject}", tag = "traces",
    params(("subject" = String, Path, description = "What is traced"), TraceParameters),
    responses(
        (status = 200, description = "The trace", content(
            (Trace = "application/json"), (String = "text/plain"), (Octets = "application/octet-stream"),
        )),
        Missing, Refusals,
    ),
)]
pub async fn trace(
    State(app): Shared,
    Segments(subject): Segments<String>,
    Parameters(asked): Parameters<TraceParameters>,
) -> Response {
    let keys = match traces::subjects(&subject) {
        Ok(keys) => keys,
        Err(reason) => return problem(StatusCode::BAD_REQUEST, &reason),
    };
    if asked.proof && asked.depth.is_some() {
        return wrong_parameter("depth", "not with proof, which proves a whole trace");
    }
    let request = Request {
        direction: asked.direction.direction(),
        depth: asked.depth.unwrap_or(u32::MAX),
        claims: asked.claims,
    };
    blocking(move || {
        if asked.proof {
            return proof(&app, &keys, request);
        }
        let snapshot = app.node.store.snapshot();
        Ok(match traces::trace(&snapshot, &keys, request)? {
            Found::Nothing(height) => nothing(&subject, height),
            Found::Trace(found) if asked.format == Format::Text => {
                let language = match asked.lang {
                    Tongue::En => Language::En,
                    Tongue::Zh => Language::Zh,
                };
                let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
                (headers, traces::text(&found, language)).into_response()
            }
            Found::Trace(found) => answer(StatusCode::OK, &found),
        })
    })
    .await
}

/// Nothing is recorded of a subject up to a height.
pub fn nothing(subject: &str, height: u64) -> Response {
    let reason = Reason::new(codes::NOT_RECORDED, &[subject, &height.to_string()]);
    problem_with(StatusCode::NOT_FOUND, &reason, &[("height", json!(height))])
}
