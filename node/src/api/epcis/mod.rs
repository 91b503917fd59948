//! The EPCIS interface: documents are captured in this node's name.

use std::sync::{Arc, PoisonError};

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};
use suyuan_epcis::codes::{Code, Language, Severity};
use suyuan_epcis::input::Input;
use suyuan_epcis::problem::{Problem, Reason};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt};
use utoipa_axum::routes;

use super::limits::DOCUMENT_BYTES_MAX;
use super::problem::{answer, blocking, busy, problem};
use super::{App, Shared};
use crate::capture::{Capture, CaptureError, GROUP_EVENTS, Said};
use crate::codes::node as codes;
use crate::link::Link;
use crate::profiles::Profile;

/// Problems that an answer lists; all are counted.
const PROBLEMS_MAX: usize = 1_000;

/// The routes under `/epcis`.
pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(capture).layer(DefaultBodyLimit::max(DOCUMENT_BYTES_MAX)))
}

/// Captures a document.
#[utoipa::path(post, path = "/epcis/capture", responses((status = 200)))]
async fn capture(State(app): Shared, request: Request) -> Response {
    let body = match Bytes::from_request(request, &()).await {
        Ok(body) => body,
        Err(rejected) => return problem(rejected.status(), &Reason::new(codes::API_BODY, &[""])),
    };
    blocking(move || {
        let _one = app.capturing.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(capture_now(&app, body.to_vec()))
    })
    .await
}

fn capture_now(app: &App, document: Vec<u8>) -> Response {
    let failed = |reason: &Reason| problem(StatusCode::INTERNAL_SERVER_ERROR, reason);
    let mut capture = match Capture::new(Link::to(&app.node), &app.device, None, GROUP_EVENTS) {
        Ok(capture) => capture,
        Err(reason) => return failed(&reason),
    };
    let (mut problems, mut flagged, mut receipts) = (Vec::new(), Vec::new(), Vec::new());
    let (mut profiles, mut height, mut omitted) = (Vec::new(), 0, 0u64);
    let captured = capture.document(&mut Input::Memory(document), &mut |said| {
        match said {
            Said::Problem(_) if problems.len() >= PROBLEMS_MAX => omitted += 1,
            Said::Problem(problem) => problems.push(problem_json(problem)),
            Said::Flagged { .. } if flagged.len() >= PROBLEMS_MAX => omitted += 1,
            Said::Flagged { event, flags } => {
                let flags: Vec<&str> = flags.iter().map(|code| code.id).collect();
                flagged.push(json!({"event": event, "flags": flags}));
            }
            Said::Profile { .. } if profiles.len() >= PROBLEMS_MAX => omitted += 1,
            Said::Profile { event, profile } => profiles.push(profile_json(event, profile)),
            Said::Receipt { height: at, submission, events } => {
                height = at;
                receipts.push(json!({"height": at, "submission": submission, "events": events}));
            }
            Said::Resumed(_) => {}
        }
        Ok(())
    });
    let tally = capture.tally;
    let body = |complete: bool| {
        json!({
            "accepted": tally.accepted, "duplicates": tally.duplicates, "refused": tally.refused,
            "flagged": tally.flagged, "height": height, "receipts": receipts, "problems": problems, "flags": flagged,
            "profiles": profiles, "omitted": omitted, "complete": complete,
        })
    };
    match captured {
        Ok(complete) if tally.accepted + tally.duplicates > 0 => answer(StatusCode::OK, &body(complete)),
        Ok(complete) => answer(StatusCode::BAD_REQUEST, &body(complete)),
        Err(CaptureError::Refused(_)) => answer(StatusCode::BAD_REQUEST, &body(false)),
        Err(CaptureError::Stopped(reason)) if *reason.code == *codes::BUSY => busy(),
        Err(CaptureError::Stopped(reason)) => failed(&reason),
        Err(CaptureError::Io(error)) => failed(&Reason::new(codes::API_BODY, &[&error.to_string()])),
    }
}

/// What a profile says of an event, for programs.
pub fn profile_json(event: Option<u64>, profile: &Profile) -> Value {
    let mut codes: Vec<&str> = profile.remarks.iter().map(|reason| reason.code.id).collect();
    codes.dedup();
    json!({
        "event": event, "record_type": profile.record_type, "product_class": profile.class,
        "completeness": profile.completeness, "timeliness": profile.timeliness, "missing": profile.missing,
        "codes": codes,
    })
}

fn problem_json(problem: &Problem) -> Value {
    let Code { id, severity, .. } = problem.reason.code;
    json!({
        "severity": if *severity == Severity::Error { "error" } else { "warning" },
        "code": id, "event": problem.place.event, "pointer": problem.place.pointer, "line": problem.place.line,
        "what": problem.reason.what(Language::En), "remedy": problem.reason.remedy(Language::En),
    })
}
