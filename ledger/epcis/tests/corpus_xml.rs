//! Published XML documents: the valid ones are accepted, the invalid ones refused for the right reason.
//!
//! Tables as in `corpus_json.rs`.

#[path = "common/judge.rs"]
mod judge;

mod common;

use judge::{Expected, compare};

fn check(folder: &str, count: usize, table: &[Expected<'_>]) {
    let Some(corpus) = common::corpus() else { return };
    let (found, differences) = compare(&corpus, folder, &["xml"], table);
    assert!(differences.is_empty(), "{folder}, expected otherwise of:\n{}", differences.join("\n"));
    assert_eq!(found, count, "files in {folder}");
}

// Goal: GS1's own examples are accepted. Method: every file, with exact codes.
#[test]
fn gs1_examples() {
    check("gs1-epcis/XML", 36, &[]);
}

// Goal: OpenEPCIS' valid documents, events and query documents are accepted. Method: as above.
#[test]
fn openepcis_valid() {
    check("openepcis/2.0/EPCIS/XML/Capture/Documents", 38, &[]);
}

#[test]
fn openepcis_events() {
    check("openepcis/2.0/EPCIS/XML/Capture/Events", 6, &[]);
}

#[test]
fn openepcis_queries() {
    check("openepcis/2.0/EPCIS/XML/Query", 6, &[]);
}

#[test]
fn openepcis_invalid() {
    check("openepcis/2.0/EPCIS/XML/Capture/Invalid", 7, &[]);
}

#[test]
fn openepcis_old() {
    check("openepcis/1.2", 17, &[]);
}
