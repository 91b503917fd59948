//! The HTTP interface of a node (`interfaces.md`).
//!
//! [`serve`] binds what is here to a listener. Every route comes from a folder's `router()`, with what OpenAPI
//! says of it; [`limits`] and [`access`] stand before all of them; [`problem`] is how every error is told.

use std::future::{Future, IntoFuture};
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware;
use axum::routing::get;
use suyuan_epcis::problem::Reason;
use suyuan_sdk::signer::MemorySigner;
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::codes::node as codes;
use crate::open::{Node, stopped_reason};
use limits::{DRAIN, REQUESTS_MAX};

pub mod access;
pub mod epcis;
pub mod health;
pub mod limits;
pub mod problem;
pub mod v1;

/// What the handlers share.
pub struct App {
    /// The node served.
    pub node: Node,
    /// Signs what is captured here.
    pub device: Arc<MemorySigner>,
    /// What the EPCIS interface keeps.
    pub epcis: epcis::Epcis,
    /// Requests that may be worked on at once.
    pub requests: Semaphore,
}

/// How a handler takes [`App`].
pub type Shared = State<Arc<App>>;

/// The routes, and what OpenAPI says of them.
pub fn routes(app: Arc<App>) -> (Router, OpenApi) {
    let (bounded, mut document) = OpenApiRouter::new().merge(epcis::router()).merge(v1::router()).split_for_parts();
    name_catch_alls(&mut document);
    let router = bounded
        .fallback(|request: Request| async move { problem::not_found(request.uri().path()) })
        .layer(middleware::from_fn_with_state(app.clone(), access::guard))
        .layer(middleware::from_fn_with_state(app.clone(), limits::bounded))
        // Outside the bound: whoever watches the node must hear of it when it is busy.
        .route("/health", get(health::health))
        .with_state(app);
    (router, document)
}

/// OpenAPI has no parameter that takes several segments: `{*subject}` is told as `{subject}`.
fn name_catch_alls(document: &mut OpenApi) {
    let paths = std::mem::take(&mut document.paths.paths);
    document.paths.paths = paths.into_iter().map(|(path, item)| (path.replace("{*", "{"), item)).collect();
}

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
    let device = Arc::new(device);
    let epcis = epcis::Epcis::start(&node, &device)?;
    let app = Arc::new(App { node, device, epcis, requests: Semaphore::new(REQUESTS_MAX) });
    let (router, _) = routes(app.clone());
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
    let ending = move || {
        app.epcis.stop();
        app.node.writer.stop()
    };
    let sealed = tokio::task::spawn_blocking(ending).await;
    served.map_err(refused)?;
    match sealed {
        Ok(Some(Err(stopped))) => Err(stopped_reason(&stopped)),
        _ => Ok(()),
    }
}
