//! Identifiers against `vectors/identifiers.tsv` and hostile input.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use suyuan_epcis::codes;
use suyuan_epcis::identifier::{Check, Gtin, Kind, Sscc, UdiDi, Uscc, identify};

const VECTORS: &str = include_str!("vectors/identifiers.tsv");

fn vectors() -> impl Iterator<Item = (Kind, &'static str, bool, &'static str)> {
    VECTORS.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let columns: Vec<&str> = line.split('\t').collect();
        let kind = Kind::from_name(columns[0]).unwrap_or_else(|| panic!("no kind {}", columns[0]));
        (kind, columns[1], columns[2] == "valid", columns[3])
    })
}

// Goal: every vector is judged as it says, with its code, and each kind has vectors of both verdicts.
// Method: all rows.
#[test]
fn all_vectors() {
    let mut count = 0;
    for (kind, value, valid, code) in vectors() {
        match kind.verify(value) {
            Ok(()) => assert!(valid, "{} {value} must be {code}", kind.name()),
            Err(reason) => {
                assert!(!valid, "{} {value}: {reason}", kind.name());
                assert_eq!(reason.code.id, code, "{} {value}", kind.name());
            }
        }
        count += 1;
    }
    assert!(count >= 120, "only {count} vectors");
    for kind in Kind::ALL {
        for verdict in [true, false] {
            assert!(vectors().any(|(of, _, valid, _)| of == *kind && valid == verdict), "{} {verdict}", kind.name());
        }
    }
}

// Goal: in an exact kind of numbers every slip of one digit is found. Method: replace each digit of
// each valid vector by every other.
#[test]
fn single_slips() {
    let kinds = [Kind::Uscc, Kind::Lei, Kind::Gln, Kind::Gtin, Kind::Sscc, Kind::Gsrn, Kind::DrugStandardCode];
    for (kind, value, valid, _) in vectors().filter(|(kind, ..)| kinds.contains(kind) || *kind == Kind::FoodLicence) {
        if !valid {
            continue;
        }
        for (place, old) in value.char_indices().filter(|(_, old)| old.is_ascii_digit()) {
            for new in ('0'..='9').filter(|new| *new != old) {
                let mut slipped = value.to_owned();
                slipped.replace_range(place..=place, &new.to_string());
                assert!(!kind.is_valid(&slipped), "{} {slipped}", kind.name());
            }
        }
    }
}

// Goal: an organisation code's own mismatch is a warning. Method: a code whose last character is made
// right for it, so that only the inner check is wrong.
#[test]
fn organisation_code_is_a_warning() {
    let uscc = Uscc::parse("91440115DEMA00013J").unwrap();
    assert_eq!(uscc.warning(), None);
    assert_eq!(uscc.canonical_uri().as_deref(), Some("urn:uscc:91440115DEMA00013J"));
    let odd = "0123456789ABCDEFGHJKLMNPQRTUWXY"
        .chars()
        .find_map(|last| Uscc::parse(&format!("91440115DEMA00014{last}")).ok())
        .unwrap();
    assert_eq!(odd.warning().unwrap().code.id, "ID-ORG_CHECK");
    assert_eq!(odd.warning().unwrap().arguments, ["DEMA0001", "3", "4"]);
}

// Goal: canonical URIs are those of the specification. Method: one of each.
#[test]
fn canonical_uris() {
    assert_eq!(Gtin::parse("12345670").unwrap().canonical_uri().unwrap(), "https://id.gs1.org/01/00000012345670");
    assert_eq!(Gtin::parse("12345670").unwrap().padded(), "00000012345670");
    let short = Gtin::parse("12345670").unwrap();
    assert!(short.is_same_item(&Gtin::parse("00000012345670").unwrap()));
    assert!(!short.is_same_item(&Gtin::parse("036000291452").unwrap()));
    let sscc = Sscc::parse("095210010000000017").unwrap();
    assert_eq!(sscc.canonical_uri().unwrap(), "https://id.gs1.org/00/095210010000000017");
    let uri = |text: &str| identify(text).unwrap().swap_remove(0).uri;
    assert_eq!(uri("81051230000000004471").unwrap(), "urn:cn:drugtrace:81051230000000004471");
    assert_eq!(uri("DEMU4012340").unwrap(), "urn:iso6346:DEMU4012340");
    assert_eq!(uri("31104401020190123").unwrap(), "urn:cn:speq:31104401020190123");
    assert_eq!(uri("999900DEMOHK00000135").unwrap(), "urn:lei:999900DEMOHK00000135");
    let giai = suyuan_epcis::identifier::Giai::parse("4012345A%/B").unwrap();
    assert_eq!(giai.canonical_uri().unwrap(), "https://id.gs1.org/8004/4012345A%25%2FB");
    assert!(matches!(UdiDi::parse("09521005001010"), Ok(UdiDi::Gs1(_))));
    assert!(matches!(UdiDi::parse("+A123BJC5D6E71G"), Ok(UdiDi::Hibc(_))));
}

