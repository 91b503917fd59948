//! Goal: no text, however hostile, makes a parser panic, hang or take memory, and faults are told by their codes.
//! Method: texts chosen to break each step, texts made by cutting and changing good ones, and a very large one.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::{Duration, Instant};

use suyuan_epcis::gs1::element_string::{parse_bracketed, parse_scanned, parse_unbracketed};
use suyuan_epcis::gs1::{CompanyPrefixes, ElementString, Linter, ParseOptions, check_digit, digital_link, parse_any};

const ALL: ParseOptions = ParseOptions {
    associations: true,
    unknown_ais: true,
    short_names: true,
    zero_suppressed_gtins: true,
    company_prefixes: CompanyPrefixes::Unchecked,
};

fn code(text: &str, options: &ParseOptions) -> &'static str {
    parse_any(text, options).expect_err(text).code.id
}

/// Feeds a text to every parser; what is accepted must survive every writer.
fn feed(text: &str) {
    for options in [ParseOptions::STRICT, ALL] {
        let answers = [
            parse_any(text, &options),
            parse_bracketed(text, &options),
            parse_unbracketed(text, &options),
            parse_scanned(text, &options),
            digital_link::parse(text, &options).map(|link| link.elements),
        ];
        for elements in answers.into_iter().flatten() {
            assert_eq!(parse_bracketed(&elements.to_bracketed(), &options).unwrap(), elements, "{text}");
            assert_eq!(parse_unbracketed(&elements.to_unbracketed('^'), &options).unwrap(), elements, "{text}");
            if let Ok(uri) = digital_link::canonical(&elements) {
                let again = digital_link::parse(&uri, &options).unwrap();
                assert_eq!(digital_link::canonical(&again.elements).unwrap(), uri);
            }
        }
    }
    for linter in Linter::ALL {
        if let Err(error) = linter.check(text, CompanyPrefixes::Unchecked) {
            assert!(text.get(error.start..error.start + error.length).is_some(), "{}: {text:?}", linter.name());
            assert_eq!(error.marked(text).len(), text.len() + 2);
        }
    }
}

const GOOD: [&str; 9] = [
    "(01)09521141012345(21)2017\\((10)ABC",
    "^010952114101234510ABC\\^21XYZ^99é",
    "]C1010952114101234510ABC\u{1d}21XYZ",
    "]E09521141012345",
    "https://id.gs1.org:443/a/b/01/09521141012345/22/2A/10/AB%2FC/21/12345?17=201225&x=y&99=A+B#fragment",
    "http://[2001:db8::1]:80/gtin/9521141012345/ser/%F0%9F%A6%80",
    "couponcode0123456123456111101231011012301234563250606",
    "MT90MALT011000012345MTLCAST001SABC",
    "100/100%20==0612",
];

#[test]
fn cut_and_changed_texts_never_break_anything() {
    for good in GOOD {
        let cuts: Vec<usize> = good.char_indices().map(|(index, _)| index).chain([good.len()]).collect();
        for cut in &cuts {
            feed(&good[..*cut]);
            feed(&good[*cut..]);
            for extra in ["%", "\0", "é", "🦀", "(", ")", "/", "0", "^", "\u{1d}", "?", "&", "=", "[", ":", "\\"] {
                feed(&format!("{}{extra}{}", &good[..*cut], &good[*cut..]));
            }
        }
    }
}

#[test]
fn a_huge_text_is_refused_at_once() {
    let huge = "1".repeat(100_000_000);
    let texts = [
        huge.clone(),
        format!("(99){huge}"),
        format!("^99{huge}"),
        format!("]C199{huge}"),
        format!("https://id.gs1.org/01/{huge}"),
    ];
    let start = Instant::now();
    for text in &texts {
        assert_eq!(code(text, &ALL), "ID-GS1_TOO_LONG");
        assert!(digital_link::parse(text, &ALL).is_err());
        assert!(parse_bracketed(text, &ALL).is_err());
    }
    assert!(start.elapsed() < Duration::from_millis(250), "{:?}", start.elapsed());
    assert!(digital_link::generate(&ElementString::default(), &texts[4]).is_err());
}

