//! `/epcis/events`: one event is captured, events are queried, one is read by its id.

use std::ops::ControlFlow;
use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, RawQuery, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use suyuan_epcis::codes::ledger as ledger_codes;
use suyuan_epcis::document::{Limits, ReadError};
use suyuan_epcis::input::Input;
use suyuan_epcis::problem::{Place, Problem, Reason};
use suyuan_ledger::derive::{PAYLOAD_BYTES_MAX, derive};
use suyuan_ledger::kv::{Read, StoreError};
use suyuan_ledger::state::apply::Ledger;
use suyuan_ledger::state::event::refusal;
use suyuan_ledger::state::reader::Reader;
use suyuan_ledger::submission::SubmittedEvent;
use suyuan_sdk::batch::{self, Part};
use suyuan_sdk::signer::Signer;

use super::answer::{
    EpcisBody, Exception, NotAcceptable, blocking, come_again, exception, exception_with, failed, query_refused,
};
use super::capture::{invalid, take_to_memory};
use super::document;
use super::negotiate::{self, CBV_FORMAT, EPC_FORMAT, Wanted};
use super::token::{Of, Token};
use super::{PAGE_DEFAULT, PAGE_MAX, per_page, with_next};
use crate::api::access::Wrote;
use crate::api::problem::{BodyRefusals, Missing, Octets, Problem as Declared, Refusals};
use crate::api::{App, Shared};
use crate::codes::epcis as codes;
use crate::codes::node as node_codes;
use crate::open::store_reason;
use crate::own_lane::{NotRecorded, Recorded};
use crate::query::page::{Asked, Found, Page};
use crate::query::{Effort, EventQuery, QueryError, Window, by_id, declarations_of, event_at};

/// Bytes of an event with what is written around it.
const EVENT_BYTES_MAX: usize = PAYLOAD_BYTES_MAX + (64 << 10);
/// A page ends with the event that fills so many bytes.
const PAGE_BYTES_MAX: usize = 8 << 20;
/// Queries that are answered at once; more are told to come again.
pub const QUERIES_MAX: usize = 8;

// ---- capture of one event ----

/// Captures one event: it is on disk when the answer comes.
#[utoipa::path(
    post, path = "/epcis/events", operation_id = "captureEvent", tag = "epcis",
    request_body(description = "One event",
        content((EpcisBody = "application/json"), (EpcisBody = "application/ld+json"),
            (Octets = "application/x-ndjson"), (Octets = "application/xml"), (Octets = "text/xml"))),
    responses(
        Refusals, BodyRefusals, NotAcceptable,
        (status = 201, description = "Recorded; Location names it", content((EpcisBody = "application/json"))),
        (status = 409, description = "It is recorded already",
            content_type = "application/problem+json", body = Declared),
        (status = 415, description = "It is neither JSON nor XML",
            content_type = "application/problem+json", body = Declared),
    )
)]
pub async fn post(State(app): Shared, headers: HeaderMap, request: Request) -> Response {
    let checked = negotiate::check_document_version(&headers).and_then(|()| negotiate::check_media_type(&headers));
    if let Err(refused) = checked {
        return super::refused(refused);
    }
    let body = match take_to_memory(request.into_body(), EVENT_BYTES_MAX).await {
        Ok(body) => body,
        Err(not_taken) => return not_taken.response(),
    };
    let latest = app.epcis.lane.latest();
    let read = tokio::task::spawn_blocking(move || one_event(body, latest)).await;
    let (event, id) = match read {
        Ok(Ok(event)) => event,
        Ok(Err(response)) => return *response,
        Err(error) => return failed(&Reason::new(node_codes::STORE, &[&error.to_string()])),
    };
    let payload = event.payload.clone();
    let answer = match app.epcis.lane.submit(vec![event]) {
        Ok(answered) => answered.await.unwrap_or_else(|_| Err(crate::own_lane::stopping())),
        Err(not_recorded) => Err(not_recorded),
    };
    match answer {
        Ok(recorded) => recorded_response(&recorded, &id, payload),
        Err(NotRecorded::Busy) => come_again(&Reason::new(node_codes::BUSY, &[])),
        Err(NotRecorded::Refused { reason, pointer, .. }) => {
            let place = Place { event: Some(0), pointer, line: None };
            invalid(&reason.clone(), &[Problem { reason, place }])
        }
        Err(NotRecorded::Stopped(reason)) => {
            exception_with(StatusCode::SERVICE_UNAVAILABLE, Exception::Implementation, &reason, &[])
        }
    }
}

