//! Goal: what others have published can be recorded and comes out as it went in. Method: every document of the corpus
//! is captured by the command into a fresh data directory (RocksDB) and exported; each exported event has the model and
//! the hashes, under every profile, of the one that went in, user extensions, sensor data and ILMD included. Every
//! event is accounted for: one that the standard's own rules find wrong is refused for just that; what the gate refuses
//! beyond that stands in the tables below, with its code.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../../ledger/epcis/tests/common/mod.rs"]
mod common;
#[path = "../../ledger/epcis/tests/common/documents.rs"]
mod documents;
mod runner;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use documents::{Document, files, load};
use runner::{chain_with_known_keys, copy, folder, path, run};
use serde_json::Value;
use suyuan_epcis::codes::Severity;
use suyuan_epcis::document::NoLines;
use suyuan_epcis::hash::{EventHash, Profile, ignored_fields};
use suyuan_epcis::input::Input;
use suyuan_epcis::model::Event;
use suyuan_epcis::problem::{Problem, Problems};
use suyuan_epcis::validate;

/// Runs wait for the disk most of the time.
const AT_ONCE: usize = 8;

/// A file below the corpus, and its events that the standard allows and the gate refuses: index and code.
type Refused = (&'static str, &'static [(u64, &'static str)]);

/// What was compared.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Compared {
    documents: usize,
    unreadable: usize,
    events: usize,
    with_extensions: usize,
    with_sensors: usize,
    with_ilmd: usize,
    invalid: usize,
    refused: usize,
    duplicates: usize,
}

/// The errors that the standard's rules find in an event.
fn errors(document: &Document, index: usize) -> BTreeSet<&'static str> {
    let mut problems = Problems::new(Some(index as u64));
    validate::event(&document.events[index], "", &ignored_fields(&document.header), &mut problems, &NoLines);
    let all = document.event_problems[index].iter().chain(&problems.list);
    all.filter(|problem: &&Problem| problem.severity() == Severity::Error).map(|one| one.reason.code.id).collect()
}

/// What is said of an event wherever its prefixes are declared.
fn model(event: &Event) -> Event {
    Event { namespaces: Default::default(), ..event.clone() }
}

/// The error codes that a capture gave, by event.
fn codes_of(said: &Value) -> BTreeMap<u64, BTreeSet<String>> {
    let mut codes: BTreeMap<u64, BTreeSet<String>> = BTreeMap::new();
    for problem in said["problems"].as_array().unwrap() {
        if let (Some(event), "error") = (problem["event"].as_u64(), problem["severity"].as_str().unwrap()) {
            codes.entry(event).or_default().insert(problem["code"].as_str().unwrap().to_owned());
        }
    }
    codes
}

impl Compared {
    /// Documents, unreadable ones, events compared; of these with extensions, sensors, ILMD; invalid events, refused
    /// ones, duplicates.
    fn counts(&self) -> [usize; 9] {
        [
            self.documents,
            self.unreadable,
            self.events,
            self.with_extensions,
            self.with_sensors,
            self.with_ilmd,
            self.invalid,
            self.refused,
            self.duplicates,
        ]
    }
}

/// Captures one file and compares what comes out.
fn check(new: &str, file: &Path, refused: &[(u64, &str)], compared: &mut Compared) -> Result<(), String> {
    let work = folder(&[]);
    let dir = path(&work, "data");
    copy(Path::new(new), Path::new(&dir));
    let captured = run(&["capture", file.to_str().unwrap(), "--dir", &dir, "--json"]);
    let said = captured.json();
    let number = |name: &str| said[name].as_u64().unwrap() as usize;
    let document = match load(Input::open(file).unwrap()) {
        Ok(document) => document,
        Err(_) => {
            compared.unreadable += 1;
            let told = (captured.code, number("unreadable")) == (1, 1) && said["problems"][0]["severity"] == "error";
            return if told { Ok(()) } else { Err(format!("unreadable, and not said: {said}")) };
        }
    };
    compared.documents += 1;
    let (codes, ignored) = (codes_of(&said), ignored_fields(&document.header));
    let mut ids: BTreeSet<(String, bool)> = BTreeSet::new();
    let (mut expected, mut beyond, mut duplicates) = (Vec::new(), Vec::new(), 0);
    for (index, event) in document.events.iter().enumerate() {
        let wrong = errors(&document, index);
        let found = codes.get(&(index as u64)).cloned().unwrap_or_default();
        if !wrong.is_empty() {
            if !wrong.iter().any(|code| found.contains(*code)) {
                return Err(format!("event {index}: {wrong:?} expected, {found:?} said"));
            }
            compared.invalid += 1;
        } else if let Some(code) = found.first() {
            beyond.push((index as u64, code.clone()));
        } else {
            let mut event = event.clone();
            let hash = || EventHash::of(&event, Profile::Cbv20Of2025, &ignored).to_ni();
            let id = event.event_id.clone().unwrap_or_else(hash);
            event.event_id = Some(id.clone());
            // A declaration of an error has the id of what it declares erroneous.
            match ids.insert((id, event.error_declaration.is_some())) {
                true => expected.push(event),
                false => duplicates += 1,
            }
        }
    }
    let listed: Vec<(u64, String)> = refused.iter().map(|(index, code)| (*index, (*code).to_owned())).collect();
    if beyond != listed {
        return Err(format!("refused beyond the standard: {beyond:?}"));
    }
    let counts = (number("accepted"), number("duplicates"));
    if counts != (expected.len(), duplicates) {
        return Err(format!("accepted, duplicates: {counts:?}, expected {:?}; {said}", (expected.len(), duplicates)));
    }
    compared.refused += beyond.len();
    compared.duplicates += duplicates;
    let exported = run(&["export", "--dir", &dir]);
    let lines: Vec<&str> = exported.stdout.lines().collect();
    if (exported.code, lines.len()) != (0, expected.len()) {
        return Err(format!("{} exported: {}", lines.len(), exported.stderr));
    }
    for (line, event) in lines.iter().zip(&expected) {
        let alone = load(Input::Memory(line.as_bytes().to_vec())).map_err(|error| format!("{error}: {line}"))?;
        let [found] = alone.events.as_slice() else { return Err(format!("not one event: {line}")) };
        if model(found) != model(event) {
            return Err(format!("another event\n  {event:?}\n  {found:?}"));
        }
        for profile in Profile::ALL {
            if EventHash::of(found, profile, &ignored) != EventHash::of(event, profile, &ignored) {
                return Err(format!("another hash ({})", profile.name()));
            }
        }
        compared.events += 1;
        compared.with_extensions += usize::from(!event.extensions.is_empty());
        compared.with_sensors += usize::from(event.sensor_element_list.is_some());
        compared.with_ilmd += usize::from(event.ilmd.is_some());
    }
    Ok(())
}

/// Checks every document of these folders, several at once.
fn check_all(folders: &[&str], endings: &[&str], table: &[Refused]) -> Option<Compared> {
    let corpus = common::corpus()?;
    let found: Vec<PathBuf> = folders.iter().flat_map(|folder| files(&corpus.join(folder), endings)).collect();
    let mut rows: BTreeMap<&str, &[(u64, &str)]> = table.iter().copied().collect();
    let name = |file: &PathBuf| file.strip_prefix(&corpus).unwrap().to_str().unwrap().to_owned();
    let work: Vec<_> =
        found.iter().map(|file| (file, name(file), rows.remove(&*name(file)).unwrap_or_default())).collect();
    let (next, faults, total) = (AtomicUsize::new(0), Mutex::new(Vec::new()), Mutex::new(Compared::default()));
    let template = folder(&[]);
    let new = chain_with_known_keys(&template);
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some((file, name, refused)) = work.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let mut compared = Compared::default();
                    if let Err(fault) = check(&new, file, refused, &mut compared) {
                        faults.lock().unwrap().push(format!("{name}: {fault}"));
                    }
                    add(&mut total.lock().unwrap(), &compared);
                }
            });
        }
    });
    let mut faults = faults.into_inner().unwrap();
    faults.extend(rows.keys().map(|name| format!("{name} is in the table but not in the corpus")));
    faults.sort();
    assert!(faults.is_empty(), "{} of {} documents:\n{}", faults.len(), work.len(), faults.join("\n"));
    let total = total.into_inner().unwrap();
    println!("{total:?}");
    Some(total)
}

