//! What bounds a request: its size, its time, and how many there are at once.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use hyper::body::{Body as _, Frame};
use suyuan_epcis::problem::Reason;
use suyuan_ledger::submission::{BODY_BYTES_MAX, EVENTS_MAX};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::held::Held;
use super::problem::{busy, problem};
use super::{App, Shared};
use crate::codes::node as codes;
use crate::config::Http;

/// Bytes of a signed submission: its events, what the format adds to each, the envelope.
pub const SUBMISSION_BYTES_MAX: usize = BODY_BYTES_MAX + EVENTS_MAX * 40 + 1_024;
/// Bytes of all bodies that are held at once, in KiB; beyond it a request is told to come again.
pub const BODIES_KIB_MAX: usize = 256 << 10;
/// A body that does not go on for so long is given up.
pub const BODY_STALL: Duration = Duration::from_secs(10);
/// A request is given so long, reading it included.
pub const REQUEST_SECONDS_MAX: u64 = 60;
/// When the node stops, requests under way are given so long.
pub const DRAIN: Duration = Duration::from_secs(5);
/// An answer of more bytes counts as a request under way until it is sent.
const ANSWER_BYTES_KEPT: u64 = 64 << 10;
/// Seconds after which a request that was turned away may come again.
pub const RETRY_AFTER: &str = "1";
/// A request for which there is no place waits so long for one before it is told to come again. To refuse costs what it
/// costs to read a request and to answer it; told at once, whoever does not heed `Retry-After` is back at once, and many
/// of them keep the node from its work.
pub const PLACE_WAIT: Duration = Duration::from_millis(200);
/// So many connections are never taken by requests that wait or are worked on, so that whoever watches the node finds room.
const CONNECTIONS_FREE: u32 = 64;

/// How many requests may wait for a place.
pub fn waiting_max(http: &Http) -> usize {
    http.connections_max.saturating_sub(http.requests_max).saturating_sub(CONNECTIONS_FREE) as usize
}

/// A place among the requests that are worked on; the longest waiting is the next.
async fn place(app: &App) -> Option<OwnedSemaphorePermit> {
    if let Ok(permit) = app.requests.clone().try_acquire_owned() {
        return Some(permit);
    }
    let _waits = app.waiting.try_acquire().ok()?;
    timeout(PLACE_WAIT, app.requests.clone().acquire_owned()).await.ok()?.ok()
}

/// Bounds the number of requests, and the time of each.
pub async fn bounded(State(app): Shared, request: Request, next: Next) -> Response {
    let Some(permit) = place(&app).await else {
        app.metrics.turned_away.fetch_add(1, Ordering::Relaxed);
        return busy();
    };
    let permit = Arc::new(permit);
    let held = permit.clone();
    // Work that outlasts its time goes on, and counts as long as it does.
    let working = tokio::spawn(async move {
        let answer = next.run(request).await;
        drop(held);
        answer
    });
    match timeout(Duration::from_secs(REQUEST_SECONDS_MAX), working).await {
        Ok(Ok(answer)) => answer.map(|body| keep(body, permit)),
        Ok(Err(error)) => {
            problem(StatusCode::INTERNAL_SERVER_ERROR, &Reason::new(codes::API_FAULT, &[&error.to_string()]))
        }
        Err(_) => {
            let reason = Reason::new(codes::API_TIMEOUT, &[&REQUEST_SECONDS_MAX.to_string()]);
            problem(StatusCode::SERVICE_UNAVAILABLE, &reason)
        }
    }
}

/// Holds a request's place while a large answer is sent, so that those who do not read theirs can't fill memory.
fn keep(body: Body, permit: Arc<OwnedSemaphorePermit>) -> Body {
    match body.size_hint().exact().is_some_and(|bytes| bytes <= ANSWER_BYTES_KEPT) {
        true => body,
        false => Body::new(Held::new(body, permit)),
    }
}

/// A request's body, with the room that it takes among all that are held.
pub struct Received {
    /// The body.
    pub bytes: Vec<u8>,
    _room: Option<OwnedSemaphorePermit>,
}

/// Reads a body of at most so many bytes, or says why not: 413, 429, 408, 400.
pub async fn receive(app: &App, body: Body, bytes_max: usize) -> Result<Received, Response> {
    let too_large =
        || problem(StatusCode::PAYLOAD_TOO_LARGE, &Reason::new(codes::API_TOO_LARGE, &[&bytes_max.to_string()]));
    if body.size_hint().lower() > bytes_max as u64 {
        return Err(too_large());
    }
    let (mut body, mut bytes, mut room) = (body, Vec::new(), None);
    loop {
        let frame = timeout(BODY_STALL, next_frame(&mut body)).await;
        let frame = match frame {
            Ok(None) => return Ok(Received { bytes, _room: room }),
            Ok(Some(Ok(frame))) => frame,
            Ok(Some(Err(error))) => {
                let reason = Reason::new(codes::API_BODY, &[&error.to_string()]);
                return Err(problem(StatusCode::BAD_REQUEST, &reason));
            }
            Err(_) => {
                let reason = Reason::new(codes::API_STALLED, &[&BODY_STALL.as_secs().to_string()]);
                return Err(problem(StatusCode::REQUEST_TIMEOUT, &reason));
            }
        };
        let Ok(data) = frame.into_data() else { continue };
        if bytes.len().saturating_add(data.len()) > bytes_max {
            return Err(too_large());
        }
        if !hold(&app.bodies, &mut room, bytes.len().saturating_add(data.len())) {
            app.metrics.turned_away.fetch_add(1, Ordering::Relaxed);
            return Err(busy());
        }
        bytes.extend_from_slice(&data);
    }
}

/// The next frame of a body.
fn next_frame(body: &mut Body) -> impl Future<Output = Option<Result<Frame<Bytes>, axum::Error>>> + '_ {
    std::future::poll_fn(|context| Pin::new(&mut *body).poll_frame(context))
}

/// Holds room for so many bytes; `false` if there is none.
fn hold(bodies: &Arc<Semaphore>, room: &mut Option<OwnedSemaphorePermit>, bytes: usize) -> bool {
    let held = room.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
    // Rounded up to KiB; a body's buffer is taken to be at most twice its bytes.
    let wanted = bytes.div_ceil(1 << 10).saturating_mul(2);
    let Some(more) = wanted.checked_sub(held).filter(|more| *more > 0) else { return true };
    let Ok(more) = bodies.clone().try_acquire_many_owned(u32::try_from(more).unwrap_or(u32::MAX)) else {
        return false;
    };
    match room {
        Some(room) => room.merge(more),
        none => *none = Some(more),
    }
    true
}