#[test]
fn the_longest_text_is_read_in_little_time() {
    let texts = [
        format!("(99){}", "\\(".repeat(4000)),
        "(".repeat(8000),
        "(99)A".repeat(1600),
        format!("^{}", "99A^".repeat(2000)),
        format!("https://a/{}", "/".repeat(8000)),
        format!("https://a/{}01/9521141012345", "01/1/".repeat(1500)),
        format!("https://a/01/9521141012345?{}", "99=A&".repeat(1500)),
        format!("https://a/01/9521141012345?{}", "&".repeat(8000)),
    ];
    let start = Instant::now();
    for text in &texts {
        let _ = parse_any(text, &ALL);
    }
    assert!(start.elapsed() < Duration::from_millis(250), "{:?}", start.elapsed());
}

#[test]
fn faults_have_their_codes() {
    let strict = &ParseOptions::STRICT;
    let table = [
        ("", "ID-GS1_EMPTY"),
        ("^", "ID-GS1_EMPTY"),
        ("]C1", "ID-GS1_EMPTY"),
        ("09521141012345", "ID-GS1_PLAIN"),
        ("urn:epc:id:sgtin:1.2.3", "ID-GS1_PLAIN"),
        ("ftp://a/01/09521141012345", "ID-GS1_PLAIN"),
        ("(01", "ID-AI_BRACKETS"),
        ("(01)09521141012345)", "ID-AI_TOO_LONG"),
        ("(89)A", "ID-AI_UNKNOWN"),
        ("^0", "ID-AI_UNKNOWN"),
        ("^310", "ID-AI_UNKNOWN"),
        ("^01", "ID-AI_EMPTY"),
        ("^0109521141", "ID-AI_TOO_SHORT"),
        ("(01)09521141012346", "ID-CHECK_DIGIT"),
        ("(01)0952114101234５", "ID-AI_TOO_LONG"),
        ("(01)09521141012５", "ID-NON_DIGIT_CHARACTER"),
        ("(4309)123456789５1234567", "ID-NON_DIGIT_CHARACTER"),
        ("(10)A５", "ID-INVALID_CSET82_CHARACTER"),
        ("(01)09521141012345(01)09520123456788", "ID-AI_DUPLICATE"),
        ("(21)A", "ID-AI_REQUIRES"),
        ("(01)09521141012345(37)5(00)006141411234567890", "ID-AI_EXCLUDES"),
        ("(01)09521141012345(3100)000195(3101)000195", "ID-AI_EXCLUDES"),
        ("]A0ABC", "ID-SYMBOLOGY"),
        ("]Q1plain", "ID-SYMBOLOGY"),
        ("]", "ID-SYMBOLOGY"),
        ("]E0952114101234", "ID-SYMBOL_LENGTH"),
        ("]E09521141012346", "ID-CHECK_DIGIT"),
        ("https://a/01/0952114101234é", "ID-DL_CHARACTER"),
        ("https://a/01/09521141012345/10/%", "ID-DL_PERCENT"),
        ("https://a/01/09521141012345/10/%4", "ID-DL_PERCENT"),
        ("https://a/01/09521141012345/10/A%00", "ID-DL_PERCENT"),
        ("https://a/01/09521141012345/10/%FF", "ID-DL_PERCENT"),
        ("https://user@a/01/09521141012345", "ID-DL_HOST"),
        ("https://user:word@a/01/09521141012345", "ID-DL_HOST"),
        ("https:///01/09521141012345", "ID-DL_HOST"),
        ("https://a:65536/01/09521141012345", "ID-DL_HOST"),
        ("https://[::1/01/09521141012345", "ID-DL_HOST"),
        ("https://[::g]/01/09521141012345", "ID-DL_HOST"),
        ("https://a", "ID-DL_NO_KEY"),
        ("https://a/21/ABC", "ID-DL_NO_KEY"),
        ("https://a/gtin/09521141012345", "ID-DL_NO_KEY"),
        ("https://a/01/09521141012345/", "ID-DL_NO_KEY"),
        ("https://a/01/09521141012345/10/A/22/B", "ID-DL_PATH_ORDER"),
        ("https://a/01/09521141012345/10/A/235/B", "ID-DL_PATH_ORDER"),
        ("https://a/01/09521141012345/99/A", "ID-DL_PATH_ORDER"),
        ("https://a/01/09521141012345?21=A", "ID-DL_ATTRIBUTE"),
        ("https://a/01/09521141012345?10=A", "ID-DL_BELONGS_IN_PATH"),
        ("https://a/01/09521141012345?99=A&99=A", "ID-AI_DUPLICATE"),
        ("https://a/01/09521141012345?8=A", "ID-AI_UNKNOWN"),
        ("https://a/01/9521141012345", "ID-AI_TOO_SHORT"),
    ];
    for (text, expected) in table {
        assert_eq!(code(text, strict), expected, "{text}");
    }
}

