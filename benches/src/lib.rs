//! Makes the documents that benchmarks read, and does the work they measure.
//!
//! The documents are our own: GS1's demonstration prefix 952, a made-up shipment. Every event is
//! an ObjectEvent of about 900 bytes with 10 serial numbers, as a warehouse sends by the thousand.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod chain;
pub mod curves;
pub mod network;
pub mod peers;
pub mod pipelined;
pub mod process;
pub mod traces;

use std::fmt::Write as _;
use std::ops::ControlFlow;

use suyuan_epcis::document::{Item, Limits, ReadError};
use suyuan_epcis::hash::{EventHash, IgnoredFields, Profile, ignored_fields};
use suyuan_epcis::input::Input;
use suyuan_epcis::read::read;
use suyuan_epcis::validate;

/// The node's allocator: what is measured without it is not the node.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// EPCs in an event.
pub const EPCS: usize = 10;

const JSON_BEGIN: &str = concat!(
    r#"{"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],"#,
    r#""type":"EPCISDocument","schemaVersion":"2.0","creationDate":"2026-03-02T06:00:00.000Z","#,
    r#""epcisBody":{"eventList":["#,
);
const JSON_END: &str = "]}}";

const XML_BEGIN: &str = concat!(
    r#"<?xml version="1.0" encoding="UTF-8"?>"#,
    r#"<epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:2" schemaVersion="2.0" "#,
    r#"creationDate="2026-03-02T06:00:00.000Z"><EPCISBody><EventList>"#,
);
const XML_END: &str = "</EventList></EPCISBody></epcis:EPCISDocument>";

/// A JSON document of `events` events.
pub fn json_document(events: usize) -> String {
    document(events, JSON_BEGIN, ",", JSON_END, json_event)
}

/// The XML document that says the same as [`json_document`].
pub fn xml_document(events: usize) -> String {
    document(events, XML_BEGIN, "", XML_END, xml_event)
}

fn document(events: usize, begin: &str, between: &str, end: &str, event: fn(usize) -> String) -> String {
    let mut text = String::with_capacity(events.saturating_mul(1024).saturating_add(512));
    text.push_str(begin);
    for number in 0..events {
        if number > 0 {
            text.push_str(between);
        }
        text.push_str(&event(number));
    }
    text.push_str(end);
    text
}

