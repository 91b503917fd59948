//! What those who watch the node should know, and the evidence of it.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use suyuan_epcis::codes::{Language, Severity};
use utoipa::ToSchema;

use crate::alarms::Record;
use crate::api::Shared;
use crate::api::extract::Segments;
use crate::api::problem::{Missing, Octets, Refusals, answer, blocking, not_found, octets};

/// What was noticed, the latest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct AlarmList {
    /// The alarms.
    pub alarms: Vec<AlarmSaid>,
}

/// An alarm, as often as it came.
#[derive(Debug, Serialize, ToSchema)]
pub struct AlarmSaid {
    /// Its code (docs/CODES.md).
    #[schema(example = "ALARM-EQUIVOCATION")]
    pub code: String,
    /// `error` or `warning`.
    pub severity: &'static str,
    /// What it says.
    pub message: Texts,
    /// What to do about it.
    pub remedy: Texts,
    /// What it is of: a validator's or a node's key, a submission; empty if of the network.
    pub of: String,
    /// What the message is about, of the last time.
    pub arguments: Vec<String>,
    /// When it came first, milliseconds since 1970.
    pub first: i64,
    /// When it came last, milliseconds since 1970.
    pub last: i64,
    /// How often it came.
    pub count: u64,
    /// The names of its evidence: /v1/evidence/{name}.
    pub evidence: Vec<String>,
}

/// A text in two languages.
#[derive(Debug, Serialize, ToSchema)]
pub struct Texts {
    /// English.
    pub en: String,
    /// Chinese.
    pub zh: String,
}

impl AlarmSaid {
    /// An alarm in words.
    pub fn of(record: Record) -> AlarmSaid {
        let reason = record.reason();
        let text = |language| reason.as_ref().map_or_else(|| record.code.clone(), |reason| reason.what(language));
        let remedy = |language| reason.as_ref().map_or_else(String::new, |reason| reason.remedy(language));
        let severity = match reason.as_ref().map(|reason| reason.code.severity) {
            Some(Severity::Error) => "error",
            _ => "warning",
        };
        let message = Texts { en: text(Language::En), zh: text(Language::Zh) };
        let remedy = Texts { en: remedy(Language::En), zh: remedy(Language::Zh) };
        let Record { code, of, arguments, first, last, count, evidence } = record;
        AlarmSaid { code, severity, message, remedy, of, arguments, first, last, count, evidence }
    }
}

/// What the node noticed of the network and its validators, the latest first.
#[utoipa::path(
    get, path = "/v1/alarms", tag = "operation",
    responses((status = 200, description = "The alarms", body = AlarmList), Refusals),
)]
pub async fn alarms(State(app): Shared) -> Response {
    blocking(move || {
        let alarms = app.node.alarms.list().into_iter().map(AlarmSaid::of).collect();
        Ok(answer(StatusCode::OK, &AlarmList { alarms }))
    })
    .await
}

/// A piece of evidence of what others did, as `suyuan verify` takes it.
#[utoipa::path(
    get, path = "/v1/evidence/{name}", tag = "operation",
    params(("name" = String, Path, description = "Its name, as /v1/alarms tells it")),
    responses(
        (status = 200, description = "The evidence (docs/FORMATS.md)", content_type = "application/octet-stream", body = Octets),
        Missing, Refusals,
    ),
)]
pub async fn evidence(State(app): Shared, Segments(name): Segments<String>) -> Response {
    blocking(move || {
        Ok(match app.node.alarms.evidence(&name)? {
            Some(bytes) => octets(bytes),
            None => not_found(&format!("evidence {name}")),
        })
    })
    .await
}