#[test]
fn what_scanners_send_is_read() {
    let strict = &ParseOptions::STRICT;
    let table = [
        ("]C1010952114101234521ABC\u{1d}10X", "(01)09521141012345(21)ABC(10)X"),
        ("]d2\u{1d}010952114101234521ABC", "(01)09521141012345(21)ABC"),
        ("]Q3010952114101234517201225", "(01)09521141012345(17)201225"),
        ("]e00109521141012345", "(01)09521141012345"),
        ("]J10109521141012345", "(01)09521141012345"),
        ("]E09521141012345", "(01)09521141012345"),
        ("]E402345673", "(01)00000002345673"),
        ("]I109521141012345", "(01)09521141012345"),
        ("]Q1https://id.gs1.org/01/09521141012345/21/ABC", "(01)09521141012345(21)ABC"),
        ("\u{1d}0109521141012345", "(01)09521141012345"),
        ("(01)09521141012345(10)A\\(B", "(01)09521141012345(10)A\\(B"),
        ("(01)09521141012345(10)A(01)09521141012345", "(01)09521141012345(10)A"),
    ];
    for (text, expected) in table {
        let elements = parse_any(text, strict).unwrap_or_else(|reason| panic!("{text}: {reason}"));
        assert_eq!(elements.to_bracketed(), expected);
    }
}

#[test]
fn a_digital_link_has_its_parts() {
    let uri = "HTTPS://example.com:8443/some/00/path/gtin/9521141012345/lot/A%2Fb?99=x%20&17=201225&linkType=all#top";
    let reason = digital_link::parse(uri, &ALL).unwrap_err();
    assert_eq!(reason.code.id, "ID-INVALID_CSET82_CHARACTER");
    let link = digital_link::parse(&uri.replace("%20", ""), &ALL).unwrap();
    assert_eq!(link.stem, "HTTPS://example.com:8443/some/00/path");
    assert_eq!(link.primary_key().unwrap().value, "09521141012345");
    assert_eq!(link.qualifiers()[0].value, "A/b");
    assert_eq!(link.attributes().len(), 2);
    let other = digital_link::generate(&link.elements, "http://b/").unwrap();
    assert_eq!(other, "http://b/01/09521141012345/10/A%2Fb?17=201225&99=x");
    let canonical = digital_link::canonical(&link.elements).unwrap();
    assert_eq!(canonical, "https://id.gs1.org/01/09521141012345/10/A%2Fb?17=201225&99=x");
    assert_eq!(link.elements.to_titled().lines().next(), Some("GTIN (01) 09521141012345"));
    for stem in ["", "example.com", "https://", "https://a?b", "https://a b", "https://a#", "ftp://a"] {
        assert!(digital_link::generate(&link.elements, stem).is_err(), "{stem}");
    }
}

#[test]
fn check_digits_are_those_of_the_general_specifications() {
    for (digits, expected) in [("629104150021", Some(3)), ("37610425002123456", Some(9)), ("", Some(0)), ("1x", None)] {
        assert_eq!(check_digit(digits), expected);
    }
    assert_eq!(check_digit("1é"), None);
}

#[test]
fn elements_can_be_built_from_pairs() {
    let pairs = [("01", "09521141012345"), ("21", "A(B")];
    let elements = ElementString::from_pairs(pairs, &ALL).unwrap();
    assert_eq!(elements.to_bracketed(), "(01)09521141012345(21)A\\(B");
    assert_eq!(elements.get("21"), Some("A(B"));
    assert_eq!(elements.get("10"), None);
    assert!(ElementString::from_pairs([("21", "A")], &ALL).is_err());
    assert!(ElementString::from_pairs([], &ALL).is_err());
    let huge = "1".repeat(10_000_000);
    assert_eq!(ElementString::from_pairs([("21", huge.as_str())], &ALL).unwrap_err().code.id, "ID-AI_TOO_LONG");
}

// Goal: a wrong character is shown as it is, unless it can't be seen. Method: one of either.
#[test]
fn wrong_characters_are_shown() {
    let shown = |text: &str| parse_any(text, &ParseOptions::default()).unwrap_err().arguments[0].to_string();
    assert_eq!(shown("https://a/01/0952114101234é"), "é");
    assert_eq!(shown("https://a/01/0952114101234\u{1b}"), "\\u{1b}");
}
