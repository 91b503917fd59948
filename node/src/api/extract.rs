//! Parameters of requests, refused as problems where they are wrong.

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{FromRequestParts, Path, Query};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use suyuan_epcis::problem::Reason;
use utoipa::IntoParams;

use super::problem::{problem, wrong_parameter};
use crate::codes::node as codes;

/// Parameters behind the question mark.
pub struct Parameters<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Parameters<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let read = Query::<T>::from_request_parts(parts, state).await;
        let Query(parameters) = read.map_err(|rejection: QueryRejection| wrong("query", &rejection.body_text()))?;
        Ok(Parameters(parameters))
    }
}

/// Parts of the path.
pub struct Segments<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Segments<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let read = Path::<T>::from_request_parts(parts, state).await;
        let Path(segments) = read.map_err(|rejection: PathRejection| wrong("path", &rejection.body_text()))?;
        Ok(Segments(segments))
    }
}

fn wrong(name: &str, what: &str) -> Response {
    problem(StatusCode::BAD_REQUEST, &Reason::new(codes::API_PARAMETER, &[name, what]))
}

/// Things on a page at most.
pub const PAGE_MAX: u64 = 1_000;
/// Things on a page unless more or fewer are asked for.
pub const PAGE_DEFAULT: u64 = 100;

/// Which page of a list.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Page {
    /// Where the page begins: what the page before said as `next`
    pub from: Option<u64>,
    /// How many at most
    #[param(minimum = 1, maximum = 1000, default = 100)]
    pub limit: Option<u64>,
}

impl Page {
    /// How many things, within the limits.
    pub fn limit(&self) -> Result<u64, Box<Response>> {
        match self.limit.unwrap_or(PAGE_DEFAULT) {
            limit @ 1..=PAGE_MAX => Ok(limit),
            _ => Err(Box::new(wrong_parameter("limit", &format!("1 to {PAGE_MAX}")))),
        }
    }
}
