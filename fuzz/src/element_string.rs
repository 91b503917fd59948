//! Element strings: with brackets, with FNC1, and as scanners send them.

use suyuan_epcis::gs1::element_string::{parse_bracketed, parse_scanned, parse_unbracketed};
use suyuan_epcis::gs1::{ElementString, ParseOptions, digital_link, parse_any};

/// What is read in one form is written in every other form and reads the same there.
pub fn check(text: &str) {
    for options in [ParseOptions::default(), ParseOptions { unknown_ais: true, ..ParseOptions::STRICT }] {
        for parse in [parse_any, parse_bracketed, parse_unbracketed, parse_scanned] {
            match parse(text, &options) {
                Err(reason) => crate::render(&reason),
                Ok(elements) => check_forms(&elements, &options),
            }
        }
    }
}

/// Every form of `elements` reads as `elements`.
pub fn check_forms(elements: &ElementString, options: &ParseOptions) {
    assert!(!elements.elements.is_empty());
    let bracketed = elements.to_bracketed();
    assert_eq!(parse_bracketed(&bracketed, options).as_ref(), Ok(elements), "{bracketed}");
    let unbracketed = elements.to_unbracketed('^');
    assert_eq!(parse_unbracketed(&unbracketed, options).as_ref(), Ok(elements), "{unbracketed}");
    assert!(!elements.to_titled().is_empty());
    if let Ok(uri) = digital_link::canonical(elements) {
        let link = digital_link::parse(&uri, options).expect("a canonical link can be read");
        assert_eq!(digital_link::canonical(&link.elements).as_ref(), Ok(&uri), "canonical twice differs");
    }
}
