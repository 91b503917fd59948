//! `/epcis/capture`: documents come, and become jobs.

use std::io::Write;
use std::ops::ControlFlow;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use suyuan_epcis::document::{Item, Limits, ReadError, Syntax};
use suyuan_epcis::input::Input;
use suyuan_epcis::problem::{Problem, Reason};
use suyuan_epcis::{read, validate};
use tempfile::NamedTempFile;
use tokio::time::timeout;

use super::answer::{EpcisBody, Exception, NotAcceptable, blocking, come_again, exception, exception_with, failed};
use super::document::flat_xml;
use super::job::{ERRORS_MAX, Job, error_json};
use super::jobs::WAITING_MAX;
use super::negotiate::{self, ERROR_BEHAVIOUR};
use super::token::{Of, Token};
use super::{EVENTS_LIMIT, PAGE_MAX, SIZE_LIMIT, per_page, with_next};
use crate::api::access::{Caller, Wrote};
use crate::api::limits::BODY_STALL;
use crate::api::problem::{BodyRefusals, Missing, Octets, Problem as Declared, Refusals};
use crate::api::{App, Shared};
use crate::codes::epcis as codes;
use crate::codes::node as node_codes;
use crate::link::why_stopped;

/// Bytes of a document.
pub const DOCUMENT_BYTES_MAX: u64 = 256 << 20;
/// A document that comes is written to the disk in pieces of about so many bytes.
const PIECE_BYTES: usize = 512 << 10;

/// Why a body was not taken.
pub enum NotTaken {
    /// It is longer than this.
    TooLarge(u64),
    /// It did not go on.
    Stalled,
    /// The client broke off, or the disk failed.
    Failed(Reason),
}

impl NotTaken {
    /// The same for the client.
    pub fn response(&self) -> Response {
        match self {
            NotTaken::TooLarge(most) => {
                let reason = Reason::new(codes::BODY_TOO_LARGE, &[&most.to_string()]);
                let mut response = exception(Exception::CaptureLimit, &reason);
                super::put(response.headers_mut(), SIZE_LIMIT, &most.to_string());
                super::put(response.headers_mut(), EVENTS_LIMIT, &super::work::ROLLBACK_EVENTS_MAX.to_string());
                response
            }
            NotTaken::Stalled => {
                let reason = Reason::new(node_codes::API_STALLED, &[&BODY_STALL.as_secs().to_string()]);
                exception_with(StatusCode::REQUEST_TIMEOUT, Exception::Validation, &reason, &[])
            }
            NotTaken::Failed(reason) if *reason.code == *node_codes::API_BODY => {
                exception(Exception::Validation, reason)
            }
            NotTaken::Failed(reason) => failed(reason),
        }
    }
}

/// Captures a document: it is taken now, and recorded by a job whose address the answer names.
///
/// `GS1-Capture-Error-Behaviour` says whether the document is recorded as a whole or not at all (`rollback`, the
/// default), or whatever is good of it (`proceed`).
#[utoipa::path(
    post, path = "/epcis/capture", operation_id = "captureDocument", tag = "epcis",
    params(("GS1-Capture-Error-Behaviour" = Option<String>, Header, description = "rollback (default) or proceed")),
    request_body(
        description = "An EPCISDocument or EPCISQueryDocument, or events without a document",
        content((EpcisBody = "application/json"), (EpcisBody = "application/ld+json"),
            (Octets = "application/x-ndjson"), (Octets = "application/xml"), (Octets = "text/xml")),
    ),
    responses(
        Refusals, BodyRefusals, NotAcceptable,
        (status = 202, description = "Taken; Location names the job"),
        (status = 415, description = "It is neither JSON nor XML",
            content_type = "application/problem+json", body = Declared),
    )
)]
pub async fn post(State(app): Shared, headers: HeaderMap, request: Request) -> Response {
    let checked = negotiate::check_document_version(&headers)
        .and_then(|()| negotiate::check_media_type(&headers))
        .and_then(|()| negotiate::behaviour(&headers));
    let behaviour = match checked {
        Ok(behaviour) => behaviour,
        Err(refused) => return super::refused(refused),
    };
    if !app.node.writer.is_running() {
        return exception_with(
            StatusCode::SERVICE_UNAVAILABLE,
            Exception::Implementation,
            &why_stopped(&app.node.writer),
            &[],
        );
    }
    let caller = request.extensions().get::<Caller>().cloned().unwrap_or_default();
    let jobs = app.epcis.jobs.clone();
    let Some(_reserved) = jobs.reserve() else {
        return come_again(&Reason::new(codes::QUEUE_FULL, &[&WAITING_MAX.to_string()]));
    };
    let file = match jobs.receive() {
        Ok(file) => file,
        Err(reason) => return failed(&reason),
    };
    let (file, bytes) = match take_to_disk(request.into_body(), &headers, file).await {
        Ok(taken) => taken,
        Err(not_taken) => return not_taken.response(),
    };
    let account = caller.account.map(|name| name.to_string());
    let adding = app.clone();
    blocking(move || {
        if let Err(response) = check_document(&file) {
            return *response;
        }
        match adding.epcis.jobs.add(file, bytes, behaviour, account) {
            Ok(job) => taken(&job),
            Err(reason) => failed(&reason),
        }
    })
    .await
}

