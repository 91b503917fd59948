//! The HTTP interface of a node (`interfaces.md`).
//!
//! [`serve`] binds what is here to a listener. Every route comes from a folder's `router()`, with what OpenAPI
//! says of it. A request passes [`access`] (who may), then [`limits`] (how much at once, for how long), then its
//! handler; [`problem`] is how every error is told. [`server`] bounds what comes before there is a request.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware;
use suyuan_epcis::problem::Reason;
use suyuan_sdk::signer::MemorySigner;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::accounts::Accounts;
use crate::codes::node as codes;
use crate::credits::{Reading, ReadingThread, Remover};
use crate::journal::Journal;
use crate::open::{Node, io_reason, stopped_reason};
use crate::peers::Others;
use limits::{BODIES_KIB_MAX, DRAIN};
use metrics::Metrics;
use server::{Certificates, Places, Server};

pub mod access;
pub mod docs;
pub mod epcis;
pub mod extract;
pub mod health;
pub mod held;
pub mod history;
pub mod limits;
pub mod metrics;
mod metrics_network;
pub mod problem;
pub mod server;
pub mod stale;
pub mod v1;

/// What the handlers share.
pub struct App {
    /// The node served.
    pub node: Node,
    /// Signs what is captured here.
    pub device: Arc<MemorySigner>,
    /// Reads records of credit.
    pub reading: Arc<Reading>,
    /// The thread that does so.
    reading_thread: ReadingThread,
    /// What the EPCIS interface keeps.
    pub epcis: epcis::Epcis,
    /// Requests that may be worked on at once.
    pub requests: Arc<Semaphore>,
    /// Of these, so many may look at what is recorded of everybody.
    pub of_all: Semaphore,
    /// Requests that may wait to be worked on.
    pub waiting: Semaphore,
    /// KiB of bodies that may be held at once.
    pub bodies: Arc<Semaphore>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Who may ask.
    pub accounts: Accounts,
    /// The log of writes.
    pub journal: Journal,
    /// Room for connections.
    pub places: Arc<Places>,
}

/// Each of them reads all firms' files, or all equipment.
const OF_ALL_MAX: usize = 2;

/// How a handler takes [`App`].
pub type Shared = State<Arc<App>>;

impl App {
    /// What the handlers of a node share. `device` signs what is captured in the node's name.
    pub fn new(node: Node, device: MemorySigner) -> Result<Arc<App>, Reason> {
        let (accounts, journal) = (Accounts::open(&node.path)?, Journal::open(&node.path)?);
        let http = &node.configuration.http;
        let requests = Arc::new(Semaphore::new(http.requests_max as usize));
        let (waiting, of_all) = (Semaphore::new(limits::waiting_max(http)), Semaphore::new(OF_ALL_MAX));
        let places = Places::new(http.connections_max);
        let bodies = Arc::new(Semaphore::new(BODIES_KIB_MAX));
        let (device, metrics) = (Arc::new(device), Arc::default());
        let epcis = epcis::Epcis::start(&node, &device)?;
        let reading = Arc::new(Reading::new(Arc::clone(&node.store)));
        let remover = Remover::open(&node.path, Arc::clone(&epcis.lane), &*device)?;
        let reading_thread = reading.start(&node.path, Arc::clone(&node.alarms), remover);
        let reading_thread = reading_thread.map_err(|error| io_reason(&node.path, &error))?;
        Ok(Arc::new(App {
            node,
            device,
            reading,
            reading_thread,
            epcis,
            requests,
            of_all,
            waiting,
            bodies,
            metrics,
            accounts,
            journal,
            places,
        }))
    }
}

/// What OpenAPI says of every route.
pub fn document() -> OpenApi {
    collected().1
}

/// The routes by what stands before them: all of it, the guard alone, nothing; and what OpenAPI says of them.
fn collected() -> ([Router<Arc<App>>; 3], OpenApi) {
    let (bounded, mut document) =
        OpenApiRouter::with_openapi(docs::document()).merge(epcis::router()).merge(v1::router()).split_for_parts();
    // Whoever watches the node must hear of it when it is busy.
    let (guarded, told) = OpenApiRouter::new().routes(routes!(metrics::metrics)).split_for_parts();
    document.merge(told);
    let open = OpenApiRouter::new().routes(routes!(health::health)).routes(routes!(health::ready));
    let (open, told) = open.split_for_parts();
    document.merge(told);
    // OpenAPI has no parameter that takes several segments: `{*subject}` is told as `{subject}`.
    let paths = std::mem::take(&mut document.paths.paths);
    document.paths.paths = paths.into_iter().map(|(path, item)| (path.replace("{*", "{"), item)).collect();
    ([bounded, guarded, open], document)
}

/// The routes of a node.
pub fn routes(app: &Arc<App>) -> Result<Router, Reason> {
    let ([bounded, guarded, open], document) = collected();
    let guard = || middleware::from_fn_with_state(app.clone(), access::guard);
    let bounded = bounded.layer(middleware::from_fn_with_state(app.clone(), history::whole));
    let bounded = bounded.layer(middleware::from_fn_with_state(app.clone(), limits::bounded)).layer(guard());
    let router = bounded.merge(guarded.layer(guard())).merge(open).with_state(app.clone());
    Ok(router
        .merge(docs::router(&document)?)
        .fallback(|request: Request| async move { problem::not_found(request.uri().path()) })
        .method_not_allowed_fallback(|| async {
            problem::problem(StatusCode::METHOD_NOT_ALLOWED, &Reason::new(codes::API_METHOD, &[]))
        })
        .layer(middleware::from_fn_with_state(app.clone(), access::observed)))
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
    node.configuration.check_listener(address)?;
    let certificates = match &node.configuration.tls {
        Some(files) => Some(Arc::new(Certificates::open(&node.path, files)?)),
        None => None,
    };
    let app = App::new(node, device)?;
    let server =
        Arc::new(Server { router: routes(&app)?, places: app.places.clone(), certificates: certificates.clone() });
    let (stopping, stopped) = watch::channel(false);
    let serving = tokio::spawn(server.run(listener, stopped));
    tracing::info!(%address, tls = certificates.is_some(), "listening");
    ready(address);
    tokio::select! {
        () = stop => {}
        () = reload(certificates) => {}
    }
    let _ = stopping.send(true);
    // Requests under way may end; a client that does not go on must not keep the node from stopping.
    let ended = tokio::time::timeout(DRAIN, serving).await;
    tracing::info!(%address, in_time = ended.is_ok(), "stopped");
    let ending = move || {
        app.epcis.stop();
        app.reading_thread.stop();
        let ended = app.node.writer.stop();
        // Nobody may read the store any more when this process ends.
        app.node.others.iter().for_each(Others::stop);
        ended
    };
    let sealed = tokio::task::spawn_blocking(ending).await;
    match sealed {
        Ok(Some(Err(stopped))) => Err(stopped_reason(&stopped)),
        _ => Ok(()),
    }
}

/// Reads the certificates again whenever the process is told to (SIGHUP). Never ends.
async fn reload(certificates: Option<Arc<Certificates>>) {
    #[cfg(unix)]
    if let Ok(mut hangups) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()) {
        while hangups.recv().await.is_some() {
            match certificates.as_ref().map(|certificates| certificates.reload()) {
                Some(Err(reason)) => tracing::error!(code = reason.code.id, "certificates stay as they were: {reason}"),
                Some(Ok(())) => tracing::info!("certificates are read again"),
                None => {}
            }
        }
    }
    #[cfg(not(unix))]
    let _ = certificates;
    std::future::pending().await
}
