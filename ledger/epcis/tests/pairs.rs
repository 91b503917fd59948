//! One event has one hash, in JSON and in XML.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;
#[path = "common/documents.rs"]
mod documents;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use documents::hashes;
use suyuan_epcis::hash::Profile;

/// The files of a folder by stem.
fn stems(folder: &Path) -> BTreeMap<String, PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = entries.filter(|path| path.is_file());
    files.map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), path)).collect()
}

/// Pairs that differ, with the reason why the two files really say different things.
const DIFFERENT: &[(&str, &str)] = &[
    ("Capture/Documents/SensorData_with_combined_events", MOLAR),
    ("Query/SensorData_with_combined_events", MOLAR),
    ("Capture/Documents/TransactionEvent_with_userExtensions", EFFECTIVE_DOSE),
    ("Query/TransactionEvent_with_userExtensions", EFFECTIVE_DOSE),
    ("Capture/Events/TransactionEvent", "the XML has an empty rail:vehicleMasterGIAI that the JSON has not"),
    ("Capture/Events/TransformationEvent", NIL),
    (
        "Query/queryDocument",
        "the XML writes https://ref.gs1.org/voc/Speed, which every state of the reference keeps as written; the JSON \
         writes Speed, which each state expands to the host it knows (a row of stable_hashes.tsv demands the former)",
    ),
    ("Example_9.6.1-ObjectEvent.jsonld", "the namespace of myField ends with / in the JSON and does not in the XML"),
    (
        "Example-TransactionEvents-2020_07_03y.jsonld",
        "the XML has an empty rail:vehicleMasterGIAI that the JSON has not",
    ),
    ("PersistentDisposition-example.jsonld", "an ObjectEvent in the JSON, an AggregationEvent in the XML"),
    ("WithErrorDeclaration/ErrorDeclarationAndCorrectiveEvent.jsonld", "the JSON gives a quantity, the XML none"),
    (
        "WithFullCombinationOfFields/aggregation_event_all_possible_fields.jsonld",
        "component latitude in the JSON, example:x in the XML",
    ),
    ("WithFullCombinationOfFields/association_event_all_possible_fields.jsonld", NESTED),
    (
        "WithFullCombinationOfFields/object_event_all_possible_fields.jsonld",
        "action ADD in the JSON, OBSERVE in the XML",
    ),
    ("WithFullCombinationOfFields/transaction_event_all_possible_fields.jsonld", NESTED),
    ("WithFullCombinationOfFields/transformation_event_all_possible_fields.jsonld", NESTED),
];

const MOLAR: &str = "the JSON writes Molar_concentration, a bare word that the vocabulary has not; the XML puts it into \
    GS1's namespace (gs1:Molar_concentration)";
const EFFECTIVE_DOSE: &str = "the JSON writes EffectiveDoseRate, a bare word that the vocabulary has not; the XML puts it \
    into GS1's namespace";
const NIL: &str = "the XML gives a quantity as xsi:nil, the JSON gives none; every state of the reference hashes the nil \
    (rows of stable_hashes.tsv demand it)";
const NESTED: &str = "an extension is nested one level deeper in the JSON";

/// The texts from a little before the place where they part.
fn where_they_part(one: &str, two: &str) -> String {
    let same = one.chars().zip(two.chars()).take_while(|(a, b)| a == b).count();
    let window = |text: &str| text.chars().skip(same.saturating_sub(40)).take(160).collect::<String>();
    format!("\n  json …{}…\n  xml  …{}…", window(one), window(two))
}

fn check(pairs: &[(String, PathBuf, PathBuf)]) {
    let mut differences = Vec::new();
    for (name, json, xml) in pairs {
        let listed = DIFFERENT.iter().any(|(pair, _)| pair == name);
        let mut differs = None;
        for profile in Profile::ALL {
            let (one, two) = (hashes(json, profile), hashes(xml, profile));
            assert!(!one.is_empty(), "{name} has no events");
            let at = one.iter().zip(&two).position(|(one, two)| one.0 != two.0);
            if one.len() != two.len() {
                differs = Some(format!("{} and {} events", one.len(), two.len()));
            } else if let Some(at) = at {
                differs = Some(format!("#{at} {}{}", profile.name(), where_they_part(&one[at].1, &two[at].1)));
            }
        }
        match (differs, listed) {
            (Some(difference), false) => differences.push(format!("{name}: {difference}")),
            (None, true) => differences.push(format!("{name} is listed as different, and is not")),
            _ => {}
        }
    }
    assert!(differences.is_empty(), "{} of {}\n{}", differences.len(), pairs.len(), differences.join("\n"));
}

