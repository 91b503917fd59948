//! Answers of the EPCIS interface: its exceptions as RFC 7807 has errors, in JSON or XML as the client reads.

use std::collections::BTreeMap;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::Value;
use suyuan_epcis::problem::Reason;
use utoipa::openapi::RefOr;
use utoipa::openapi::response::Response as Declared;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType};
use utoipa::{IntoResponses, PartialSchema, ToSchema};

use crate::api::limits::RETRY_AFTER;
use crate::api::problem::{declared, problem_of};
use crate::codes::epcis as codes;
use crate::open::store_reason;
use crate::query::QueryError;

/// The exceptions of EPCIS 2.0 §8.2.6 and §11, as the binding to REST names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exception {
    /// What was sent is wrong.
    Validation,
    /// A parameter of a query is wrong.
    QueryParameter,
    /// More than may be answered.
    QueryTooLarge,
    /// More than may be looked at.
    QueryTooComplex,
    /// There is no such thing.
    NoSuchResource,
    /// It is there already.
    Exists,
    /// It can't be said as the client wants it.
    NotAcceptable,
    /// It is not written in what is read here.
    MediaType,
    /// More than may be captured at once.
    CaptureLimit,
    /// The client may not.
    Security,
    /// The node can't, or not yet.
    Implementation,
}

impl Exception {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Exception::Validation => "epcisException:ValidationException",
            Exception::QueryParameter => "epcisException:QueryParameterException",
            Exception::QueryTooLarge => "epcisException:QueryTooLargeException",
            Exception::QueryTooComplex => "epcisException:QueryTooComplexException",
            Exception::NoSuchResource => "epcisException:NoSuchResourceException",
            Exception::Exists => "epcisException:ResourceAlreadyExistsException",
            Exception::NotAcceptable => "epcisException:NotAcceptableException",
            Exception::MediaType => "epcisException:UnsupportedMediaTypeException",
            Exception::CaptureLimit => "epcisException:CaptureLimitExceededException",
            Exception::Security => "epcisException:SecurityException",
            Exception::Implementation => "epcisException:ImplementationException",
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Exception::Validation | Exception::QueryParameter => StatusCode::BAD_REQUEST,
            Exception::QueryTooLarge | Exception::QueryTooComplex | Exception::CaptureLimit => {
                StatusCode::PAYLOAD_TOO_LARGE
            }
            Exception::NoSuchResource => StatusCode::NOT_FOUND,
            Exception::Exists => StatusCode::CONFLICT,
            Exception::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Exception::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Exception::Security => StatusCode::FORBIDDEN,
            Exception::Implementation => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// An exception with the status that is its own.
pub fn exception(exception: Exception, reason: &Reason) -> Response {
    exception_with(exception.status(), exception, reason, &[])
}

/// An exception with another status, and with members of its own.
pub fn exception_with(
    status: StatusCode,
    exception: Exception,
    reason: &Reason,
    members: &[(&str, Value)],
) -> Response {
    problem_of(exception.name(), status, reason, members)
}

/// The node can't go on.
pub fn failed(reason: &Reason) -> Response {
    tracing::error!(code = reason.code.id, "{reason}");
    exception(Exception::Implementation, reason)
}

/// Too much is waiting.
pub fn come_again(reason: &Reason) -> Response {
    let mut response = exception_with(StatusCode::TOO_MANY_REQUESTS, Exception::Implementation, reason, &[]);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER));
    response
}

/// Why a query has no answer.
pub fn query_refused(error: &QueryError) -> Response {
    match error {
        // What is not built is no failure of the node, so it is no 501: the client can ask otherwise.
        QueryError::Parameter(reason) | QueryError::NotBuilt(reason) => exception(Exception::QueryParameter, reason),
        QueryError::TooLarge(reason) if *reason.code == *codes::TOO_COMPLEX => {
            exception(Exception::QueryTooComplex, reason)
        }
        QueryError::TooLarge(reason) => exception(Exception::QueryTooLarge, reason),
        QueryError::Store(error) => failed(&store_reason(error)),
    }
}

/// Runs what may block, off the threads that serve.
pub async fn blocking(work: impl FnOnce() -> Response + Send + 'static) -> Response {
    match tokio::task::spawn_blocking(work).await {
        Ok(response) => response,
        Err(error) => failed(&Reason::new(crate::codes::node::STORE, &[&error.to_string()])),
    }
}

/// An EPCIS document, event or job, whose schema GS1's own OpenAPI says, for ours.
pub struct EpcisBody;

impl PartialSchema for EpcisBody {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(SchemaType::AnyValue).build().into()
    }
}

impl ToSchema for EpcisBody {}

/// What a route of this interface may answer besides, whatever is asked.
pub struct NotAcceptable;

impl IntoResponses for NotAcceptable {
    fn responses() -> BTreeMap<String, RefOr<Declared>> {
        declared(&[(406, "It can't be answered as Accept or a version header asks")])
    }
}
