//! EPCIS 2.0's binding to REST, as GS1's OpenAPI has it: capture, events, and their paging.
//!
//! Named queries, subscriptions and the other top-level resources are not here yet; [`router`] is where they come.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use axum::extract::{MatchedPath, Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use suyuan_epcis::problem::Reason;
use suyuan_sdk::signer::MemorySigner;
use tokio::sync::Semaphore;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::answer::{Exception, NotAcceptable, exception, exception_with};
use self::jobs::Jobs;
use self::negotiate::{CBV_FORMAT, EPC_FORMAT, ERROR_BEHAVIOUR, Refused, VERSION};
use self::token::{DeletedTokens, Token};
use self::work::Workshop;
use super::problem::{Missing, Refusals};
use super::{App, Shared};
use crate::codes::epcis as codes;
use crate::codes::node as node_codes;
use crate::open::{Node, io_reason};
use crate::own_lane::OwnLane;

pub mod answer;
pub mod capture;
pub mod document;
pub mod events;
pub mod job;
pub mod jobs;
pub mod negotiate;
pub mod token;
pub mod work;

/// Entries of a page unless told otherwise, as GS1's OpenAPI has it.
pub const PAGE_DEFAULT: usize = 30;
/// Entries of a page at most.
pub const PAGE_MAX: usize = 1_000;

/// `GS1-EPCIS-Capture-Limit`.
pub const EVENTS_LIMIT: HeaderName = HeaderName::from_static("gs1-epcis-capture-limit");
/// `GS1-EPCIS-Capture-File-Size-Limit`.
pub const SIZE_LIMIT: HeaderName = HeaderName::from_static("gs1-epcis-capture-file-size-limit");

/// Every path with the methods that it takes.
const ALLOWED: &[(&str, &str)] = &[
    ("/epcis", "OPTIONS, GET, HEAD"),
    ("/epcis/capture", "OPTIONS, GET, HEAD, POST"),
    ("/epcis/capture/{captureID}", "OPTIONS, GET, HEAD"),
    ("/epcis/events", "OPTIONS, GET, HEAD, POST"),
    ("/epcis/events/{*eventID}", "OPTIONS, GET, HEAD"),
    ("/epcis/nextPageToken/{token}", "OPTIONS, DELETE"),
];

/// What the handlers of this interface share.
pub struct Epcis {
    /// Documents that were sent.
    pub jobs: Arc<Jobs>,
    /// Signs events in the node's name.
    pub lane: Arc<OwnLane>,
    /// Page tokens that were deleted.
    pub deleted: DeletedTokens,
    /// Queries that may be worked on at once.
    pub queries: Arc<Semaphore>,
    worker: Mutex<Option<JoinHandle<()>>>,
}

impl Epcis {
    /// Opens the jobs of a node and starts to work on those that wait.
    pub fn start(node: &Node, signer: &Arc<MemorySigner>) -> Result<Epcis, Reason> {
        let jobs = Arc::new(Jobs::open(&node.path)?);
        let lane = Arc::new(OwnLane::start(node.writer.clone(), node.store.clone(), signer.clone())?);
        let shop =
            Workshop { jobs: jobs.clone(), lane: lane.clone(), store: node.store.clone(), signer: signer.clone() };
        let worker = std::thread::Builder::new().name("capture".to_owned()).spawn(move || shop.run());
        let worker = worker.map_err(|error| io_reason(&node.path, &error))?;
        Ok(Epcis {
            jobs,
            lane,
            deleted: DeletedTokens::default(),
            queries: Arc::new(Semaphore::new(events::QUERIES_MAX)),
            worker: Mutex::new(Some(worker)),
        })
    }

    /// Lets the work end between two submissions. What had not ended goes on when the node starts again.
    pub fn stop(&self) {
        self.jobs.stop();
        let worker = self.worker.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(worker) = worker {
            // It fails only if the thread has panicked, which has been told.
            let _ = worker.join();
        }
        self.lane.stop();
    }
}

/// The routes under `/epcis`.
pub fn router() -> OpenApiRouter<Arc<App>> {
    let paths = [
        routes!(resources),
        routes!(capture::post, capture::list),
        routes!(capture::job),
        routes!(events::post, events::get),
        routes!(events::one),
        routes!(delete_token),
    ];
    let router = paths.into_iter().fold(OpenApiRouter::new(), |router, (schemas, paths, methods)| {
        router.routes((schemas, paths, methods.fallback(|| async { StatusCode::METHOD_NOT_ALLOWED })))
    });
    router.layer(middleware::from_fn(announced))
}