// Goal: a text is told what it is, with every reading, or why it is nothing. Method: all valid vectors
// of the kinds a bare text shows, and a table.
#[test]
fn identification() {
    let hidden = [Kind::Lot, Kind::Giai, Kind::Grai, Kind::Gdti, Kind::Gsrn];
    for (kind, value, valid, _) in vectors() {
        let found = identify(value).unwrap_or_default();
        let listed = found.iter().find(|one| one.kind == kind);
        assert_eq!(listed.is_some(), valid && !hidden.contains(&kind), "{} {value}", kind.name());
    }
    let kinds = |text: &str| identify(text).unwrap().iter().map(|one| one.kind).collect::<Vec<_>>();
    assert_eq!(kinds("9521001000017"), [Kind::Gtin, Kind::Gln]);
    assert_eq!(kinds("81051230000000004471"), [Kind::DrugTraceCode]);
    assert_eq!(identify("CNY").unwrap()[0].check, Check::Exact);
    let table = [
        ("91350100M000100Y4Z", "ID-CHARSET"),
        ("91440115DEAM00013J", "ID-CHECK_DIGIT"),
        ("9521001000018", "ID-CHECK_DIGIT"),
        ("９５２１００１００００１７", "ID-CHARSET"),
        (" 9521001000017", "ID-CHARSET"),
        ("csqu3054383", "ID-CHARSET"),
        ("SC12944011500127", "ID-CHECK_DIGIT"),
        ("国药准字X20260012", "ID-FORMAT"),
        ("UN12", "ID-FORMAT"),
        ("981190", "ID-CHAPTER"),
        ("hello", "ID-UNKNOWN"),
        ("", "ID-UNKNOWN"),
        ("\0", "ID-UNKNOWN"),
    ];
    for (text, code) in table {
        assert_eq!(identify(text).map_err(|reason| reason.code.id), Err(code), "{text}");
    }
}

// Goal: hostile input is refused in bounded time with a short reason, by every kind. Method: empty,
// NUL, line break, full-width, not ASCII, cut characters, 100 MB.
#[test]
fn hostile_input() {
    let long_digits = "9".repeat(100_000_000);
    let long_chinese = "国药准字".repeat(8_000_000);
    for kind in Kind::ALL {
        for text in ["", "\0", "\n", "１２３", "é", "溯源", "\u{202e}95210", "国", &long_chinese] {
            let reason = kind.verify(text).unwrap_err();
            assert!(reason.to_string().len() < 2000, "{reason}");
        }
        // Beginnings of identifiers, which can be codes of lists or batches.
        for text in ["SC", "+", "AEO", "UN", "MA."] {
            assert!(matches!(kind, Kind::Lot | Kind::CountryCode | Kind::UnitCode) || !kind.is_valid(text));
        }
        let reason = kind.verify(&long_digits).unwrap_err();
        assert!(reason.to_string().len() < 2000, "{reason}");
        for (of, value, valid, _) in vectors().filter(|(of, ..)| of == kind) {
            if valid {
                for text in
                    [format!("{value}\0"), format!("{value}\n"), format!("{value} "), format!("\u{feff}{value}")]
                {
                    assert!(!of.is_valid(&text), "{} {text:?}", of.name());
                }
            }
        }
    }
    assert_eq!(identify(&long_digits).unwrap_err().code.id, "ID-UNKNOWN");
}

// Goal: no code is declared twice or lacks a text. Method: go through the registry.
#[test]
fn codes_are_complete() {
    let mut names: Vec<&str> = codes::all().map(|code| code.id).collect();
    names.sort_unstable();
    assert!(names.is_sorted_by(|one, next| one < next));
    for code in codes::all() {
        for text in [&code.what, &code.remedy] {
            assert!(!text.en.is_empty() && !text.zh.is_empty(), "{}", code.id);
            for place in 0..4 {
                let mark = format!("{{{place}}}");
                assert_eq!(text.en.contains(&mark), text.zh.contains(&mark), "{} {mark}", code.id);
            }
        }
    }
}