/// The one event of a body, or why it is none.
fn one_event(body: Vec<u8>, latest: i64) -> Result<(SubmittedEvent, String), Box<Response>> {
    let (mut problems, mut count, mut found) = (Vec::new(), 0u64, None);
    let read = batch::read(&mut Input::Memory(body), &Limits::default(), &mut |part| {
        match part {
            Part::Document(some) => problems.extend(some.into_iter().filter(Problem::is_error)),
            Part::Event { problems: some, .. } => problems.extend(some.into_iter().filter(Problem::is_error)),
            Part::Batch(batch) => found = batch.events.into_iter().zip(batch.origins).next(),
        }
        ControlFlow::Continue(())
    });
    match read {
        Ok(counts) => count = counts.accepted.saturating_add(counts.refused),
        Err(ReadError::Malformed(problem)) => problems.push(*problem),
        Err(ReadError::Io(error)) => {
            return Err(Box::new(failed(&Reason::new(node_codes::API_BODY, &[&error.to_string()]))));
        }
    }
    if let Some(reason) = problems.first().map(|problem| problem.reason.clone()) {
        return Err(Box::new(invalid(&reason, &problems)));
    }
    let (1, Some((event, (_, id)))) = (count, found) else {
        let reason = Reason::new(codes::ONE_EVENT, &[&count.to_string()]);
        return Err(Box::new(exception(Exception::Validation, &reason)));
    };
    if derive(&event.payload).is_ok_and(|derived| derived.event_time > latest) {
        let reason = Reason::new(ledger_codes::CLOCK, &["eventTime"]);
        let place = Place { event: Some(0), pointer: "/eventTime".to_owned(), line: None };
        return Err(Box::new(invalid(&reason.clone(), &[Problem { reason, place }])));
    }
    Ok((event, id))
}

fn recorded_response(recorded: &Recorded, id: &str, payload: Vec<u8>) -> Response {
    let location = ["/epcis/events/", &percent_encoded(id)].concat();
    let code = recorded.receipts.first().map_or(0, |receipt| receipt.code);
    let mut response = match code {
        0 => {
            let media_type = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
            (StatusCode::CREATED, media_type, payload).into_response()
        }
        refusal::DUPLICATE => exception(Exception::Exists, &Reason::new(codes::EVENT_EXISTS, &[id])),
        code => {
            let reason = Reason::new(ledger_codes::of_number(code).unwrap_or(ledger_codes::RESERVED), &[]);
            let place = Place { event: Some(0), ..Place::default() };
            return invalid(&reason.clone(), &[Problem { reason, place }]);
        }
    };
    super::put(response.headers_mut(), header::LOCATION, &location);
    response.extensions_mut().insert(Wrote(recorded.submission.clone()));
    response
}

/// A text as one segment of a path (RFC 3986 §2.1).
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len() + 16);
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b':' => {
                encoded.push(char::from(byte))
            }
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    encoded
}

// ---- queries ----

