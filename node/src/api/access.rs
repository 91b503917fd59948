//! Who may do what: decided here, before any handler, from the method and the caller.
//!
//! `GET`, `HEAD` and `OPTIONS` read, every other method writes. A handler learns who calls from the request's
//! extension [`Caller`], and tells what it wrote by the answer's extension [`Wrote`].

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request};
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use suyuan_epcis::problem::Reason;

use super::Shared;
use super::problem::problem;
use crate::codes::node as codes;

/// Who calls: an account of this node, or nobody it knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Caller {
    /// The account's name.
    pub account: Option<Arc<str>>,
}

/// What a request wrote, for the node's own log: a submission's id, or a capture's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrote(pub String);

/// Lets a request pass to its handler, or refuses it.
pub async fn guard(
    _: Shared,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let is_signed = request.uri().path() == "/v1/records";
    // A page that a browser on this machine shows is not this machine's user.
    let by_browser =
        [header::ORIGIN.as_str(), "sec-fetch-site"].iter().any(|name| request.headers().contains_key(*name));
    if !reads && !is_signed && (!peer.ip().is_loopback() || by_browser) {
        return problem(StatusCode::FORBIDDEN, &Reason::new(codes::API_LOCAL_ONLY, &[]));
    }
    request.extensions_mut().insert(Caller::default());
    next.run(request).await
}
