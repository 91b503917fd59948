//! The HTTP interface of a node (`interfaces.md`).

use std::future::{Future, IntoFuture};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, DefaultBodyLimit, FromRequest, Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};
use suyuan_epcis::codes::{Code, Language, Severity, ledger as ledger_codes};
use suyuan_epcis::input::Input;
use suyuan_epcis::problem::{Problem, Reason};
use suyuan_ledger::block::Checkpoint;
use suyuan_ledger::codec;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::organisation::Directory;
use suyuan_ledger::proof::make::last_header;
use suyuan_ledger::proof::trust::checkpoint_bytes;
use suyuan_ledger::submission::{BODY_BYTES_MAX, EVENTS_MAX, SignedSubmission};
use suyuan_sdk::signer::MemorySigner;
use suyuan_store::RocksStore;
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore};

use crate::capture::{Capture, CaptureError, GROUP_EVENTS, Said};
use crate::codes::node as codes;
use crate::link::{Link, Station, Submitted, why_stopped};
use crate::open::{Node, stopped_reason, store_reason};
use crate::profiles::Profile;
use crate::traces::{self, Found};

/// Bytes of a document.
const DOCUMENT_BYTES_MAX: usize = 64 << 20;
/// Bytes of a signed submission: its events, what the format adds to each, the envelope.
const SUBMISSION_BYTES_MAX: usize = BODY_BYTES_MAX + EVENTS_MAX * 40 + 1_024;
/// A request is given so long, reading it included.
const REQUEST_SECONDS_MAX: u64 = 60;
/// When the node stops, requests under way are given so long.
const DRAIN: Duration = Duration::from_secs(5);
/// So many requests are worked on at once; more are told to come again.
const REQUESTS_MAX: usize = 64;
/// Problems that an answer lists; all are counted.
const PROBLEMS_MAX: usize = 1_000;
/// A proof waits so often, and so long each time, for the last block to be certified.
const CERTIFIED_TRIES: u32 = 40;
const CERTIFIED_WAIT: Duration = Duration::from_millis(50);

/// What the handlers share.
struct App {
    node: Node,
    /// Signs what is captured here.
    device: MemorySigner,
    /// One capture at a time: they share a lane.
    capturing: Mutex<()>,
    requests: Semaphore,
}

type Shared = State<Arc<App>>;

/// Serves a node until `stop` comes, then seals the last block. `ready` is told the address.
pub async fn serve(
    node: Node,
    device: MemorySigner,
    listener: TcpListener,
    ready: impl FnOnce(SocketAddr),
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Reason> {
    let refused = |error: std::io::Error| Reason::new(codes::PORT, &["", &error.to_string()]);
    let address = listener.local_addr().map_err(refused)?;
    let app = Arc::new(App { node, device, capturing: Mutex::new(()), requests: Semaphore::new(REQUESTS_MAX) });
    let router = Router::new()
        .route("/epcis/capture", post(capture).layer(DefaultBodyLimit::max(DOCUMENT_BYTES_MAX)))
        .route("/v1/records", post(records).layer(DefaultBodyLimit::max(SUBMISSION_BYTES_MAX)))
        .route("/v1/lanes/{key}", get(lane))
        .route("/v1/trace/{*subject}", get(trace))
        .route("/v1/checkpoint", get(checkpoint))
        .route("/v1/organisations", get(organisations))
        .fallback(|request: Request| async move { not_found(request.uri().path()) })
        .layer(middleware::from_fn_with_state(app.clone(), bounded))
        // Outside the bound: whoever watches the node must hear of it when it is busy.
        .route("/health", get(health))
        .with_state(app.clone());
    ready(address);
    let stopping = Arc::new(Notify::new());
    let told = stopping.clone();
    let stop = async move {
        stop.await;
        told.notify_one();
    };
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    // Requests under way may end; a client that does not go on must not keep the node from stopping.
    let served = tokio::select! {
        served = axum::serve(listener, service).with_graceful_shutdown(stop).into_future() => served,
        () = async { stopping.notified().await; tokio::time::sleep(DRAIN).await } => Ok(()),
    };
    let sealed = tokio::task::spawn_blocking(move || app.node.writer.stop()).await;
    served.map_err(refused)?;
    match sealed {
        Ok(Some(Err(stopped))) => Err(stopped_reason(&stopped)),
        _ => Ok(()),
    }
}

/// Bounds the number of requests, and the time of each.
async fn bounded(State(app): Shared, request: Request, next: Next) -> Response {
    let Ok(_permit) = app.requests.try_acquire() else { return busy() };
    match tokio::time::timeout(Duration::from_secs(REQUEST_SECONDS_MAX), next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let reason = Reason::new(codes::API_TIMEOUT, &[&REQUEST_SECONDS_MAX.to_string()]);
            problem(StatusCode::SERVICE_UNAVAILABLE, &reason)
        }
    }
}