/// Events that meet all parameters of a simple event query, page by page.
///
/// Alternatives of one parameter are separated by `|`. Pages of one query show the ledger at one height: events that
/// are captured meanwhile make them neither skip nor repeat.
#[utoipa::path(
    get, path = "/epcis/events", operation_id = "queryEvents", tag = "epcis",
    params(
        ("perPage" = Option<u32>, Query, description = "events a page, 30 if not said, at most 1000"),
        ("nextPageToken" = Option<String>, Query,
            description = "as Link names it; alone, or with the same parameters"),
        ("eventType" = Option<String>, Query, description = "ObjectEvent, AggregationEvent …"),
        ("GE_eventTime" = Option<String>, Query), ("LT_eventTime" = Option<String>, Query),
        ("GE_recordTime" = Option<String>, Query), ("LT_recordTime" = Option<String>, Query),
        ("EQ_action" = Option<String>, Query), ("EQ_bizStep" = Option<String>, Query),
        ("EQ_disposition" = Option<String>, Query),
        ("EQ_persistentDisposition_set" = Option<String>, Query),
        ("EQ_persistentDisposition_unset" = Option<String>, Query),
        ("EQ_readPoint" = Option<String>, Query), ("EQ_bizLocation" = Option<String>, Query),
        ("EQ_transformationID" = Option<String>, Query),
        ("EQ_bizTransaction_po" = Option<String>, Query, description = "and any other type"),
        ("EQ_source_owning_party" = Option<String>, Query, description = "and any other type"),
        ("EQ_destination_owning_party" = Option<String>, Query, description = "and any other type"),
        ("MATCH_epc" = Option<String>, Query,
            description = "an EPC URN, a Digital Link, or a pattern urn:epc:idpat:…"),
        ("MATCH_parentID" = Option<String>, Query), ("MATCH_inputEPC" = Option<String>, Query),
        ("MATCH_outputEPC" = Option<String>, Query), ("MATCH_anyEPC" = Option<String>, Query),
        ("MATCH_epcClass" = Option<String>, Query), ("MATCH_inputEPCClass" = Option<String>, Query),
        ("MATCH_outputEPCClass" = Option<String>, Query), ("MATCH_anyEPCClass" = Option<String>, Query),
        ("EQ_quantity" = Option<String>, Query), ("GT_quantity" = Option<String>, Query),
        ("GE_quantity" = Option<String>, Query), ("LT_quantity" = Option<String>, Query),
        ("LE_quantity" = Option<String>, Query), ("EQ_eventID" = Option<String>, Query),
        ("EXISTS_errorDeclaration" = Option<bool>, Query),
        ("GE_errorDeclarationTime" = Option<String>, Query), ("LT_errorDeclarationTime" = Option<String>, Query),
        ("EQ_errorReason" = Option<String>, Query), ("EQ_correctiveEventID" = Option<String>, Query),
        ("orderBy" = Option<String>, Query, description = "eventTime or recordTime"),
        ("orderDirection" = Option<String>, Query, description = "ASC or DESC"),
        ("eventCountLimit" = Option<u32>, Query, description = "at most so many, the first"),
        ("maxEventCount" = Option<u32>, Query, description = "an error if there are more"),
        ("GS1-EPC-Format" = Option<String>, Header,
            description = "Always_GS1_Digital_Link (default), Always_EPC_URN, Never_Translates, No_Preference"),
        ("GS1-CBV-XML-Format" = Option<String>, Header, description = "Always_URN (default), Always_Web_URI"),
    ),
    responses(
        Refusals, NotAcceptable,
        (status = 200, description = "An EPCISQueryDocument; Link names the next page",
            content((EpcisBody = "application/json"), (EpcisBody = "application/ld+json"),
                (Octets = "application/xml"), (Octets = "text/xml"))),
        (status = 413, description = "More than maxEventCount, or more to look at than one answer may",
            content_type = "application/problem+json", body = Declared),
    )
)]
pub async fn get(
    State(app): Shared,
    headers: HeaderMap,
    asked: Result<Query<Vec<(String, String)>>, QueryRejection>,
) -> Response {
    let wanted = match Wanted::of(&headers) {
        Ok(wanted) => wanted,
        Err(refused) => return super::refused(refused),
    };
    let request = match asked {
        Ok(Query(pairs)) => PageRequest::of(&app, pairs),
        Err(rejected) => Err(Reason::new(node_codes::API_PARAMETER, &["", &rejected.body_text()])),
    };
    let request = match request {
        Ok(request) => request,
        Err(reason) => return exception(Exception::QueryParameter, &reason),
    };
    let query = match request.query() {
        Ok(query) => query,
        Err(error) => return query_refused(&error),
    };
    let Ok(permit) = app.epcis.queries.clone().try_acquire_owned() else {
        return come_again(&Reason::new(node_codes::BUSY, &[]));
    };
    blocking(move || {
        // The work goes on though the client may be gone: so long it counts.
        let _permit = permit;
        match answered(&app, &request, &query) {
            Ok((page, next)) => page_response(&page, &wanted, next.map(|next| (request.count, next))),
            Err(error) => query_refused(&error),
        }
    })
    .await
}

