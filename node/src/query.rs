//! The EPCIS simple event query (EPCIS 2.0 §8.2.7.1) over the payloads of a ledger.
//!
//! Values of one parameter are alternatives, parameters are all to hold. Where an exact object is matched, only
//! the events of its log are read; otherwise all are.

use std::collections::BTreeSet;

use suyuan_epcis::epc::EpcPattern;
use suyuan_epcis::json::tree::{self, Json};
use suyuan_epcis::problem::Reason;
use suyuan_epcis::time::Stamp;
use suyuan_ledger::key::SubjectKey;
use suyuan_ledger::kv::{Read, StoreError, Table};
use suyuan_ledger::state::reader::Reader;
use suyuan_ledger::state::subject::StoredRecord;
use suyuan_ledger::submission::record_type;

use crate::codes::node as codes;
use crate::open::store_reason;

/// Levels of a payload (`proofs.md` §2).
const DEPTH_MAX: usize = 32;
/// Values of one parameter.
const VALUES_MAX: usize = 1_024;

/// Lists that `MATCH_epc` and `MATCH_anyEPC` look at.
const EPC_LISTS: &[&str] = &["epcList", "childEPCs"];
const ANY_LISTS: &[&str] = &["epcList", "childEPCs", "inputEPCList", "outputEPCList", "parentID"];
const PARENT: &[&str] = &["parentID"];

/// One condition.
#[derive(Debug)]
enum Condition {
    /// A member's text is one of these.
    Text(&'static [&'static str], Vec<String>),
    /// The event time is at this time or later, or before it.
    Time { from: bool, seconds: (i64, u32) },
    /// One of the lists names one of these.
    Match(&'static [&'static str], Vec<Matcher>),
    /// It declares an error.
    Error,
}

#[derive(Debug)]
enum Matcher {
    Exact(SubjectKey),
    Pattern(EpcPattern),
}

/// A query.
#[derive(Debug, Default)]
pub struct EventQuery {
    conditions: Vec<Condition>,
    /// At most so many events.
    limit: Option<u64>,
}

impl EventQuery {
    /// Reads `name=value` pairs; alternatives of one are separated by commas.
    pub fn parse(pairs: &[String]) -> Result<EventQuery, Reason> {
        let mut query = EventQuery::default();
        for pair in pairs.iter().flat_map(|text| text.split_whitespace()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            query.add(name, value)?;
        }
        Ok(query)
    }

    fn add(&mut self, name: &str, value: &str) -> Result<(), Reason> {
        let wrong = || Reason::new(codes::OPTION, &[name, value]);
        let values: Vec<String> = value.split(',').take(VALUES_MAX).map(str::to_owned).collect();
        let path: &'static [&'static str] = match name {
            "eventType" => &["type"],
            "EQ_action" => &["action"],
            "EQ_bizStep" => &["bizStep"],
            "EQ_disposition" => &["disposition"],
            "EQ_readPoint" => &["readPoint", "id"],
            "EQ_bizLocation" => &["bizLocation", "id"],
            "EQ_eventID" => &["eventID"],
            "GE_eventTime" | "LT_eventTime" => {
                let stamp = Stamp::parse(value).ok_or_else(wrong)?;
                let (from, seconds) = (name == "GE_eventTime", (stamp.seconds, stamp.nanoseconds));
                self.conditions.push(Condition::Time { from, seconds });
                return Ok(());
            }
            "MATCH_epc" | "MATCH_anyEPC" | "MATCH_parentID" => {
                let lists = match name {
                    "MATCH_epc" => EPC_LISTS,
                    "MATCH_anyEPC" => ANY_LISTS,
                    _ => PARENT,
                };
                let matchers = values.iter().map(|value| matcher(value)).collect::<Result<_, _>>()?;
                self.conditions.push(Condition::Match(lists, matchers));
                return Ok(());
            }
            "EXISTS_errorDeclaration" => {
                self.conditions.push(Condition::Error);
                return Ok(());
            }
            "eventCountLimit" => {
                self.limit = Some(value.parse().map_err(|_| wrong())?);
                return Ok(());
            }
            _ => return Err(Reason::new(codes::QUERY_PARAMETER, &[name])),
        };
        let values = values.iter().map(|value| bare(value).to_owned()).collect();
        self.conditions.push(Condition::Text(path, values));
        Ok(())
    }

    /// Visits the events that hold, in the ledger's order; `false` ends it.
    pub fn run(&self, store: &dyn Read, visit: &mut dyn FnMut(&[u8]) -> bool) -> Result<(), Reason> {
        let failed = |error: StoreError| store_reason(&error);
        let mut left = self.limit.unwrap_or(u64::MAX);
        let mut offer = |payload: &[u8]| {
            if left == 0 {
                return false;
            }
            match self.holds(payload) {
                false => true,
                true => {
                    left -= 1;
                    visit(payload) && left > 0
                }
            }
        };
        let Some(places) = self.places(store).map_err(failed)? else {
            return each_event(store, &mut |_, payload| payload.is_none_or(&mut offer)).map_err(failed);
        };
        let reader = Reader::new(store);
        for (height, index) in places {
            let is_event = reader.record(height, index).map_err(failed)?;
            let is_event = is_event.is_some_and(|record| record.record_type == record_type::EPCIS);
            let payload = reader.payload(height, index).map_err(failed)?;
            if is_event && payload.is_some_and(|payload| !offer(&payload.payload)) {
                break;
            }
        }
        Ok(())
    }

    /// Where the events are, if a condition asks for exact objects.
    fn places(&self, store: &dyn Read) -> Result<Option<BTreeSet<(u64, u32)>>, StoreError> {
        let reader = Reader::new(store);
        for condition in &self.conditions {
            let Condition::Match(_, matchers) = condition else { continue };
            let mut places = BTreeSet::new();
            let mut exact = true;
            for matcher in matchers {
                let Matcher::Exact(key) = matcher else {
                    exact = false;
                    break;
                };
                let Some(number) = reader.number_of(key.tag())? else { continue };
                let Some(run) = reader.run_at(number)? else { continue };
                places.extend(reader.entries(run.log)?.iter().map(|entry| (entry.height, entry.index)));
            }
            if exact {
                return Ok(Some(places));
            }
        }
        Ok(None)
    }

    fn holds(&self, payload: &[u8]) -> bool {
        let Ok(event) = tree::parse(payload, DEPTH_MAX) else { return false };
        self.conditions.iter().all(|condition| match condition {
            Condition::Text(path, values) => {
                let found = path.iter().try_fold(&event, |json, name| member(json, name));
                matches!(found, Some(Json::Text(text)) if values.iter().any(|value| value == bare(text)))
            }
            Condition::Time { from, seconds } => {
                let time = match member(&event, "eventTime") {
                    Some(Json::Text(text)) => Stamp::parse(text),
                    _ => None,
                };
                time.is_some_and(|time| ((time.seconds, time.nanoseconds) >= *seconds) == *from)
            }
            Condition::Match(lists, matchers) => lists.iter().filter_map(|list| member(&event, list)).any(|found| {
                let texts: Vec<&str> = match found {
                    Json::Text(text) => vec![text],
                    Json::List(list) => list
                        .iter()
                        .filter_map(|one| match one {
                            Json::Text(text) => Some(text.as_str()),
                            _ => None,
                        })
                        .collect(),
                    _ => Vec::new(),
                };
                texts.iter().any(|text| matchers.iter().any(|matcher| matcher.matches(text)))
            }),
            Condition::Error => member(&event, "errorDeclaration").is_some(),
        })
    }
}