/// An error as RFC 7807 has it.
fn problem(status: StatusCode, reason: &Reason) -> Response {
    problem_with(status, reason, &[])
}

/// The same, with members of its own.
fn problem_with(status: StatusCode, reason: &Reason, members: &[(&str, Value)]) -> Response {
    let mut body = json!({
        "type": format!("urn:suyuan:code:{}", reason.code.id),
        "title": reason.what(Language::En),
        "status": status.as_u16(),
        "detail": reason.remedy(Language::En),
        "code": reason.code.id,
    });
    members.iter().for_each(|(name, value)| body[*name] = value.clone());
    (status, [(header::CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response()
}

fn not_found(what: &str) -> Response {
    problem(StatusCode::NOT_FOUND, &Reason::new(codes::API_NOT_FOUND, &[what]))
}

fn busy() -> Response {
    let body = serde_json::to_vec(&Submitted::Busy).unwrap_or_default();
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::RETRY_AFTER, "1")];
    (StatusCode::TOO_MANY_REQUESTS, headers, body).into_response()
}

fn answer(status: StatusCode, body: &impl serde::Serialize) -> Response {
    let body = serde_json::to_vec(body).unwrap_or_default();
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// Runs what reads the store or waits for the writer where it may block.
async fn blocking(work: impl FnOnce() -> Result<Response, Reason> + Send + 'static) -> Response {
    let failed = |reason: &Reason| problem(StatusCode::INTERNAL_SERVER_ERROR, reason);
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(response)) => response,
        Ok(Err(reason)) => failed(&reason),
        Err(error) => failed(&Reason::new(codes::STORE, &[&error.to_string()])),
    }
}

async fn health(State(app): Shared) -> Response {
    match app.node.writer.is_running() {
        true => answer(StatusCode::OK, &json!({"status": "ok", "network": app.node.genesis.network})),
        false => problem(StatusCode::SERVICE_UNAVAILABLE, &why_stopped(&app.node.writer)),
    }
}

async fn lane(State(app): Shared, Path(key): Path<String>) -> Response {
    let Some(key) = Hash::from_hex(&key) else {
        let reason = Reason::new(codes::API_PARAMETER, &["key", "64 digits of lower-case hex"]);
        return problem(StatusCode::BAD_REQUEST, &reason);
    };
    blocking(move || {
        let station = Station::of(&app.node.store, &key).map_err(|error| store_reason(&error))?;
        Ok(answer(StatusCode::OK, &station))
    })
    .await
}

async fn records(State(app): Shared, body: Bytes) -> Response {
    let Ok(submission) = codec::decode::<SignedSubmission>(&body, SUBMISSION_BYTES_MAX) else {
        let reason = Reason::new(codes::API_BODY, &["not a signed submission"]);
        return problem(StatusCode::BAD_REQUEST, &reason);
    };
    let id = submission.submission.id();
    let Ok(said) = app.node.writer.submit(submission).await else {
        return problem(StatusCode::INTERNAL_SERVER_ERROR, &why_stopped(&app.node.writer));
    };
    blocking(move || {
        let submitted = Submitted::of(said, id, &app.node.store).map_err(|error| store_reason(&error))?;
        Ok(match &submitted {
            Submitted::Applied { .. } => answer(StatusCode::OK, &submitted),
            Submitted::NotNext { .. } => answer(StatusCode::CONFLICT, &submitted),
            Submitted::Busy => busy(),
            Submitted::Refused { number, argument, .. } => refused(&submitted, *number, argument),
        })
    })
    .await
}