/// What is asked of a page.
struct PageRequest {
    pairs: Vec<(String, String)>,
    count: usize,
    token: Option<Token>,
}

impl PageRequest {
    fn of(app: &Arc<App>, pairs: Vec<(String, String)>) -> Result<PageRequest, Reason> {
        let wrong_token = || Reason::new(codes::PAGE_TOKEN, &[]);
        let mut request = PageRequest { pairs: Vec::new(), count: PAGE_DEFAULT, token: None };
        for (name, value) in pairs {
            match name.as_str() {
                "perPage" => request.count = per_page(&value)?,
                "nextPageToken" => {
                    let token = Token::parse(&value).filter(|_| !app.epcis.deleted.contains(&value));
                    request.token = Some(token.ok_or_else(wrong_token)?);
                }
                // In an address that is not encoded, the `+` of a time zone reads as a space.
                _ if name.ends_with("Time") => request.pairs.push((name, value.replace(' ', "+"))),
                _ => request.pairs.push((name, value)),
            }
        }
        if let Some(Token { of, .. }) = &request.token {
            let Of::Events { query, .. } = of else { return Err(wrong_token()) };
            if !request.pairs.is_empty() && request.pairs != *query {
                return Err(wrong_token());
            }
            request.pairs.clone_from(query);
        }
        Ok(request)
    }

    fn query(&self) -> Result<EventQuery, QueryError> {
        let split = |(name, values): &(String, String)| (name.clone(), values.split('|').map(str::to_owned).collect());
        EventQuery::new(&self.pairs.iter().map(split).collect::<Vec<_>>())
    }
}

/// A page of the answer, and the token of the next.
fn answered(app: &App, request: &PageRequest, query: &EventQuery) -> Result<(Page, Option<Token>), QueryError> {
    let snapshot = app.node.store.snapshot();
    let now = Reader::new(&snapshot).head()?.map_or(0, |head| head.height);
    let (height, behind, left) = match &request.token {
        Some(Token { of: Of::Events { height, behind, left, .. }, .. }) => {
            ((*height).min(now), Some((*behind).into()), *left)
        }
        _ => (now, None, query.limit),
    };
    if request.token.is_none() {
        check_count(query, &snapshot, height)?;
    }
    let most = left.and_then(|left| usize::try_from(left).ok()).unwrap_or(usize::MAX);
    let events_max = request.count.min(PAGE_MAX).min(most);
    let asked = Asked { height, behind, events_max, bytes_max: PAGE_BYTES_MAX };
    let page = query.page(&snapshot, &asked)?;
    let left = left.map(|left| left.saturating_sub(page.found.len() as u64));
    let next = page.next.filter(|_| left != Some(0)).map(|behind| {
        let query = request.pairs.clone();
        Token::new(Of::Events { query, height, behind: behind.into(), left })
    });
    Ok((page, next))
}

/// Refuses a query that has more events than its `maxEventCount`.
fn check_count(query: &EventQuery, store: &dyn Read, height: u64) -> Result<(), QueryError> {
    let Some(most) = query.events_max else { return Ok(()) };
    let (mut count, mut effort) = (0u64, Effort::of_one_answer());
    let window = Window::whole(height, false);
    query.find(store, &window, &mut effort, &mut |_| {
        count = count.saturating_add(1);
        count <= most
    })?;
    if count > most {
        return Err(query.too_many());
    }
    if effort.is_spent() { Err(Effort::spent()) } else { Ok(()) }
}