fn taken(job: &Job) -> Response {
    let mut response = StatusCode::ACCEPTED.into_response();
    super::put(response.headers_mut(), header::LOCATION, &["/epcis/capture/", &job.id].concat());
    super::put(response.headers_mut(), HeaderName::from_static(ERROR_BEHAVIOUR), job.behaviour.name());
    response.extensions_mut().insert(Wrote(job.id.clone()));
    response
}

/// Writes a body to the disk as it comes: of a large document only a piece is in memory.
async fn take_to_disk(
    mut body: Body,
    headers: &HeaderMap,
    mut file: NamedTempFile,
) -> Result<(NamedTempFile, u64), NotTaken> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|bytes| bytes > DOCUMENT_BYTES_MAX) {
        return Err(NotTaken::TooLarge(DOCUMENT_BYTES_MAX));
    }
    let (mut piece, mut total, mut ended) = (Vec::new(), 0u64, false);
    while !ended {
        match timeout(BODY_STALL, body.frame()).await.map_err(|_| NotTaken::Stalled)? {
            None => ended = true,
            Some(Err(error)) => {
                return Err(NotTaken::Failed(Reason::new(node_codes::API_BODY, &[&error.to_string()])));
            }
            Some(Ok(frame)) => piece.extend_from_slice(&frame.into_data().unwrap_or_default()),
        }
        if total.saturating_add(piece.len() as u64) > DOCUMENT_BYTES_MAX {
            return Err(NotTaken::TooLarge(DOCUMENT_BYTES_MAX));
        }
        if (ended && !piece.is_empty()) || piece.len() >= PIECE_BYTES {
            total = total.saturating_add(piece.len() as u64);
            let full = std::mem::take(&mut piece);
            let writing = tokio::task::spawn_blocking(move || file.write_all(&full).map(|()| file));
            let written = writing.await.map_err(|error| std::io::Error::other(error.to_string())).flatten();
            file =
                written.map_err(|error| NotTaken::Failed(Reason::new(node_codes::DISK_FULL, &[&error.to_string()])))?;
        }
    }
    Ok((file, total))
}

/// Takes a body into memory.
pub async fn take_to_memory(body: Body, bytes_max: usize) -> Result<Vec<u8>, NotTaken> {
    let mut body = body;
    let mut bytes = Vec::new();
    while let Some(frame) = timeout(BODY_STALL, body.frame()).await.map_err(|_| NotTaken::Stalled)? {
        let frame =
            frame.map_err(|error| NotTaken::Failed(Reason::new(node_codes::API_BODY, &[&error.to_string()])))?;
        bytes.extend_from_slice(&frame.into_data().unwrap_or_default());
        if bytes.len() > bytes_max {
            return Err(NotTaken::TooLarge(bytes_max as u64));
        }
    }
    Ok(bytes)
}

/// Refuses at once what is no document with events; what is wrong with its events, its job says.
fn check_document(file: &NamedTempFile) -> Result<(), Box<Response>> {
    let unreadable =
        |error: std::io::Error| Box::new(failed(&Reason::new(node_codes::API_BODY, &[&error.to_string()])));
    let reopened = file.reopen().map_err(unreadable)?;
    let mut problems: Vec<Problem> = Vec::new();
    let (mut has_event, mut has_list) = (false, false);
    let read = read::read(&mut Input::File(reopened), &Limits::default(), &mut |item| match item {
        Item::Header(header, mut found) => {
            validate::header(&header, &mut found);
            has_list = header.event_list.is_some() || header.kind == suyuan_epcis::document::DocumentKind::BareEvents;
            problems.extend(found.list.into_iter().filter(Problem::is_error));
            ControlFlow::Continue(())
        }
        Item::Event(..) => {
            has_event = true;
            ControlFlow::Break(())
        }
        Item::End(..) => ControlFlow::Continue(()),
    });
    match read {
        Ok(()) => {}
        // What comes before the fault is still good; its job tells where the document breaks.
        Err(ReadError::Malformed(_)) if has_event => {}
        Err(ReadError::Malformed(problem)) => problems.insert(0, *problem),
        Err(ReadError::Io(error)) => return Err(unreadable(error)),
    }
    if has_event || (has_list && problems.is_empty()) {
        return Ok(());
    }
    let first = problems.first().map(|problem| problem.reason.clone());
    let reason = first.unwrap_or_else(|| Reason::new(codes::NO_EVENTS, &[]));
    Err(Box::new(invalid(&reason, &problems)))
}