fn add(total: &mut Compared, one: &Compared) {
    total.documents += one.documents;
    total.unreadable += one.unreadable;
    total.events += one.events;
    total.with_extensions += one.with_extensions;
    total.with_sensors += one.with_sensors;
    total.with_ilmd += one.with_ilmd;
    total.invalid += one.invalid;
    total.refused += one.refused;
    total.duplicates += one.duplicates;
}

#[test]
fn gs1_json() {
    let folders = ["gs1-epcis/JSON", "gs1-epcis/JSON-simple-context"];
    let Some(compared) = check_all(&folders, &["jsonld"], GS1_JSON) else { return };
    assert_eq!(compared.counts(), [93, 0, 85, 28, 34, 4, 13, 12, 0]);
}

#[test]
fn gs1_xml() {
    let Some(compared) = check_all(&["gs1-epcis/XML"], &["xml"], GS1_XML) else { return };
    assert_eq!(compared.counts(), [33, 4, 60, 21, 27, 9, 0, 3, 0]);
}

#[test]
fn openepcis_json() {
    let Some(compared) = check_all(&["openepcis/2.0/EPCIS/JSON"], &["json"], OPENEPCIS_JSON) else { return };
    assert_eq!(compared.counts(), [72, 0, 82, 25, 44, 3, 28, 15, 0]);
}

