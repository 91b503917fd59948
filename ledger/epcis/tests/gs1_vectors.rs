//! Goal: agree with GS1's own reference on every published vector. Method: the vectors of its linters, its element
//! string parser and its Digital Link parser and writer, one row at a time; where a row was made with another setting of
//! the reference, the row is named here with that setting.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use suyuan_epcis::codes::Language;
use suyuan_epcis::gs1::digital_link;
use suyuan_epcis::gs1::element_string::{parse_bracketed, parse_unbracketed};
use suyuan_epcis::gs1::{CompanyPrefix, CompanyPrefixes, Linter, ParseOptions};

/// The reference's vectors for syntax don't apply the associations.
const SYNTAX_ONLY: ParseOptions = ParseOptions { associations: false, ..ParseOptions::STRICT };

/// The rows of a table of vectors, without its header, fields C-unescaped.
fn rows(name: &str) -> Option<Vec<Vec<String>>> {
    let path = common::corpus()?.join("identifiers").join(name);
    let text = std::fs::read_to_string(path).unwrap();
    Some(text.lines().skip(1).map(|line| line.split('\t').map(unescape).collect()).collect())
}

/// Undoes C escapes. A byte above 127 becomes the character of that number, which is as foreign to every linter.
fn unescape(field: &str) -> String {
    let mut text = String::new();
    let mut rest = field.chars();
    while let Some(character) = rest.next() {
        match (character, character == '\\') {
            (_, true) => match rest.next().unwrap() {
                'x' => {
                    let digits: String = rest.by_ref().take(2).collect();
                    text.push(char::from(u8::from_str_radix(&digits, 16).unwrap()));
                }
                escaped => text.push(escaped),
            },
            (plain, false) => text.push(plain),
        }
    }
    text
}

fn none_known(_: &str) -> CompanyPrefix {
    CompanyPrefix::Unknown
}

fn offline(_: &str) -> CompanyPrefix {
    CompanyPrefix::Offline
}

/// The reference ran its company prefix vectors with a lookup that fails as the vector expects.
fn prefixes_for(expected: &str) -> CompanyPrefixes {
    match expected {
        "GS1_LINTER_GCP_DATASOURCE_OFFLINE" => CompanyPrefixes::Table(offline),
        "GS1_LINTER_INVALID_GCP_PREFIX" => CompanyPrefixes::Table(none_known_late),
        _ => CompanyPrefixes::Unchecked,
    }
}

thread_local! {
    /// How many lookups of a coupon pass before one fails: the vectors name the second, third … prefix too.
    static PASSING: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
}

fn none_known_late(key: &str) -> CompanyPrefix {
    PASSING.with(|passing| match passing.get() {
        0 => none_known(key),
        left => {
            passing.set(left - 1);
            CompanyPrefix::Known
        }
    })
}

#[test]
fn linters_agree_with_the_reference() {
    let Some(rows) = rows("lint_vectors.tsv") else { return };
    let mut faults = Vec::new();
    let mut prefix_faults = 0;
    for row in &rows {
        let [name, expect, input, code, marked] = row.as_slice() else { panic!("{row:?}") };
        let linter = Linter::from_name(name).unwrap_or_else(|| panic!("no linter {name}"));
        if code == "GS1_LINTER_INVALID_GCP_PREFIX" {
            PASSING.set(u32::from(prefix_faults > 0));
            prefix_faults += 1;
        }
        let answer = linter.check(input, prefixes_for(code));
        let agrees = match &answer {
            Ok(()) => expect == "PASS",
            Err(error) => expect == "FAIL" && error.name() == *code && error.marked(input) == *marked,
        };
        if !agrees {
            faults.push(format!("{row:?}: {answer:?}"));
        }
    }
    assert_eq!(rows.len(), 2814);
    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), rows.len(), faults.join("\n"));
}

#[test]
fn bracketed_element_strings_agree_with_the_reference() {
    let Some(rows) = rows("parse_ai.tsv") else { return };
    for row in &rows {
        let answer = parse_bracketed(&row[1], &SYNTAX_ONLY);
        match row[0].as_str() {
            "true" => {
                let elements = answer.unwrap_or_else(|reason| panic!("{row:?}: {reason}"));
                assert_eq!(elements.to_unbracketed('^'), row[2], "{row:?}");
                assert_eq!(elements.to_bracketed(), row[1], "{row:?}");
            }
            _ => assert!(answer.is_err(), "{row:?}: {answer:?}"),
        }
    }
    assert_eq!(rows.len(), 15);
}

