//! What the interface is, for programs and for people: OpenAPI, and a page that shows it without anything from
//! elsewhere.

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use suyuan_epcis::problem::Reason;
use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{OpenApi as Document, RefOr};
use utoipa_swagger_ui::{Config, serve};

use super::problem::{Problem, failed, not_found};
use crate::codes::node as codes;

/// Where the document is.
pub const DOCUMENT_PATH: &str = "/v1/openapi.json";

/// What the document says of the whole.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Suyuan node",
        description = "A node of a product-traceability ledger: EPCIS 2.0 capture and queries under /epcis, \
            the ledger's own records, traces and proofs under /v1. Errors are RFC 7807 problems with a code \
            that stays the same (docs/CODES.md). Times are milliseconds since 1970 where they are numbers; \
            hashes are lower-case hex.",
    ),
    components(schemas(Problem)),
    tags(
        (name = "epcis", description = "EPCIS 2.0"),
        (name = "records", description = "Signed submissions"),
        (name = "traces", description = "Traces, subjects, proofs"),
        (name = "network", description = "The chain and who is on it"),
        (name = "operation", description = "For those who run the node"),
    ),
    security((), ("token" = [])),
)]
struct Whole;

/// The document before any route is in it.
pub fn document() -> Document {
    let mut document = Whole::openapi();
    let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer);
    let token = token.description(Some("The token of an account: suyuan node account add NAME")).build();
    let components = document.components.get_or_insert_default();
    components.security_schemes.insert("token".to_owned(), RefOr::T(SecurityScheme::Http(token)));
    document
}

/// The routes of the document and of the page, which say nothing of the ledger and so are open to all.
pub fn router(document: &Document) -> Result<Router, Reason> {
    let text = document.to_json().map_err(|error| Reason::new(codes::API_FAULT, &[&error.to_string()]))?;
    let text: Arc<str> = text.into();
    // Nothing is asked of another site, not even whether the document is valid.
    let page = Arc::new(Config::from(DOCUMENT_PATH).validator_url("none"));
    let index = page.clone();
    Ok(Router::new()
        .route(
            DOCUMENT_PATH,
            get(move || async move { ([(header::CONTENT_TYPE, "application/json")], text.to_string()) }),
        )
        .route("/docs", get(|| async { Redirect::permanent("/docs/") }))
        .route("/docs/", get(move || async move { file("", index) }))
        .route("/docs/{*file}", get(move |Path(name): Path<String>| async move { file(&name, page) })))
}

fn file(name: &str, page: Arc<Config<'static>>) -> Response {
    match serve(name, page) {
        Ok(Some(file)) => (StatusCode::OK, [(header::CONTENT_TYPE, file.content_type)], file.bytes).into_response(),
        Ok(None) => not_found(name),
        Err(error) => failed(&Reason::new(codes::API_FAULT, &[&error.to_string()])),
    }
}