impl Matcher {
    fn matches(&self, text: &str) -> bool {
        match self {
            Matcher::Exact(key) => SubjectKey::from_uri(text).is_ok_and(|other| other == *key),
            Matcher::Pattern(pattern) => pattern.matches(text),
        }
    }
}

fn matcher(value: &str) -> Result<Matcher, Reason> {
    if value.starts_with("urn:epc:idpat:") {
        return EpcPattern::parse(value).map(Matcher::Pattern);
    }
    let key = SubjectKey::from_uri(value);
    key.map(Matcher::Exact).map_err(|error| Reason::new(codes::SUBJECT, &[value, &format!("{error:?}")]))
}

fn member<'a>(json: &'a Json, name: &str) -> Option<&'a Json> {
    match json {
        Json::Object(members) => members.iter().find(|(known, _)| known == name).map(|(_, value)| value),
        _ => None,
    }
}

/// A word of the CBV without what its URN or web URI puts before it, so that either is found by either.
fn bare(text: &str) -> &str {
    let urn = ["urn:epcglobal:cbv:bizstep:", "urn:epcglobal:cbv:disp:"];
    let web = ["https://ref.gs1.org/cbv/BizStep-", "https://ref.gs1.org/cbv/Disp-"];
    urn.iter().chain(&web).find_map(|lead| text.strip_prefix(lead)).unwrap_or(text)
}

/// What is told of each event: its place, and its payload unless that is erased; `false` ends it.
pub type VisitEvent<'a> = dyn FnMut((u64, u32), Option<&[u8]>) -> bool + 'a;

/// Visits every EPCIS event on the ledger, in its order.
pub fn each_event(store: &dyn Read, visit: &mut VisitEvent<'_>) -> Result<(), StoreError> {
    let reader = Reader::new(store);
    let mut fault = None;
    store.scan(Table::Record, &[], &[u8::MAX; 13], &mut |key, value| {
        let mut one = || -> Result<bool, StoreError> {
            let corrupt = || StoreError::Corrupt(Table::Record, "it can't be read".to_owned());
            let (height, index) = key.split_first_chunk::<8>().ok_or_else(corrupt)?;
            let index: [u8; 4] = index.try_into().map_err(|_| corrupt())?;
            let place = (u64::from_be_bytes(*height), u32::from_be_bytes(index));
            let record: StoredRecord = suyuan_ledger::codec::decode_trusted(value).map_err(|_| corrupt())?;
            if record.record_type != record_type::EPCIS {
                return Ok(true);
            }
            let payload = reader.payload(place.0, place.1)?;
            Ok(visit(place, payload.as_ref().map(|payload| payload.payload.as_slice())))
        };
        match one() {
            Ok(go_on) => go_on,
            Err(error) => {
                fault = Some(error);
                false
            }
        }
    })?;
    fault.map_or(Ok(()), Err)
}