/// The event of this number in JSON, about 900 bytes. No two events are alike.
pub fn json_event(number: usize) -> String {
    let mut epcs = String::with_capacity(EPCS * 48);
    for (index, epc) in epcs_of(number).enumerate() {
        let comma = if index == 0 { "" } else { "," };
        let _ = write!(epcs, r#"{comma}"{epc}""#);
    }
    let (minute, second) = minute_and_second(number);
    format!(
        concat!(
            r#"{{"type":"ObjectEvent","eventID":"urn:uuid:7d1f4c5e-95f2-4f0b-8a3a-{:012x}","#,
            r#""eventTime":"2026-03-02T13:{:02}:{:02}.000+08:00","#,
            r#""eventTimeZoneOffset":"+08:00","epcList":[{}],"action":"OBSERVE","bizStep":"shipping","#,
            r#""disposition":"in_transit","readPoint":{{"id":"urn:epc:id:sgln:9521141.00017.12"}},"#,
            r#""bizLocation":{{"id":"urn:epc:id:sgln:9521141.00018.0"}},"bizTransactionList":[{{"type":"desadv","#,
            r#""bizTransaction":"urn:epcglobal:cbv:bt:9521141000005:D{:08}"}}]}}"#,
        ),
        number, minute, second, epcs, number
    )
}

/// The event of this number in XML.
pub fn xml_event(number: usize) -> String {
    let mut epcs = String::with_capacity(EPCS * 56);
    for epc in epcs_of(number) {
        let _ = write!(epcs, "<epc>{epc}</epc>");
    }
    let (minute, second) = minute_and_second(number);
    format!(
        concat!(
            "<ObjectEvent><eventTime>2026-03-02T13:{:02}:{:02}.000+08:00</eventTime>",
            "<eventTimeZoneOffset>+08:00</eventTimeZoneOffset>",
            "<eventID>urn:uuid:7d1f4c5e-95f2-4f0b-8a3a-{:012x}</eventID>",
            "<epcList>{}</epcList><action>OBSERVE</action>",
            "<bizStep>urn:epcglobal:cbv:bizstep:shipping</bizStep>",
            "<disposition>urn:epcglobal:cbv:disp:in_transit</disposition>",
            "<readPoint><id>urn:epc:id:sgln:9521141.00017.12</id></readPoint>",
            "<bizLocation><id>urn:epc:id:sgln:9521141.00018.0</id></bizLocation>",
            r#"<bizTransactionList><bizTransaction type="urn:epcglobal:cbv:btt:desadv">"#,
            "urn:epcglobal:cbv:bt:9521141000005:D{:08}</bizTransaction></bizTransactionList></ObjectEvent>",
        ),
        minute, second, number, epcs, number
    )
}

fn epcs_of(number: usize) -> impl Iterator<Item = String> {
    (0..EPCS).map(move |epc| format!("urn:epc:id:sgtin:9521141.012345.{}", 100_000_000 + number * EPCS + epc))
}

fn minute_and_second(number: usize) -> (usize, usize) {
    (number / 60 % 60, number % 60)
}

/// Reads, validates and hashes every event of `input`: the work that is measured. A problem is an
/// error here: a benchmark of refusals would flatter.
pub fn digest_all(input: &mut Input, profile: Profile) -> Result<Vec<EventHash>, String> {
    let mut hashes = Vec::new();
    let mut ignored = IgnoredFields::new();
    let mut header = None;
    let mut fault = None;
    let outcome = read(input, &Limits::default(), &mut |item| {
        let problems = match item {
            Item::Header(read, problems) => {
                ignored = ignored_fields(&read);
                header = Some(read);
                problems
            }
            Item::Event(event, mut problems, locate) => {
                let number = problems.event.unwrap_or(0);
                let pointer = header.as_ref().map(|header| header.event_pointer(number)).unwrap_or_default();
                validate::event(&event, &pointer, &ignored, &mut problems, locate);
                hashes.push(EventHash::of(&event, profile, &ignored));
                problems
            }
            Item::End(_, problems) => problems,
        };
        match problems.list.first() {
            None => ControlFlow::Continue(()),
            Some(problem) => {
                fault = Some(format!("{} at {}", problem.reason, problem.place.pointer));
                ControlFlow::Break(())
            }
        }
    });
    match (outcome, fault) {
        (_, Some(fault)) => Err(fault),
        (Err(error), None) => Err(ReadError::to_string(&error)),
        (Ok(()), None) => Ok(hashes),
    }
}

#[cfg(test)]
mod tests {
    //! Goal: the benchmark measures what it says. Method: sizes and counts of the documents made.

    use super::*;

    #[test]
    fn events_have_about_900_bytes() {
        let length = json_event(12_345).len();
        assert!((850..=950).contains(&length), "{length} bytes");
    }

    #[test]
    fn json_document_reads_without_a_problem_and_no_two_events_are_alike() {
        let mut input = Input::Memory(json_document(500).into_bytes());
        let mut hashes = digest_all(&mut input, Profile::default()).unwrap();
        hashes.sort_by_key(|hash| hash.digest);
        hashes.dedup();
        assert_eq!(hashes.len(), 500);
    }

    #[test]
    fn json_and_xml_have_the_same_hashes() {
        let json = digest_all(&mut Input::Memory(json_document(20).into_bytes()), Profile::default());
        let xml = digest_all(&mut Input::Memory(xml_document(20).into_bytes()), Profile::default());
        assert_eq!(json.unwrap(), xml.unwrap());
    }
}
