//! EPC URNs, and their conversion to GS1 Digital Link and back.

use suyuan_epcis::epc::{EpcUrn, Scheme, constrained_canonical, to_link, to_urn};

/// What parses and has a link comes back from its link; canonical is canonical of itself; what is
/// made from a link is valid and means the same.
pub fn check(text: &str) {
    if let Some(canonical) = constrained_canonical(text) {
        assert_eq!(constrained_canonical(&canonical).as_deref(), Some(&*canonical), "canonical twice differs");
    }
    match EpcUrn::parse(text) {
        Err(reason) => crate::render(&reason),
        Ok(urn) => check_valid(text, &urn),
    }
    for length in [None, Some(6), Some(7), Some(9), Some(12), Some(usize::MAX)] {
        match to_urn(text, length) {
            Err(reason) => crate::render(&reason),
            Ok(urn) => {
                assert!(EpcUrn::parse(&urn).is_ok(), "{urn} is not valid");
                let link = to_link(&urn).expect("a URN made from a link has a link");
                assert_eq!(Some(link), constrained_canonical(text), "{urn} means something else");
            }
        }
    }
}

fn check_valid(text: &str, urn: &EpcUrn<'_>) {
    let link = match to_link(text) {
        Err(reason) => return crate::render(&reason),
        Ok(link) => link,
    };
    assert_eq!(constrained_canonical(text).as_deref(), Some(&*link));
    let again = to_urn(&link, Some(urn.company_prefix.len())).expect("a link made from a URN has a URN");
    match urn.scheme {
        // The piece and total of a pattern may be open, the link always names them.
        // The GTIN of a pattern of UPUIs is that of its SGTINs: one link, one URN back.
        Scheme::Itip | Scheme::Upui if text.ends_with('*') => assert_eq!(to_link(&again).as_deref(), Ok(&*link)),
        // A URN may escape what needs no escape; it comes back without.
        _ => assert_eq!(decoded(&again), decoded(text), "{again} through {link}"),
    }
    let several = matches!(urn.scheme, Scheme::Itip | Scheme::Upui) && text.ends_with('*');
    assert!(text.contains('%') || several || again == text);
}

/// The text with its escapes undone.
fn decoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend_from_slice(before.as_bytes());
        let escaped = after.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(escaped.expect("a valid URN's escapes have two digits"));
        rest = &after[2..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes
}
