//! What supervision asks: equipment that is due, penalties, draws, removals; what was too warm, what is wrong with a code.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use suyuan_epcis::codes::credit as codes;
use suyuan_epcis::problem::Reason;
use suyuan_ledger::day::Day;
use utoipa::IntoParams;

use super::contracts::HeightParameters;
use super::credit::{may_see, uri_of};
use crate::api::extract::{Parameters, Segments};
use crate::api::problem::{Missing, Refusals, answer, blocking, busy, problem, wrong_parameter};
use crate::api::{App, Shared};
use crate::codes::node as node_codes;
use crate::credits::draws::{DrawSaid, draws as draws_of};
use crate::credits::{
    CodeExceptions, CreditDevice, Excursions, FirmPenalties, OverdueSaid, Reading, RemovalSaid, Which,
    equipment as all_equipment, exceptions as exceptions_of, excursions as excursions_of, overdue as overdue_of,
    penalties_of_all, removals as removals_of,
};
use crate::traces::subjects;

/// Penalties of at most so many months are told.
pub const MONTHS_MAX: u32 = 1_200;
/// Whose penalties are told if that is left out: of firms that have several.
const LEAST_DEFAULT: u32 = 2;

/// As of when equipment is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EquipmentParameters {
    /// As of which day, YYYY-MM-DD, what is recorded counts: that of the last block if left out
    day: Option<String>,
}

/// Which penalties are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PenaltiesParameters {
    /// Of the last so many months
    #[param(maximum = 1200)]
    months: u32,
    /// Of firms that have at least so many: 2 if left out
    #[param(minimum = 1)]
    least: Option<u32>,
    /// As of which day, YYYY-MM-DD, what is recorded counts: that of the last block if left out
    day: Option<String>,
}

/// Of whom removals are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RemovalsParameters {
    /// Firm, by its URI, unified social credit code or legal entity identifier: everybody if left out
    firm: Option<String>,
}

/// Of whom it is asked what is overdue.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OverdueParameters {
    /// Firm, by its URI, unified social credit code or legal entity identifier: everybody if left out
    firm: Option<String>,
    /// On which day, YYYY-MM-DD: that of the last block if left out
    day: Option<String>,
}

/// A day that is asked for; its refusal.
fn day_of(day: Option<&String>) -> Result<Option<Day>, Box<Response>> {
    let wrong = || Box::new(wrong_parameter("day", "YYYY-MM-DD"));
    day.map(|day| Day::parse(day).ok_or_else(wrong)).transpose()
}

/// Answers, if not too many ask so already, and if this node's organisation is an authority or one that it is for.
fn for_some<T: serde::Serialize>(
    app: &App,
    is_for: &dyn Fn(&str) -> bool,
    found: impl FnOnce() -> Result<T, Reason>,
) -> Result<Response, Reason> {
    match (may_see(app, is_for)?, app.of_all.try_acquire()) {
        (true, Ok(_place)) => Ok(answer(StatusCode::OK, &found()?)),
        (true, Err(_)) => Ok(busy()),
        (false, _) => Ok(problem(StatusCode::FORBIDDEN, &Reason::new(codes::NOT_YOURS, &[]))),
    }
}

/// Answers what is found of a thing, or that nothing of it is recorded.
async fn of_thing<T: serde::Serialize>(
    app: Arc<App>,
    thing: String,
    look: impl FnOnce(&Reading, &str) -> Result<T, Reason> + Send + 'static,
) -> Response {
    if let Err(reason) = subjects(&thing) {
        return problem(StatusCode::BAD_REQUEST, &reason);
    }
    blocking(move || match look(&app.reading, &thing) {
        Err(reason) if reason.code == node_codes::NOT_RECORDED => Ok(problem(StatusCode::NOT_FOUND, &reason)),
        Err(reason) if reason.code == node_codes::SUBJECT => Ok(problem(StatusCode::BAD_REQUEST, &reason)),
        found => Ok(answer(StatusCode::OK, &found?)),
    })
    .await
}

/// All special equipment of which the use is registered, and when each piece has to be inspected.
///
/// The node of an authority tells it; what one firm uses is in its credit.
#[utoipa::path(
    get, path = "/v1/equipment", tag = "credit",
    params(EquipmentParameters),
    responses((status = 200, description = "The equipment", body = Vec<CreditDevice>), Refusals),
)]
pub async fn equipment(State(app): Shared, Parameters(asked): Parameters<EquipmentParameters>) -> Response {
    let day = match day_of(asked.day.as_ref()) {
        Ok(day) => day,
        Err(refusal) => return *refusal,
    };
    blocking(move || for_some(&app, &|_| false, || all_equipment(&app.reading, None, day))).await
}

