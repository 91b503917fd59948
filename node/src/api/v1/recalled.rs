//! Recalls, for who scans a thing.

use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::api::Shared;
use crate::api::extract::{Parameters, Segments};
use crate::api::problem::{Refusals, answer, blocking, problem, wrong_parameter};
use crate::recalls::{RecalledThing, RecalledThings, THINGS_MAX, ledger_of, look_up};
use crate::traces;

/// It is looked for so long; what is left then is asked for again.
const LOOKING: Duration = Duration::from_secs(1);

/// The recalls that reach a thing: whether it is not to be sold, dispensed or shipped on.
///
/// Also of a thing of which nothing is recorded: then those of its class. At most 64 recalls are told.
#[utoipa::path(
    get, path = "/v1/recalled/{*subject}", tag = "traces",
    params(("subject" = String, Path, description = "As for /v1/trace")),
    responses((status = 200, description = "The recalls", body = RecalledThing), Refusals),
)]
pub async fn recalled(State(app): Shared, Segments(subject): Segments<String>) -> Response {
    let keys = match traces::subjects(&subject) {
        Ok(keys) => keys,
        Err(reason) => return problem(StatusCode::BAD_REQUEST, &reason),
    };
    blocking(move || {
        let snapshot = app.node.store.snapshot();
        Ok(answer(StatusCode::OK, &look_up(&snapshot, &ledger_of(&snapshot)?, &keys)?))
    })
    .await
}

/// The recalls that reach several things, in the order in which these are named.
///
/// There are fewer answers than things where looking takes long, and one at least: ask for the others again. What is no
/// thing's name refuses all.
#[utoipa::path(
    get, path = "/v1/recalled", tag = "traces",
    params(("thing" = Vec<String>, Query, description = "As for /v1/trace, 1 to 64 times: `thing=…&thing=…`")),
    responses((status = 200, description = "The recalls of each", body = RecalledThings), Refusals),
)]
pub async fn recalled_things(State(app): Shared, parameters: Parameters<Vec<(String, String)>>) -> Response {
    let mut things = Vec::new();
    for (name, thing) in &parameters.0 {
        if name != "thing" {
            return wrong_parameter(name, "thing");
        }
        match traces::subjects(thing) {
            Ok(keys) => things.push(keys),
            Err(reason) => return problem(StatusCode::BAD_REQUEST, &reason),
        }
    }
    if !(1..=THINGS_MAX).contains(&things.len()) {
        return wrong_parameter("thing", &format!("1 to {THINGS_MAX} times"));
    }
    blocking(move || {
        let (snapshot, begun) = (app.node.store.snapshot(), Instant::now());
        let (ledger, mut found) = (ledger_of(&snapshot)?, RecalledThings { things: Vec::new() });
        for keys in things {
            if !found.things.is_empty() && begun.elapsed() > LOOKING {
                break;
            }
            found.things.push(look_up(&snapshot, &ledger, &keys)?);
        }
        Ok(answer(StatusCode::OK, &found))
    })
    .await
}
