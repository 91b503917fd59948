//! Real documents in XML.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;
#[path = "common/documents.rs"]
mod documents;

use std::path::{Path, PathBuf};

use documents::{Document, collect};
use suyuan_epcis::document::{Limits, ReadError};
use suyuan_epcis::problem::Problem;
use suyuan_epcis::xml;

fn read(mut bytes: &[u8]) -> Result<Document, ReadError> {
    collect(|receiver| xml::read(&mut bytes, &Limits::default(), receiver))
}

fn xml_files(folder: &Path) -> Vec<PathBuf> {
    documents::files(folder, &["xml"])
}

fn all_files(corpus: &Path) -> Vec<PathBuf> {
    ["gs1-epcis/XML", "openepcis", "event-hash-reference"]
        .iter()
        .flat_map(|folder| xml_files(&corpus.join(folder)))
        .collect()
}

fn codes(problems: &[Problem]) -> Vec<&'static str> {
    problems.iter().map(|problem| problem.reason.code.id).collect()
}

// Goal: what is written means what was read. Method: every document of the corpus, read, written and read again;
// events are equal as the model compares them. Events that hold what no extension may be called are refused.
#[test]
fn every_document_is_read_and_written_alike() {
    let Some(corpus) = common::corpus() else { return };
    let (mut documents, mut events, mut refused) = (0, 0, 0);
    for file in all_files(&corpus) {
        let bytes = std::fs::read(&file).unwrap();
        let first = match read(&bytes) {
            Ok(first) => first,
            Err(ReadError::Malformed(problem)) => {
                assert_eq!(problem.reason.code.id, "EPCIS-XML_ROOT", "{}: {problem:?}", file.display());
                assert!(file.to_string_lossy().contains("CaptureJob"), "{}", file.display());
                continue;
            }
            Err(error) => panic!("{}: {error}", file.display()),
        };
        documents += 1;
        let mut header = first.header;
        header.creation_date.get_or_insert_with(|| "2026-01-01T00:00:00Z".to_owned());
        header.query_name.get_or_insert_with(|| "SimpleEventQuery".to_owned());
        header.query.iter_mut().for_each(|parameter| {
            parameter.values.get_or_insert_default();
        });
        // `createdAt` in place of `creationDate`.
        header.extensions.retain(|extension| !extension.name.namespace.is_empty());
        let mut writer =
            xml::Writer::new(Vec::new(), &header).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let mut written = Vec::new();
        for (event, problems) in first.events.iter().zip(&first.event_problems) {
            match writer.event(event) {
                Ok(()) => written.push(event),
                Err(error) => {
                    assert!(problems.iter().any(Problem::is_error), "{}: {error}", file.display());
                    refused += 1;
                }
            }
        }
        let text = writer.end(&first.tail).unwrap();
        let second = read(&text)
            .unwrap_or_else(|error| panic!("{}: {error}\n{}", file.display(), String::from_utf8_lossy(&text)));
        let again = second.header;
        assert_eq!(again.namespaces, header.namespaces, "{}", file.display());
        assert_eq!(again.master_data, header.master_data, "{}", file.display());
        assert_eq!(again.header_extensions, header.header_extensions, "{}", file.display());
        assert_eq!(again.query, header.query, "{}", file.display());
        assert_eq!(second.events.len(), written.len(), "{}", file.display());
        for ((event, problems), expected) in second.events.iter().zip(&second.event_problems).zip(written) {
            assert_eq!(event, expected, "{}", file.display());
            // What is written has the XSD's order, whatever was read.
            let structural = ["EPCIS-XML_ORDER", "EPCIS-XML_PLACE", "EPCIS-XML_QUALIFIED", "EPCIS-UNKNOWN_FIELD"];
            assert!(!codes(problems).iter().any(|code| structural.contains(code)), "{}: {problems:?}", file.display());
            events += 1;
        }
    }
    assert!(
        documents >= 145 && events >= 250 && refused <= 4,
        "{documents} documents, {events} events, {refused} refused"
    );
}

// Goal: GS1's own documents have no fault. Method: all of them.
#[test]
fn examples_of_gs1_are_valid() {
    let Some(corpus) = common::corpus() else { return };
    for file in xml_files(&corpus.join("gs1-epcis/XML")) {
        if file.to_string_lossy().contains("CaptureJob") {
            continue;
        }
        let read = read(&std::fs::read(&file).unwrap()).unwrap();
        let problems = read.problems();
        assert!(problems.is_empty(), "{}: {problems:?}", file.display());
    }
}