/// Penalties in publication, of all firms that have several.
///
/// The node of an authority tells them; those of one firm are in its credit.
#[utoipa::path(
    get, path = "/v1/penalties", tag = "credit",
    params(PenaltiesParameters),
    responses((status = 200, description = "The penalties, by firms", body = Vec<FirmPenalties>), Refusals),
)]
pub async fn penalties(State(app): Shared, Parameters(asked): Parameters<PenaltiesParameters>) -> Response {
    let least = asked.least.unwrap_or(LEAST_DEFAULT);
    if asked.months > MONTHS_MAX {
        return wrong_parameter("months", &format!("at most {MONTHS_MAX}"));
    }
    if least == 0 {
        return wrong_parameter("least", "at least 1");
    }
    let day = match day_of(asked.day.as_ref()) {
        Ok(day) => day,
        Err(refusal) => return *refusal,
    };
    let counts = (asked.months, least as usize);
    blocking(move || for_some(&app, &|_| false, || penalties_of_all(&app.reading, day, counts))).await
}

/// The inspections by lot that an authority has committed to, and who is drawn.
///
/// Rates follow grades, so that the node of an authority alone tells them.
#[utoipa::path(
    get, path = "/v1/draws/{*authority}", tag = "credit",
    params(("authority" = String, Path, description = "Whose draws")),
    responses((status = 200, description = "The draws, in their order", body = Vec<DrawSaid>), Refusals),
)]
pub async fn draws(State(app): Shared, Segments(authority): Segments<String>) -> Response {
    blocking(move || for_some(&app, &|_| false, || draws_of(&app.reading, &uri_of(&authority)))).await
}

/// What is to be erased everywhere, and who says to have done so.
///
/// Those of a firm are told by its own node, too; all of them by that of an authority.
#[utoipa::path(
    get, path = "/v1/removals", tag = "credit",
    params(RemovalsParameters),
    responses((status = 200, description = "The removals", body = Vec<RemovalSaid>), Refusals),
)]
pub async fn removals(State(app): Shared, Parameters(asked): Parameters<RemovalsParameters>) -> Response {
    blocking(move || {
        let firm = asked.firm.as_deref().map(uri_of);
        let is_for = |own: &str| firm.as_deref() == Some(own);
        for_some(&app, &is_for, || removals_of(&app.reading, firm.as_deref().map_or(Which::All, Which::Of)))
    })
    .await
}

/// What should have been done by a day that is over: inspections of equipment, recalls, steps of objections and repairs,
/// notices, pledges.
///
/// Those of a firm are told by its own node, too; all of them by that of an authority.
#[utoipa::path(
    get, path = "/v1/overdue", tag = "credit",
    params(OverdueParameters),
    responses((status = 200, description = "What is overdue, the longest first", body = Vec<OverdueSaid>), Refusals),
)]
pub async fn overdue(State(app): Shared, Parameters(asked): Parameters<OverdueParameters>) -> Response {
    let day = match day_of(asked.day.as_ref()) {
        Ok(day) => day,
        Err(refusal) => return *refusal,
    };
    blocking(move || {
        let firm = asked.firm.as_deref().map(uri_of);
        let is_for = |own: &str| firm.as_deref() == Some(own);
        for_some(&app, &is_for, || overdue_of(&app.reading, firm.as_deref(), day))
    })
    .await
}

/// The times when a thing was too warm or too cold, and what was decided of it.
#[utoipa::path(
    get, path = "/v1/excursions/{*subject}", tag = "traces",
    params(("subject" = String, Path, description = "As for /v1/trace"), HeightParameters),
    responses((status = 200, description = "The excursions", body = Excursions), Missing, Refusals),
)]
pub async fn excursions(
    State(app): Shared,
    Segments(subject): Segments<String>,
    Parameters(asked): Parameters<HeightParameters>,
) -> Response {
    of_thing(app, subject, move |reading, thing| excursions_of(reading, thing, asked.at)).await
}

/// What is wrong with the use of a code: used twice, used after its end, at an unexpected place, never made.
#[utoipa::path(
    get, path = "/v1/exceptions/{*subject}", tag = "traces",
    params(("subject" = String, Path, description = "Of a single thing, as for /v1/trace"), HeightParameters),
    responses((status = 200, description = "The exceptions", body = CodeExceptions), Missing, Refusals),
)]
pub async fn exceptions(
    State(app): Shared,
    Segments(subject): Segments<String>,
    Parameters(asked): Parameters<HeightParameters>,
) -> Response {
    of_thing(app, subject, move |reading, thing| exceptions_of(reading, thing, asked.at)).await
}