// Goal: openEPCIS' JSON and XML of one document hash alike under every profile.
// Method: files of one stem in the two folders; what really differs is listed with its reason.
#[test]
fn openepcis_pairs() {
    let Some(corpus) = common::corpus() else { return };
    let base = corpus.join("openepcis/2.0/EPCIS");
    let mut pairs = Vec::new();
    for folder in ["Capture/Documents", "Capture/Events", "Query"] {
        let xml = stems(&base.join("XML").join(folder));
        for (stem, json) in stems(&base.join("JSON").join(folder)) {
            if let Some(xml) = xml.get(&stem) {
                pairs.push((format!("{folder}/{stem}"), json, xml.clone()));
            }
        }
    }
    assert!(pairs.len() >= 49, "{} pairs", pairs.len());
    check(&pairs);
}

/// GS1's examples that are one document in two syntaxes: JSON, XML.
const GS1_PAIRS: &[(&str, &str)] = &[
    ("Example_9.6.1-ObjectEvent.jsonld", "Example_9.6.1-ObjectEvent-2020_06_18a.xml"),
    ("Example-TransactionEvents-2020_07_03y.jsonld", "Example-TransactionEvent-2020_07_03y.xml"),
    ("PersistentDisposition-example.jsonld", "Example-PersistentDisposition.xml"),
    (
        "WithErrorDeclaration/ErrorDeclarationAndCorrectiveEvent.jsonld",
        "WithErrorDeclaration/ErrorDeclarationAndCorrectiveEvent.xml",
    ),
    (
        "WithFullCombinationOfFields/aggregation_event_all_possible_fields.jsonld",
        "WithFullCombinationOfFields/aggregation_event_all_possible_fields.xml",
    ),
    (
        "WithFullCombinationOfFields/association_event_all_possible_fields.jsonld",
        "WithFullCombinationOfFields/association_event_all_possible_fields.xml",
    ),
    (
        "WithFullCombinationOfFields/object_event_all_possible_fields.jsonld",
        "WithFullCombinationOfFields/object_event_all_possible_fields.xml",
    ),
    (
        "WithFullCombinationOfFields/transaction_event_all_possible_fields.jsonld",
        "WithFullCombinationOfFields/transaction_event_all_possible_fields.xml",
    ),
    (
        "WithFullCombinationOfFields/transformation_event_all_possible_fields.jsonld",
        "WithFullCombinationOfFields/transformation_event_all_possible_fields.xml",
    ),
];

// Goal: the same for GS1's own examples. Method: the pairs by name.
#[test]
fn gs1_pairs() {
    let Some(corpus) = common::corpus() else { return };
    let base = corpus.join("gs1-epcis");
    let pairs: Vec<_> = GS1_PAIRS
        .iter()
        .map(|(json, xml)| ((*json).to_owned(), base.join("JSON").join(json), base.join("XML").join(xml)))
        .collect();
    check(&pairs);
}

// Goal: GS1's spellings of one event have one hash, under every profile.
// Method: the folder that GS1 made for it; its second file gives another time zone offset, which is hashed as it
// stands, so it really differs.
#[test]
fn identical_hash_ids() {
    let Some(corpus) = common::corpus() else { return };
    let files = stems(&corpus.join("gs1-epcis/XML/WithEventHashID"));
    assert_eq!(files.len(), 7);
    for profile in Profile::ALL {
        let mut groups: BTreeMap<String, Vec<char>> = BTreeMap::new();
        for (stem, file) in &files {
            let found = hashes(file, profile);
            groups.entry(found[0].0.clone()).or_default().extend(stem.chars().last());
        }
        let mut groups: Vec<String> = groups.into_values().map(|group| group.into_iter().collect()).collect();
        groups.sort();
        assert_eq!(groups, GROUPS, "{}", profile.name());
    }
}

/// The numbers of the files that hash alike.
const GROUPS: &[&str] = &["134567", "2"];
