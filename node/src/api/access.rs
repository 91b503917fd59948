//! Who may do what: decided here, before any handler, from the method and the caller.
//!
//! `GET`, `HEAD` and `OPTIONS` read, every other method writes. Who sends `Authorization: Bearer TOKEN` is the
//! account of that token. Who sends none may ask what the configuration leaves open: by default, programs on this
//! machine everything, others nothing. A handler learns who calls from the request's extension [`Caller`], and
//! tells what it wrote by the answer's extension [`Wrote`], which goes to the node's own log of writes.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::Response;
use suyuan_epcis::problem::Reason;

use super::metrics::RouteLabels;
use super::problem::{ProblemCode, problem};
use super::stale::{STALE, staleness};
use super::{App, Shared};
use crate::accounts::Role;
use crate::clock::now_ms;
use crate::codes::node as codes;
use crate::journal::Entry;

/// What is logged of a path.
const PATH_BYTES_LOGGED: usize = 512;

/// Who calls: an account of this node, or a program that needs none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Caller {
    /// The account's name.
    pub account: Option<Arc<str>>,
}

/// What a request wrote, for the node's own log: a submission's id, or a capture's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrote(pub String);

/// Lets a request pass to its handler, or refuses it. Writes are logged, refused ones too.
pub async fn guard(
    State(app): Shared,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let caller = match admit(&app, peer.ip(), reads, request.uri(), request.headers()) {
        Ok(caller) => caller,
        Err(refused) => {
            let (caller, answer) = *refused;
            if !reads {
                log_write(&app, &caller, peer, request.method(), request.uri().path(), &answer);
            }
            return answer;
        }
    };
    request.extensions_mut().insert(caller.clone());
    if !reads && app.node.configuration.audit {
        let answer = problem(StatusCode::FORBIDDEN, &Reason::new(codes::AUDIT_ONLY, &[]));
        log_write(&app, &caller, peer, request.method(), request.uri().path(), &answer);
        return answer;
    }
    if reads {
        return next.run(request).await;
    }
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let answer = next.run(request).await;
    // Who is told to come again has written nothing, and so many would drive the writes out of the log.
    if answer.status() != StatusCode::TOO_MANY_REQUESTS {
        log_write(&app, &caller, peer, &method, &path, &answer);
    }
    answer
}

/// Who calls, if he may; else who it was that may not, and the answer to him.
fn admit(
    app: &App,
    peer: IpAddr,
    reads: bool,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<Caller, Box<(Caller, Response)>> {
    let nobody = |answer: Response| Err(Box::new((Caller::default(), answer)));
    let needed = if reads { Role::Reader } else { Role::Writer };
    if let Some(authorization) = headers.get(header::AUTHORIZATION) {
        let token = authorization.to_str().ok().and_then(bearer);
        let known = token.and_then(|token| app.accounts.find(token));
        let Some(known) = known else { return nobody(unauthorized(codes::API_TOKEN_UNKNOWN)) };
        let caller = Caller { account: Some(known.name) };
        if known.role < needed {
            let reason = Reason::new(codes::API_ROLE, &[needed.name(), known.role.name()]);
            return Err(Box::new((caller, problem(StatusCode::FORBIDDEN, &reason))));
        }
        return Ok(caller);
    }
    let access = &app.node.configuration.access;
    if reads && access.public_reads {
        return Ok(Caller::default());
    }
    if !access.open_loopback || !peer.is_loopback() {
        return nobody(unauthorized(codes::API_TOKEN));
    }
    // A page that a browser on this machine shows is not this machine's user, under whatever name it reached it.
    let by_browser = [header::ORIGIN.as_str(), "sec-fetch-site"].iter().any(|name| headers.contains_key(*name));
    if (by_browser && !reads) || !is_named_locally(uri, headers) {
        return nobody(problem(StatusCode::FORBIDDEN, &Reason::new(codes::API_LOCAL_ONLY, &[])));
    }
    Ok(Caller::default())
}

/// The token of `Bearer TOKEN`.
fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Whether the node is called by an address or by a name that is no site's: a page of another site may have had
/// its own name lead to this machine.
fn is_named_locally(uri: &Uri, headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let Some(host) = host.or_else(|| uri.authority().map(|authority| authority.as_str())) else { return true };
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    !name.contains('.') || name.parse::<IpAddr>().is_ok()
}

fn unauthorized(code: &'static suyuan_epcis::codes::Code) -> Response {
    let mut answer = problem(StatusCode::UNAUTHORIZED, &Reason::new(code, &[]));
    let challenge = header::HeaderValue::from_static("Bearer realm=\"suyuan\"");
    answer.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    answer
}

fn log_write(app: &App, caller: &Caller, peer: SocketAddr, method: &Method, path: &str, answer: &Response) {
    let path = path.get(..PATH_BYTES_LOGGED).unwrap_or(path);
    let code = answer.extensions().get::<ProblemCode>().map(|code| code.0);
    let wrote = answer.extensions().get::<Wrote>().map(|wrote| wrote.0.as_str());
    let (account, status, address) = (caller.account.as_deref(), answer.status().as_u16(), peer.to_string());
    tracing::info!(account, %peer, %method, path, status, code, wrote, "write");
    let entry = Entry { time: now_ms(), account, peer: &address, method: method.as_str(), path, status, code, wrote };
    if let Err(error) = app.journal.add(&entry) {
        tracing::error!(%error, account, path, wrote, "a write is not in the journal");
    }
}

/// Counts every request and its time.
pub async fn observed(State(app): Shared, matched: Option<MatchedPath>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let _in_flight = app.metrics.enter();
    let (method, reads) = (method_label(request.method()), request.method().is_safe());
    let mut answer = next.run(request).await;
    if reads
        && let Some((why, age_ms)) = staleness(&app)
        && let Ok(value) = HeaderValue::from_str(&format!("{why}; age_ms={age_ms}"))
    {
        answer.headers_mut().insert(STALE, value);
    }
    let route = matched.as_ref().map_or("unmatched", MatchedPath::as_str);
    let (status, took) = (answer.status().as_u16(), begun.elapsed());
    app.metrics.requests.get_or_create(&RouteLabels { route: route.to_owned(), method, status }).inc();
    app.metrics.seconds(route, reads).observe(took.as_secs_f64());
    if let Some(code) = answer.extensions().get::<ProblemCode>() {
        app.metrics.problem(code.0);
    }
    tracing::debug!(%method, route, status, micros = took.as_micros(), "request");
    answer
}

/// A method's name; those that are not known are one, so that their number is bounded.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::PATCH => "PATCH",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