#[test]
fn openepcis_xml() {
    let folders = ["openepcis/1.2/EPCIS/XML", "openepcis/2.0/EPCIS/XML"];
    let Some(compared) = check_all(&folders, &["xml"], OPENEPCIS_XML) else { return };
    assert_eq!(compared.counts(), [85, 0, 117, 32, 55, 6, 20, 19, 0]);
}

#[test]
fn others() {
    let folders = [
        "fsma204/fsma204/epcis",
        "event-hash-reference/examples",
        "event-hash-reference/expected_equal",
        "event-hash-2026",
        "dscsa-exceptions/examples",
    ];
    let Some(compared) = check_all(&folders, &["json", "jsonld", "xml"], OTHERS) else { return };
    assert_eq!(compared.counts(), [66, 0, 97, 15, 21, 6, 29, 5, 5]);
}

/// Examples show the declaration of an error alone; a ledger wants the event that it declares erroneous.
const UNKNOWN_TARGET: &str = "LEDGER-206";
/// The example makes the same outputs twice.
const MADE_AGAIN: &str = "LEDGER-203";

const GS1_JSON: &[Refused] = &[
    ("gs1-epcis/JSON-simple-context/AssociationEvent/AssociationEvent-g.jsonld", &[(0, UNKNOWN_TARGET)]),
    (
        "gs1-epcis/JSON-simple-context/WithErrorDeclaration/ErrorDeclarationAndCorrectiveEvent.jsonld",
        &[(0, UNKNOWN_TARGET)],
    ),
    (
        "gs1-epcis/JSON-simple-context/WithErrorDeclaration/Example_9.6.1-ObjectEvent-with-error-declaration.jsonld",
        &[(0, UNKNOWN_TARGET)],
    ),
    ("gs1-epcis/JSON/AssociationEvent/AssociationEvent-g.jsonld", &[(0, UNKNOWN_TARGET)]),
    ("gs1-epcis/JSON/WithErrorDeclaration/ErrorDeclarationAndCorrectiveEvent.jsonld", &[(0, UNKNOWN_TARGET)]),
    (
        "gs1-epcis/JSON/WithErrorDeclaration/Example_9.6.1-ObjectEvent-with-error-declaration.jsonld",
        &[(0, UNKNOWN_TARGET)],
    ),
    ("gs1-epcis/JSON/WithFullCombinationOfFields/aggregation_event_all_possible_fields.jsonld", &[(0, UNKNOWN_TARGET)]),
    ("gs1-epcis/JSON/WithFullCombinationOfFields/association_event_all_possible_fields.jsonld", &[(0, UNKNOWN_TARGET)]),
    ("gs1-epcis/JSON/WithFullCombinationOfFields/object_event_all_possible_fields.jsonld", &[(0, UNKNOWN_TARGET)]),
    ("gs1-epcis/JSON/WithFullCombinationOfFields/transaction_event_all_possible_fields.jsonld", &[(0, UNKNOWN_TARGET)]),
    (
        "gs1-epcis/JSON/WithFullCombinationOfFields/transformation_event_all_possible_fields.jsonld",
        &[(0, UNKNOWN_TARGET)],
    ),
    ("gs1-epcis/JSON/WithSensorData/SensorDataExample12.jsonld", &[(0, UNKNOWN_TARGET)]),
];