#[test]
fn unbracketed_element_strings_agree_with_the_reference() {
    let Some(rows) = rows("process_ai.tsv") else { return };
    for row in &rows {
        let answer = parse_unbracketed(&row[1], &SYNTAX_ONLY);
        assert_eq!(answer.is_ok(), row[0] == "true", "{row:?}: {answer:?}");
        // The group separator means what the circumflex means.
        let separated = parse_unbracketed(&row[1].replace('^', "\u{1d}"), &SYNTAX_ONLY);
        assert_eq!(separated.is_ok(), row[0] == "true", "{row:?}");
        if let Ok(elements) = answer {
            assert_eq!(elements.to_unbracketed('^'), row[1].trim_end_matches('^'), "{row:?}");
        }
    }
    assert_eq!(rows.len(), 39);
}

/// Rows of parse_dl.tsv that the reference made with a setting other than its default, and which.
fn digital_link_options(row: &[String], earlier: &[Vec<String>]) -> ParseOptions {
    let (expect, uri) = (row[0].as_str(), row[1].as_str());
    let repeats = earlier.iter().any(|other| other[1] == *uri);
    match uri {
        // Accepted with convenience alphas permitted; the row before, with only a GTIN, is refused without them.
        "https://a/gtin/12312312312333/ser/ABC123" => ParseOptions { short_names: true, ..SYNTAX_ONLY },
        // Accepted with zero-suppressed GTINs permitted.
        "https://a/01/2112345678900"
        | "https://a/01/416000336108"
        | "https://a/01/02345673"
        | "https://a/8004/9520614141234567?01=2112345678900"
        | "https://a/8004/9520614141234567?01=02345673"
        | "https://brand.example.com/01/9520123456788" => ParseOptions { zero_suppressed_gtins: true, ..SYNTAX_ONLY },
        // Refused at first, accepted once unknown application identifiers are permitted.
        "https://example.com/01/09520123456788?99=XYZ&89=ABC123" => {
            assert_eq!(repeats, expect == "true");
            ParseOptions { unknown_ais: repeats, ..SYNTAX_ONLY }
        }
        _ => SYNTAX_ONLY,
    }
}

#[test]
fn digital_links_agree_with_the_reference() {
    let Some(rows) = rows("parse_dl.tsv") else { return };
    let mut faults = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let options = digital_link_options(row, &rows[..index]);
        let answer = digital_link::parse(&row[1], &options);
        let agrees = match &answer {
            Ok(link) => row[0] == "true" && link.elements.to_unbracketed('^') == row[2],
            Err(_) => row[0] == "false",
        };
        if !agrees {
            faults.push(format!("{row:?}: {answer:?}"));
        }
        // Whatever is read, its canonical form is read too and is its own canonical form.
        if let Ok(link) = answer {
            let canonical = digital_link::canonical(&link.elements).unwrap();
            let again = digital_link::parse(&canonical, &options).unwrap();
            assert_eq!(digital_link::canonical(&again.elements).unwrap(), canonical);
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert_eq!(rows.len(), 59);
}

#[test]
fn generated_digital_links_agree_with_the_reference() {
    let Some(rows) = rows("gen_dl.tsv") else { return };
    for row in &rows {
        // The row with (89) was made with unknown application identifiers permitted.
        let options = ParseOptions { unknown_ais: row[2].contains("(89)"), ..SYNTAX_ONLY };
        let elements = parse_bracketed(&row[2], &options).unwrap();
        let stem = if row[1].is_empty() { digital_link::CANONICAL_STEM } else { &row[1] };
        let uri = digital_link::generate(&elements, stem).unwrap();
        assert_eq!((row[0].as_str(), &uri), ("true", &row[3]));
        assert_eq!(digital_link::parse(&uri, &options).unwrap().stem, stem);
    }
    assert_eq!(rows.len(), 8);
}

#[test]
fn digital_links_of_events_are_read() {
    let Some(rows) = rows("epc_or_dl_to_canonical_dl.tsv") else { return };
    let mut read = 0;
    for row in rows.iter().filter(|row| row[0].starts_with("http")) {
        // Events outlive editions: the default reads short names and short GTINs.
        let answer = digital_link::parse(&row[0], &ParseOptions::default());
        assert_eq!(answer.is_ok(), row[1] != "NONE", "{row:?}: {answer:?}");
        read += usize::from(answer.is_ok());
    }
    assert!(read > 10, "{read}");
}

#[test]
fn every_code_renders_in_both_languages() {
    for linter in Linter::ALL {
        let Err(error) = linter.check("\u{1}", CompanyPrefixes::Unchecked) else { continue };
        for language in [Language::En, Language::Zh] {
            let text = error.code.what.render(language, &["X".to_owned()]);
            assert!(text.starts_with("X"), "{}: {text}", linter.name());
        }
    }
}