// Goal: each deliberately invalid document is refused for its fault. Method: a table of the files and codes.
#[test]
fn invalid_documents_give_their_code() {
    let Some(corpus) = common::corpus() else { return };
    let table = [
        ("Capture/Invalid/ObjectEvent_bare_event_without_action.xml", "EPCIS-MISSING_FIELD", "/action", 1),
        (
            "Capture/Invalid/ObjectEvent_with_invalid_action.xml",
            "EPCIS-BAD_ACTION",
            "/epcisBody/eventList/0/action",
            12,
        ),
        (
            "Capture/Invalid/ObjectEvent_with_invalid_eventTime_format.xml",
            "EPCIS-BAD_TIME",
            "/epcisBody/eventList/0/eventTime",
            7,
        ),
        (
            "Capture/Invalid/ObjectEvent_with_near_miss_action.xml",
            "EPCIS-BAD_ACTION",
            "/epcisBody/eventList/0/action",
            13,
        ),
        (
            "Capture/Invalid/ObjectEvent_with_unknown_element.xml",
            "EPCIS-UNKNOWN_FIELD",
            "/epcisBody/eventList/0/madeUpField",
            13,
        ),
        (
            "Capture/Invalid/ObjectEvent_with_wrong_element_order.xml",
            "EPCIS-XML_ORDER",
            "/epcisBody/eventList/0/eventTime",
            8,
        ),
        (
            "Capture/Invalid/ObjectEvent_without_eventTime.xml",
            "EPCIS-MISSING_FIELD",
            "/epcisBody/eventList/0/eventTime",
            6,
        ),
        (
            "Query/Invalid/QueryDocument_with_invalid_action.xml",
            "EPCIS-BAD_ACTION",
            "/epcisBody/queryResults/resultsBody/eventList/0/action",
            14,
        ),
        (
            "Query/Invalid/QueryDocument_with_invalid_eventType.xml",
            "EPCIS-UNKNOWN_EVENT_TYPE",
            "/epcisBody/queryResults/resultsBody/eventList/0",
            8,
        ),
        ("Query/Invalid/QueryDocument_with_missing_value.xml", "EPCIS-MISSING_FIELD", "/epcisBody/query/1/value", 15),
        ("Query/Queries/Invalid/Query_without_queryName.xml", "EPCIS-MISSING_FIELD", "/epcisBody/query/queryName", 6),
    ];
    let folder = corpus.join("openepcis/2.0/EPCIS/XML");
    for (name, code, pointer, line) in table {
        let read = read(&std::fs::read(folder.join(name)).unwrap()).unwrap();
        let problems = read.problems();
        let found = problems.iter().find(|problem| problem.reason.code.id == code && problem.place.pointer == pointer);
        let found = found.unwrap_or_else(|| panic!("{name}: {problems:?}"));
        assert_eq!(found.place.line, Some(line), "{name}");
        assert!(found.is_error());
    }
    let listed = xml_files(&folder).iter().filter(|file| file.to_string_lossy().contains("Invalid")).count();
    assert_eq!(listed, table.len(), "every invalid document has its line in the table");
}

// Goal: the reader and GS1's XSD agree on what is valid. Method: every document in a namespace of 2.0; those listed are
// the ones that a schema processor refuses with `gs1-epcis/XSD`.
#[test]
fn verdicts_agree_with_the_xsd() {
    let Some(corpus) = common::corpus() else { return };
    let refused = [
        "Capture/Documents/Namespace_document.xml",
        "Capture/Documents/JumbledFieldsOrder.xml",
        "Capture/Invalid/ObjectEvent_with_near_miss_action.xml",
        "Capture/Invalid/ObjectEvent_with_invalid_action.xml",
        "Capture/Invalid/ObjectEvent_without_eventTime.xml",
        "Capture/Invalid/ObjectEvent_with_unknown_element.xml",
        "Capture/Invalid/ObjectEvent_with_wrong_element_order.xml",
        "Capture/Invalid/ObjectEvent_with_invalid_eventTime_format.xml",
        "Query/CurieString_document.xml",
        "Query/Invalid/QueryDocument_with_invalid_eventType.xml",
        "Query/Invalid/QueryDocument_with_invalid_action.xml",
        "Query/Invalid/QueryDocument_with_missing_value.xml",
        "Query/TransformationEvent_with_error_declaration.xml",
        "Query/SensorData_with_combined_events.xml",
        "Query/Queries/Invalid/Query_without_queryName.xml",
        "2.0/EPCIS/XML/Query/TransactionEvent_with_userExtensions.xml",
        "Query/ObjectEventWithAllPossibleFields.xml",
        "Query/JumbledFieldsOrder.xml",
        "2.0/EPCIS/XML/Query/Combination_of_different_event.xml",
        "1.2/EPCIS/XML/Capture/Documents/Document_with_namespace.xml",
        "examples/epcisXmlDocHavingEventWithIgnoreFields.xml",
        "event-hash-reference/examples/SensorDataExamples.xml",
        "examples/epcisQueryDocument.xml",
        "examples/epcisXmlQueryDocHavingEventWithIgnoreFields.xml",
    ];
    let mut judged = 0;
    for file in all_files(&corpus) {
        let bytes = std::fs::read(&file).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        let whole = text.contains("EPCISDocument")
            || text.contains("EPCISQueryDocument")
            || text.contains("EPCISMasterDataDocument");
        if !text.contains(":xsd:2\"") || text.contains("epcis:xsd:1\"") || !whole {
            continue;
        }
        let read = read(&bytes).unwrap();
        let invalid = read.problems().into_iter().any(Problem::is_error);
        let expected = refused.iter().any(|name| file.ends_with(name));
        assert_eq!(invalid, expected, "{}", file.display());
        judged += 1;
    }
    assert!(judged > 100, "{judged}");
}