/// What was sent is wrong, with all that is wrong with it.
pub fn invalid(reason: &Reason, problems: &[Problem]) -> Response {
    let errors: Vec<Value> = problems
        .iter()
        .take(ERRORS_MAX)
        .map(|problem| error_json(&problem.reason, &problem.place, StatusCode::BAD_REQUEST, Exception::Validation))
        .collect();
    exception_with(StatusCode::BAD_REQUEST, Exception::Validation, reason, &[("errors", json!(errors))])
}

/// A capture job.
#[utoipa::path(
    get, path = "/epcis/capture/{captureID}", operation_id = "captureJob", tag = "epcis",
    params(("captureID" = String, Path, description = "as the job's address has it")),
    responses(
        Refusals, Missing, NotAcceptable,
        (status = 200, description = "The job",
            content((EpcisBody = "application/json"), (EpcisBody = "application/ld+json"),
                (Octets = "application/xml"), (Octets = "text/xml"))),
    )
)]
pub async fn job(State(app): Shared, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let syntax = match negotiate::syntax(&headers) {
        Ok(syntax) => syntax,
        Err(refused) => return super::refused(refused),
    };
    blocking(move || match app.epcis.jobs.get(&id) {
        Ok(Some(job)) => job_response(&job, syntax),
        Ok(None) => exception(Exception::NoSuchResource, &Reason::new(codes::NO_JOB, &[&id])),
        Err(reason) => failed(&reason),
    })
    .await
}

fn job_response(job: &Job, syntax: Syntax) -> Response {
    let document = job.document();
    let (media_type, text) = match syntax {
        Syntax::Json => ("application/json", document.to_string()),
        Syntax::Xml => {
            ("application/xml", flat_xml("EPCISCaptureJob", &["captureID", "running", "success"], &document))
        }
    };
    ([(header::CONTENT_TYPE, HeaderValue::from_static(media_type))], text).into_response()
}

/// The capture jobs, the latest first.
#[utoipa::path(
    get, path = "/epcis/capture", operation_id = "captureJobs", tag = "epcis",
    params(
        ("perPage" = Option<u32>, Query, description = "jobs a page, 30 if not said, at most 1000"),
        ("nextPageToken" = Option<String>, Query, description = "as Link names it"),
    ),
    responses(
        Refusals, NotAcceptable,
        (status = 200, description = "A page of jobs; Link names the next",
            content((EpcisBody = "application/json"))),
    )
)]
pub async fn list(
    State(app): Shared,
    headers: HeaderMap,
    asked: Result<Query<Vec<(String, String)>>, axum::extract::rejection::QueryRejection>,
) -> Response {
    if let Err(refused) = negotiate::reads_json(&headers) {
        return super::refused(refused);
    }
    let pairs = asked.map(|Query(pairs)| pairs).unwrap_or_default();
    let (mut count, mut behind) = (super::PAGE_DEFAULT, None);
    for (name, value) in &pairs {
        let read = match name.as_str() {
            "perPage" => per_page(value).map(|asked| count = asked),
            "nextPageToken" => list_token(&app, value).map(|id| behind = Some(id)),
            _ => Err(Reason::new(suyuan_epcis::codes::query::UNKNOWN_PARAMETER, &[name])),
        };
        if let Err(reason) = read {
            return exception(Exception::Validation, &reason);
        }
    }
    blocking(move || {
        let (ids, more) = app.epcis.jobs.before(behind.as_deref(), count.min(PAGE_MAX));
        let mut jobs = Vec::with_capacity(ids.len());
        for id in &ids {
            match app.epcis.jobs.get(id) {
                Ok(job) => jobs.extend(job.map(|job| job.document())),
                Err(reason) => return failed(&reason),
            }
        }
        let headers = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        let response = (headers, Value::from(jobs).to_string()).into_response();
        match ids.last().filter(|_| more) {
            Some(last) => {
                with_next(response, "/epcis/capture", count, &Token::new(Of::Captures { behind: last.clone() }))
            }
            None => response,
        }
    })
    .await
}

fn list_token(app: &Arc<App>, text: &str) -> Result<String, Reason> {
    match Token::parse(text).filter(|_| !app.epcis.deleted.contains(text)) {
        Some(Token { of: Of::Captures { behind }, .. }) => Ok(behind),
        _ => Err(Reason::new(codes::PAGE_TOKEN, &[])),
    }
}
