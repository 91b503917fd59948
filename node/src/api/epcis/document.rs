//! Writes the answer to a query: an `EPCISQueryDocument` in JSON or XML, lossless.
//!
//! `recordTime` is the block's time. An event whose payload is erased, or that the syntax cannot carry, is named behind
//! the events, in extensions of the document.

use serde_json::Value as JsonValue;
use suyuan_epcis::cbv::{self, Vocabulary};
use suyuan_epcis::codes::Language;
use suyuan_epcis::document::{DocumentKind, Header, Syntax, Tail, WriteError};
use suyuan_epcis::model::{Event, Extension, Object, Scalar, Value};
use suyuan_epcis::name::Name;
use suyuan_epcis::problem::{Problem, Reason};
use suyuan_epcis::{json, xml};

use super::negotiate::{EpcFormat, Wanted, WordFormat};
use crate::clock::now_ms;
use crate::codes::epcis as codes;
use crate::codes::node as node_codes;
use crate::epc_form::{EpcForm, Rewriter};
use crate::query::page::Found;
use crate::times::time_text;

/// The namespace of what this project says in documents of others.
const NAMESPACE: &str = "https://suyuan.example/ns/";
/// Its prefix.
const PREFIX: &str = "suyuan";

/// Writes a document of these events.
pub fn write(found: &[Found], wanted: &Wanted) -> Result<Vec<u8>, Reason> {
    let erased: Vec<Extension> = found.iter().filter(|one| one.event.is_none()).map(erased).collect();
    let mut events: Vec<Event> = Vec::with_capacity(found.len());
    for one in found {
        let Some(event) = &one.event else { continue };
        let mut event = event.clone();
        event.record_time = Some(time_text(one.record.block_time));
        rewrite(&mut event, wanted);
        events.push(event);
    }
    let mut tail = Tail { document: erased, ..Tail::default() };
    let (text, left_out) = written(&events, &tail, wanted)?;
    if left_out.is_empty() {
        return Ok(text);
    }
    // What is said of them declares a prefix at the document's beginning: written anew.
    tail.document.extend(left_out);
    written(&events, &tail, wanted).map(|(text, _)| text)
}

/// Brings an event into the form that is asked for.
fn rewrite(event: &mut Event, wanted: &Wanted) {
    match wanted.epcs {
        EpcFormat::DigitalLink => Rewriter::new(EpcForm::Dl).event(event),
        EpcFormat::Urn => Rewriter::new(EpcForm::Urn).event(event),
        EpcFormat::AsWritten => {}
    }
    if wanted.syntax == Syntax::Xml && wanted.words == WordFormat::WebUri {
        words_as_web_uris(event);
    }
}

/// The document, and what is said of the events that the syntax cannot carry.
fn written(events: &[Event], tail: &Tail, wanted: &Wanted) -> Result<(Vec<u8>, Vec<Extension>), Reason> {
    let mut header = Header::new(wanted.syntax, DocumentKind::QueryResults);
    header.schema_version = Some("2.0".to_owned());
    header.creation_date = Some(time_text(now_ms()));
    header.query_name = Some("SimpleEventQuery".to_owned());
    if !tail.document.is_empty() {
        header.namespaces.bind(PREFIX, NAMESPACE);
    }
    let mut left_out = Vec::new();
    let mut note = |event: &Event, result: Result<(), WriteError>| match result {
        Ok(()) => Ok(()),
        Err(WriteError::CannotCarry(problem)) => {
            left_out.push(not_carried(event, &problem));
            Ok(())
        }
        Err(WriteError::Io(error)) => Err(internal(&error.to_string())),
    };
    let failed = |error: WriteError| internal(&error.to_string());
    let text = match wanted.syntax {
        Syntax::Json => {
            let mut writer = json::Writer::new(Vec::new(), &header).map_err(failed)?;
            events.iter().try_for_each(|event| note(event, writer.event(event)))?;
            writer.end(tail).map_err(failed)?
        }
        Syntax::Xml => {
            let mut writer = xml::Writer::new(Vec::new(), &header).map_err(failed)?;
            events.iter().try_for_each(|event| note(event, writer.event(event)))?;
            writer.end(tail).map_err(failed)?
        }
    };
    Ok((text, left_out))
}

fn internal(words: &str) -> Reason {
    Reason::new(node_codes::STORE, &[words])
}