const GS1_XML: &[Refused] = &[
    ("gs1-epcis/XML/WithErrorDeclaration/ErrorDeclarationAndCorrectiveEvent.xml", &[(0, UNKNOWN_TARGET)]),
    ("gs1-epcis/XML/WithExtension/TransformationEvent.xml", &[(0, UNKNOWN_TARGET)]),
    ("gs1-epcis/XML/WithSensorData/SensorDataExamples.xml", &[(11, UNKNOWN_TARGET)]),
];

const OPENEPCIS_JSON: &[Refused] = &[
    ("openepcis/2.0/EPCIS/JSON/Capture/Documents/AggregationEvent_all_possible_fields.json", &[(0, UNKNOWN_TARGET)]),
    ("openepcis/2.0/EPCIS/JSON/Capture/Documents/Combination_of_different_event.json", &[(4, UNKNOWN_TARGET)]),
    ("openepcis/2.0/EPCIS/JSON/Capture/Documents/ObjectEvent_all_possible_fields.json", &[(0, UNKNOWN_TARGET)]),
    ("openepcis/2.0/EPCIS/JSON/Capture/Documents/ObjectEvent_with_error_declaration.json", &[(0, UNKNOWN_TARGET)]),
    ("openepcis/2.0/EPCIS/JSON/Capture/Documents/SensorData_with_combined_events.json", &[(11, UNKNOWN_TARGET)]),
    ("openepcis/2.0/EPCIS/JSON/Capture/Documents/TransactionEvent_all_possible_fields.json", &[(0, UNKNOWN_TARGET)]),
    ("openepcis/2.0/EPCIS/JSON/Capture/Documents/TransformationEvent_all_possible_fields.json", &[(0, UNKNOWN_TARGET)]),
    (
        "openepcis/2.0/EPCIS/JSON/Capture/Documents/TransformationEvent_with_error_declaration.json",
        &[(0, UNKNOWN_TARGET)],
    ),
    ("openepcis/2.0/EPCIS/JSON/Capture/Documents/TransformationEvent_with_sensorData.json", &[(0, UNKNOWN_TARGET)]),
    ("openepcis/2.0/EPCIS/JSON/Capture/Documents/TransformationEvent_with_userExtensions.json", &[(0, UNKNOWN_TARGET)]),
    ("openepcis/2.0/EPCIS/JSON/Capture/Events/TransformationEvent.json", &[(0, UNKNOWN_TARGET)]),
    ("openepcis/2.0/EPCIS/JSON/Query/Combination_of_different_event.json", &[(4, UNKNOWN_TARGET)]),
    ("openepcis/2.0/EPCIS/JSON/Query/ObjectEventWithAllPossibleFields.json", &[(0, UNKNOWN_TARGET)]),
    ("openepcis/2.0/EPCIS/JSON/Query/SensorData_with_combined_events.json", &[(11, UNKNOWN_TARGET)]),
    ("openepcis/2.0/EPCIS/JSON/Query/TransformationEvent_with_error_declaration.json", &[(0, UNKNOWN_TARGET)]),
];