/// A refusal: as the answer to a submission, with the members of RFC 7807 beside.
fn refused(submitted: &Submitted, number: u16, argument: &str) -> Response {
    let mut body = serde_json::to_value(submitted).unwrap_or_default();
    let reason = Reason::new(ledger_codes::of_number(number).unwrap_or(ledger_codes::RESERVED), &[argument]);
    if let Value::Object(members) = &mut body {
        members.insert("type".to_owned(), json!(format!("urn:suyuan:code:{}", reason.code.id)));
        members.insert("code".to_owned(), json!(reason.code.id));
        members.insert("title".to_owned(), json!(reason.what(Language::En)));
        members.insert("detail".to_owned(), json!(reason.remedy(Language::En)));
    }
    (StatusCode::BAD_REQUEST, [(header::CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response()
}

// ---- capture ----

async fn capture(State(app): Shared, ConnectInfo(peer): ConnectInfo<SocketAddr>, request: Request) -> Response {
    // A page that a browser on this machine shows is not this machine's user.
    let by_browser =
        [header::ORIGIN.as_str(), "sec-fetch-site"].iter().any(|name| request.headers().contains_key(*name));
    if !peer.ip().is_loopback() || by_browser {
        return problem(StatusCode::FORBIDDEN, &Reason::new(codes::API_LOCAL_ONLY, &[]));
    }
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

// ---- reading ----

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TraceParameters {
    direction: Option<String>,
    depth: Option<u32>,
    proof: Option<bool>,
    format: Option<String>,
    lang: Option<String>,
}

async fn trace(State(app): Shared, Path(subject): Path<String>, Query(asked): Query<TraceParameters>) -> Response {
    let bad = |reason: &Reason| problem(StatusCode::BAD_REQUEST, reason);
    let keys = match traces::subjects(&subject) {
        Ok(keys) => keys,
        Err(reason) => return bad(&reason),
    };
    let Some(direction) = traces::direction(asked.direction.as_deref().unwrap_or("back")) else {
        return bad(&Reason::new(codes::API_PARAMETER, &["direction", "back, forward or history"]));
    };
    let request = traces::Request { direction, depth: asked.depth.unwrap_or(u32::MAX) };
    let language = if asked.lang.as_deref() == Some("zh") { Language::Zh } else { Language::En };
    blocking(move || {
        if asked.proof == Some(true) {
            return proof(&app.node.store, &keys, request);
        }
        let snapshot = app.node.store.snapshot();
        Ok(match traces::trace(&snapshot, &keys, request)? {
            Found::Nothing(height) => {
                let reason = Reason::new(codes::NOT_RECORDED, &[&subject, &height.to_string()]);
                problem_with(StatusCode::NOT_FOUND, &reason, &[("height", json!(height))])
            }
            Found::Trace(found) if asked.format.as_deref() == Some("text") => {
                let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
                (headers, traces::text(&found, language)).into_response()
            }
            Found::Trace(found) => answer(StatusCode::OK, &found),
        })
    })
    .await
}

fn proof(
    store: &RocksStore,
    keys: &[suyuan_ledger::key::SubjectKey],
    request: traces::Request,
) -> Result<Response, Reason> {
    for _ in 0..CERTIFIED_TRIES {
        if let Some(bytes) = traces::prove(&store.snapshot(), keys, request.direction)? {
            return Ok(([(header::CONTENT_TYPE, "application/octet-stream")], bytes).into_response());
        }
        std::thread::sleep(CERTIFIED_WAIT);
    }
    Ok(problem(StatusCode::SERVICE_UNAVAILABLE, &Reason::new(codes::PROOF_LATER, &[])))
}

async fn checkpoint(State(app): Shared, headers: HeaderMap) -> Response {
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

async fn organisations(State(app): Shared) -> Response {
    blocking(move || {
        let ledger = suyuan_ledger::state::apply::Ledger::open(&app.node.store.snapshot());
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