/// `suyuan:erased`: what is left of an event whose payload is erased.
fn erased(found: &Found) -> Extension {
    let (height, index) = found.place;
    let place = format!("{height}/{index}");
    let code = Reason::new(node_codes::ERASED, &[&place]);
    said(
        "erased",
        &[
            ("position", place),
            ("recordTime", time_text(found.record.block_time)),
            ("eventTime", time_text(found.record.event_time)),
            ("code", code.code.id.to_owned()),
        ],
    )
}

/// `suyuan:leftOut`: an event that the syntax cannot carry.
fn not_carried(event: &Event, problem: &Problem) -> Extension {
    let id = event.event_id.clone().unwrap_or_default();
    let why = format!("{} {}", problem.reason.code.id, problem.reason.what(Language::En));
    let reason = Reason::new(codes::NOT_IN_XML, &[&id, &why]);
    said("leftOut", &[("eventID", id), ("code", reason.code.id.to_owned()), ("what", reason.what(Language::En))])
}

fn said(name: &str, members: &[(&str, String)]) -> Extension {
    let named = |local: &str| Name { namespace: NAMESPACE.into(), prefix: PREFIX.into(), local: local.into() };
    let member = |(local, text): &(&str, String)| Extension {
        name: named(local),
        value: Value::Scalar(text.as_str().into(), Scalar::Text),
    };
    let members = members.iter().map(member).collect();
    Extension { name: named(name), value: Value::Object(Object { members, ..Object::default() }) }
}

/// Writes words of the CBV as web URIs, which the writer of XML leaves as they are.
fn words_as_web_uris(event: &mut Event) {
    let word = |word: &mut Option<String>, vocabulary: &Vocabulary| {
        word.iter_mut().for_each(|word| web_uri(word, vocabulary));
    };
    word(&mut event.biz_step, &cbv::BIZ_STEP);
    word(&mut event.disposition, &cbv::DISPOSITION);
    if let Some(dispositions) = &mut event.persistent_disposition {
        let lists = [&mut dispositions.set, &mut dispositions.unset];
        lists.into_iter().flatten().flatten().for_each(|word| web_uri(word, &cbv::DISPOSITION));
    }
    if let Some(declaration) = &mut event.error_declaration {
        word(&mut declaration.reason, &cbv::ERROR_REASON);
    }
    for (list, vocabulary) in [
        (&mut event.biz_transaction_list, &cbv::BIZ_TRANSACTION),
        (&mut event.source_list, &cbv::SOURCE_DESTINATION),
        (&mut event.destination_list, &cbv::SOURCE_DESTINATION),
    ] {
        list.iter_mut().flatten().for_each(|typed| word(&mut typed.kind, vocabulary));
    }
}

fn web_uri(word: &mut String, vocabulary: &Vocabulary) {
    if let (true, Some(lead)) = (vocabulary.contains(word), vocabulary.web.first()) {
        *word = [lead, word.as_str()].concat();
    }
}

/// A job, or another flat document, as XML: its attributes, then its members (`CaptureJob` of GS1's OpenAPI).
pub fn flat_xml(name: &str, attributes: &[&str], document: &JsonValue) -> String {
    let declared = [("epcis", "urn:epcglobal:epcis:xsd:2"), (PREFIX, NAMESPACE)];
    let declared = declared.map(|(prefix, namespace)| format!(" xmlns:{prefix}=\"{namespace}\"")).concat();
    let mut text = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<epcis:{name}{declared}");
    for attribute in attributes {
        let value = document.get(attribute).map(scalar).unwrap_or_default();
        text.push_str(&format!(" {attribute}=\"{}\"", escaped(&value)));
    }
    text.push('>');
    for (key, value) in document.as_object().into_iter().flatten() {
        if !attributes.contains(&key.as_str()) {
            element(key, value, &mut text);
        }
    }
    text.push_str(&format!("</epcis:{name}>\n"));
    text
}

fn element(name: &str, value: &JsonValue, text: &mut String) {
    match value {
        JsonValue::Array(list) => {
            text.push_str(&format!("<{name}>"));
            let item = name.strip_suffix('s').unwrap_or("item");
            list.iter().for_each(|value| element(item, value, text));
            text.push_str(&format!("</{name}>"));
        }
        JsonValue::Object(members) => {
            text.push_str(&format!("<{name}>"));
            members.iter().for_each(|(key, value)| element(key, value, text));
            text.push_str(&format!("</{name}>"));
        }
        single => text.push_str(&format!("<{name}>{}</{name}>", escaped(&scalar(single)))),
    }
}

fn scalar(value: &JsonValue) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