fn page_response(page: &Page, wanted: &Wanted, next: Option<(usize, Token)>) -> Response {
    let response = document_response(&page.found, wanted);
    match next {
        Some((count, token)) => with_next(response, "/epcis/events", count, &token),
        None => response,
    }
}

fn document_response(found: &[Found], wanted: &Wanted) -> Response {
    let text = match document::write(found, wanted) {
        Ok(text) => text,
        Err(reason) => return failed(&reason),
    };
    let media_type = [(header::CONTENT_TYPE, HeaderValue::from_static(wanted.media_type))];
    let mut response = (media_type, text).into_response();
    super::put(response.headers_mut(), HeaderName::from_static(EPC_FORMAT), wanted.epcs.name());
    if wanted.syntax == suyuan_epcis::document::Syntax::Xml {
        super::put(response.headers_mut(), HeaderName::from_static(CBV_FORMAT), wanted.words.name());
    }
    response
}

// ---- one event ----

/// The event with an id, with what declares it erroneous.
///
/// Ids are their authors' own: if several have recorded an event under it, the node's own organisation's is given, or
/// none.
#[utoipa::path(
    get, path = "/epcis/events/{*eventID}", operation_id = "eventByID", tag = "epcis",
    params(("eventID" = String, Path, description = "percent-encoded")),
    responses(
        Refusals, Missing, NotAcceptable,
        (status = 200, description = "An EPCISQueryDocument",
            content((EpcisBody = "application/json"), (EpcisBody = "application/ld+json"),
                (Octets = "application/xml"), (Octets = "text/xml"))),
        (status = 409, description = "Several authors have recorded an event with this id",
            content_type = "application/problem+json", body = Declared),
    )
)]
pub async fn one(State(app): Shared, Path(id): Path<String>, RawQuery(rest): RawQuery, headers: HeaderMap) -> Response {
    let wanted = match Wanted::of(&headers) {
        Ok(wanted) => wanted,
        Err(refused) => return super::refused(refused),
    };
    // A hash id ends with `?ver=CBV2.0`; whoever does not encode the `?` means the same.
    let id = match rest {
        Some(rest) if rest.starts_with("ver=CBV") => [&id, "?", &rest].concat(),
        _ => id,
    };
    blocking(move || match found_by_id(&app, &id) {
        Ok(Ok(found)) => document_response(&found, &wanted),
        Ok(Err(response)) => *response,
        Err(error) => failed(&store_reason(&error)),
    })
    .await
}

/// The event and what declares it erroneous, or what is to be answered instead.
fn found_by_id(app: &App, id: &str) -> Result<Result<Vec<Found>, Box<Response>>, StoreError> {
    let snapshot = app.node.store.snapshot();
    let ledger = Ledger::open(&snapshot)?.ok_or_else(|| StoreError::Failed("no ledger".to_owned()))?;
    let authors = by_id(&snapshot, &ledger.directory, id)?;
    let own = ledger.directory.key(&app.device.key_id()).map(|key| key.organisation);
    let chosen = match authors.as_slice() {
        [] => {
            let reason = Reason::new(codes::NO_EVENT, &[id]);
            return Ok(Err(Box::new(exception(Exception::NoSuchResource, &reason))));
        }
        [(_, place)] => Some(*place),
        several => several.iter().find(|(author, _)| Some(*author) == own).map(|(_, place)| *place),
    };
    let Some(place) = chosen else {
        let uri = |(author, _): &(u64, _)| ledger.directory.organisation(*author).map(|one| one.uri.clone());
        let uris: Vec<String> = authors.iter().filter_map(uri).collect();
        let reason = Reason::new(codes::SEVERAL_AUTHORS, &[&uris.len().to_string(), id, &uris.join(", ")]);
        let members = [("authors", json!(uris))];
        return Ok(Err(Box::new(exception_with(StatusCode::CONFLICT, Exception::Exists, &reason, &members))));
    };
    let mut places = declarations_of(&snapshot, place)?;
    places.insert(place);
    places.into_iter().map(|place| event_at(&snapshot, place)).collect::<Result<Vec<_>, _>>().map(Ok)
}