/// Answers `OPTIONS`, gives a wrong method its error, and tells the versions with every answer.
async fn announced(request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned()).unwrap_or_default();
    let allowed = ALLOWED.iter().find(|(known, _)| *known == path).map_or("OPTIONS", |(_, methods)| *methods);
    let method = request.method().clone();
    let mut response = match method == Method::OPTIONS {
        true => options(&path),
        false => next.run(request).await,
    };
    let is_refused = response.status() == StatusCode::METHOD_NOT_ALLOWED;
    if is_refused {
        let reason = Reason::new(codes::METHOD, &[method.as_str()]);
        response = exception_with(StatusCode::METHOD_NOT_ALLOWED, Exception::Implementation, &reason, &[]);
    }
    let headers = response.headers_mut();
    if method == Method::OPTIONS || is_refused {
        put(headers, header::ALLOW, allowed);
    }
    for name in ["gs1-epcis-version", "gs1-cbv-version"] {
        put(headers, HeaderName::from_static(name), VERSION);
    }
    put(headers, HeaderName::from_static("gs1-vendor-version"), env!("CARGO_PKG_VERSION"));
    put(headers, HeaderName::from_static("gs1-extensions"), "suyuan=https://suyuan.example/ns/");
    response
}

/// What a path can do.
fn options(path: &str) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    for name in ["gs1-epcis-min", "gs1-epcis-max", "gs1-cbv-min", "gs1-cbv-max"] {
        put(headers, HeaderName::from_static(name), VERSION);
    }
    put(headers, HeaderName::from_static(EPC_FORMAT), negotiate::EpcFormat::DigitalLink.name());
    put(headers, HeaderName::from_static(CBV_FORMAT), negotiate::WordFormat::Urn.name());
    if path == "/epcis/capture" {
        put(headers, EVENTS_LIMIT, &work::ROLLBACK_EVENTS_MAX.to_string());
        put(headers, SIZE_LIMIT, &capture::DOCUMENT_BYTES_MAX.to_string());
        put(headers, HeaderName::from_static(ERROR_BEHAVIOUR), "all");
    }
    response
}

/// Sets a header; a value that none can have is left out.
pub fn put(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// The answer to a request whose headers are not to be answered as they ask.
pub fn refused(refused: Refused) -> Response {
    match refused {
        Refused::Header(reason) => exception(Exception::Validation, &reason),
        Refused::NotAcceptable(reason) => exception(Exception::NotAcceptable, &reason),
        Refused::MediaType(reason) => exception(Exception::MediaType, &reason),
    }
}

/// The entries of a page that `perPage` asks for.
pub fn per_page(value: &str) -> Result<usize, Reason> {
    let count = value.parse::<usize>().ok().filter(|count| *count > 0);
    count.ok_or_else(|| Reason::new(node_codes::API_PARAMETER, &["perPage", "1, 2, 3 …"]))
}

/// Tells where the next page is, and until when.
pub fn with_next(mut response: Response, path: &str, count: usize, token: &Token) -> Response {
    let link = format!("<{path}?perPage={count}&nextPageToken={}>; rel=\"next\"", token.to_text());
    put(response.headers_mut(), header::LINK, &link);
    put(response.headers_mut(), HeaderName::from_static("gs1-next-page-token-expires"), &token.expires());
    response
}

/// The resources of this interface that there are.
#[utoipa::path(get, path = "/epcis", operation_id = "epcisResources", tag = "epcis", responses(
        Refusals, NotAcceptable,
        (status = 200, description = "A collection of names", content((answer::EpcisBody = "application/json"))),
    ))]
async fn resources(headers: HeaderMap) -> Response {
    if let Err(refused) = negotiate::reads_json(&headers) {
        return self::refused(refused);
    }
    let body = json!({
        "@context": suyuan_epcis::json::context::DEFAULT_CONTEXT, "type": "Collection", "member": ["capture", "events"],
    });
    ([(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

/// Deletes a page token.
#[utoipa::path(
    delete, path = "/epcis/nextPageToken/{token}", operation_id = "deletePageToken", tag = "epcis",
    params(("token" = String, Path, description = "as Link named it")),
    responses(
        Refusals, Missing,
        (status = 204, description = "No page is given for it any more"),
    )
)]
async fn delete_token(State(app): Shared, Path(text): Path<String>) -> Response {
    match Token::parse(&text) {
        Some(_) => {
            app.epcis.deleted.add(&text);
            StatusCode::NO_CONTENT.into_response()
        }
        None => exception(Exception::NoSuchResource, &Reason::new(codes::PAGE_TOKEN, &[])),
    }
}