const OPENEPCIS_XML: &[Refused] = &[
    ("openepcis/1.2/EPCIS/XML/Capture/Documents/AggregationEvent_all_possible_fields.xml", &[(0, UNKNOWN_TARGET)]),
    ("openepcis/1.2/EPCIS/XML/Capture/Documents/All_eventTypes_in_single_document.xml", &[(4, UNKNOWN_TARGET)]),
    ("openepcis/1.2/EPCIS/XML/Capture/Documents/AssociationEvent_all_possible_fields.xml", &[(0, UNKNOWN_TARGET)]),
    ("openepcis/1.2/EPCIS/XML/Capture/Documents/TransformationEvent.xml", &[(0, UNKNOWN_TARGET)]),
    ("openepcis/1.2/EPCIS/XML/Capture/Documents/TransformationEvent_all_possible_fields.xml", &[(0, UNKNOWN_TARGET)]),
    ("openepcis/2.0/EPCIS/XML/Capture/Documents/AggregationEvent_all_possible_fields.xml", &[(0, UNKNOWN_TARGET)]),
    ("openepcis/2.0/EPCIS/XML/Capture/Documents/Combination_of_different_event.xml", &[(4, UNKNOWN_TARGET)]),
    ("openepcis/2.0/EPCIS/XML/Capture/Documents/ObjectEvent_all_possible_fields.xml", &[(0, UNKNOWN_TARGET)]),
    ("openepcis/2.0/EPCIS/XML/Capture/Documents/ObjectEvent_with_error_declaration.xml", &[(0, UNKNOWN_TARGET)]),
    ("openepcis/2.0/EPCIS/XML/Capture/Documents/SensorData_with_combined_events.xml", &[(11, UNKNOWN_TARGET)]),
    ("openepcis/2.0/EPCIS/XML/Capture/Documents/TransactionEvent_all_possible_fields.xml", &[(0, UNKNOWN_TARGET)]),
    ("openepcis/2.0/EPCIS/XML/Capture/Documents/TransformationEvent_all_possible_fields.xml", &[(0, UNKNOWN_TARGET)]),
    ("openepcis/2.0/EPCIS/XML/Capture/Documents/TransformationEvent_with_errorDeclaration.xml", &[(0, UNKNOWN_TARGET)]),
    ("openepcis/2.0/EPCIS/XML/Capture/Documents/TransformationEvent_with_sensorData.xml", &[(0, UNKNOWN_TARGET)]),
    ("openepcis/2.0/EPCIS/XML/Capture/Documents/TransformationEvent_with_userExtensions.xml", &[(0, UNKNOWN_TARGET)]),
    ("openepcis/2.0/EPCIS/XML/Capture/Events/TransformationEvent.xml", &[(0, UNKNOWN_TARGET)]),
    ("openepcis/2.0/EPCIS/XML/Query/Combination_of_different_event.xml", &[(4, UNKNOWN_TARGET)]),
    ("openepcis/2.0/EPCIS/XML/Query/Documents/QueryResultsDocument.xml", &[(4, UNKNOWN_TARGET)]),
    ("openepcis/2.0/EPCIS/XML/Query/SensorData_with_combined_events.xml", &[(11, UNKNOWN_TARGET)]),
];

const OTHERS: &[Refused] = &[
    ("event-hash-reference/examples/epcisDocWith2DifferentTransformationEvents.xml", &[(1, MADE_AGAIN)]),
    ("event-hash-reference/examples/epcisDocWithVariousEventTypes.jsonld", &[(11, MADE_AGAIN)]),
    ("event-hash-reference/examples/epcisDocWithVariousEventTypes.xml", &[(11, MADE_AGAIN)]),
    ("event-hash-reference/examples/epcisDocWithXMLstartTagAndErrorDeclaration.jsonld", &[(0, UNKNOWN_TARGET)]),
    ("event-hash-reference/examples/epcisDocWithXMLstartTagAndErrorDeclaration.xml", &[(0, UNKNOWN_TARGET)]),
];
