//! EPC conversion and the company prefix table against the corpus.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;
#[path = "../generate/gcp_table.rs"]
mod gcp_table;

use suyuan_epcis::epc::{append_constrained_canonical, constrained_canonical, gcp};

// Goal: the event hash's canonical form is the published one. Method: every row of the vectors;
// the appending form must agree and leave what was there.
#[test]
fn canonical_vectors() {
    let Some(corpus) = common::corpus() else { return };
    let table = std::fs::read_to_string(corpus.join("identifiers/epc_or_dl_to_canonical_dl.tsv")).unwrap();
    let mut rows = 0;
    for row in table.lines().filter(|row| !row.starts_with('#') && !row.is_empty()) {
        let (input, expected) = row.split_once('\t').unwrap();
        let expected = (expected != "NONE").then_some(expected);
        assert_eq!(constrained_canonical(input).as_deref(), expected, "{input}");
        let mut appended = "before".to_owned();
        assert_eq!(append_constrained_canonical(input, &mut appended), expected.is_some(), "{input}");
        assert_eq!(appended.strip_prefix("before").unwrap(), expected.unwrap_or(""), "{input}");
        rows += 1;
    }
    assert!(rows >= 35, "only {rows} rows");
}

// Goal: the checked-in table is the one its generator makes, and every prefix is found in it.
// Method: make it again; look up each row, as it is and with every kind of digits after it.
#[test]
fn company_prefix_lengths() {
    let Some(corpus) = common::corpus() else { return };
    let rows = std::fs::read_to_string(corpus.join("identifiers/gcp_lengths.tsv")).unwrap();
    let table = gcp_table::encode(&rows).unwrap();
    assert!(table == include_bytes!("../src/epc/gcp_lengths.bin"), "run the generator again");
    let mut count = 0;
    for row in rows.lines() {
        let (prefix, length) = row.split_once('\t').unwrap();
        let length: usize = length.parse().unwrap();
        let expected = (length != 0).then_some(length);
        for rest in ["", "000000000000", "999999999999", "5", "31415926", "00ABC"] {
            let digits = format!("{prefix}{rest}");
            assert_eq!(gcp::prefix_length(&digits), expected, "{digits}");
        }
        count += 1;
    }
    assert_eq!(count, 99_839);
    for unknown in ["", "A", "4", "６901234", "000000"] {
        let expected = (unknown == "000000").then_some(7);
        assert_eq!(gcp::prefix_length(unknown), expected, "{unknown}");
    }
}
