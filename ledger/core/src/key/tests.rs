use suyuan_epcis::epc::constrained_canonical;

use super::*;

const ITEM: &str = "https://id.gs1.org/01/09521001001014/21/S1";

/// Goal: the URN and any Digital Link of one thing give one key, whose URI is canonical.
/// Method: a table of canonical URIs, each with other spellings of it.
#[test]
fn spellings() {
    let table: &[(KeyKind, &str, &[&str])] = &[
        (
            KeyKind::Item,
            ITEM,
            &[
                "urn:epc:id:sgtin:9521001.000101.S1",
                "urn:epc:id:sgtin:952100100.0101.S1",
                "URN:EPC:id:sgtin:9521001.000101.%531",
                "http://shop.example:8080/a/00/b/gtin/9521001001014/cpv/2/lot/L1/ser/%53%31?x=/01/1#f",
                "HTTPS://ID.GS1.ORG/01/09521001001014/21/S1",
                "urn:epc:idpat:sgtin:9521001.000101.S1",
            ],
        ),
        (
            KeyKind::Class,
            "https://id.gs1.org/01/09521001001014",
            &[
                "urn:epc:idpat:sgtin:9521001.000101.*",
                "urn:epc:idpat:upui:9521001.000101.*",
                "https://a.example/01/9521001001014/22/V",
            ],
        ),
        (
            KeyKind::Lot,
            "https://id.gs1.org/01/09521001001014/10/L%2F1",
            &["urn:epc:class:lgtin:9521001.000101.L%2F1", "https://a.example/gtin/09521001001014/lot/L%2f1"],
        ),
        (
            KeyKind::Upui,
            "https://id.gs1.org/01/09521001001014/235/T%28x",
            &["urn:epc:id:upui:9521001.000101.T(x", "https://a.example/01/09521001001014/22/1/tpx/T(x"],
        ),
        (
            KeyKind::LogisticUnit,
            "https://id.gs1.org/00/095210010000000017",
            &["urn:epc:id:sscc:9521001.0000000001", "https://a.example/sscc/095210010000000017"],
        ),
        (
            KeyKind::Place,
            "https://id.gs1.org/414/9521001000017",
            &[
                "urn:epc:id:sgln:9521001.00001.0",
                "urn:epc:id:pgln:9521001.00001",
                "https://a.example/417/9521001000017",
                "https://a.example/party/9521001000017",
                "https://a.example/414/9521001000017/254/0",
            ],
        ),
        (
            KeyKind::Place,
            "https://id.gs1.org/414/9521001000017/254/dock3",
            &["urn:epc:id:sgln:9521001.00001.dock3", "https://a.example/gln/9521001000017/glnx/dock3"],
        ),
        (
            KeyKind::Instance,
            "https://id.gs1.org/8003/09521001000017A.1",
            &["urn:epc:id:grai:9521001.00001.A.1", "https://a.example/grai/09521001000017A.1"],
        ),
        (KeyKind::InstanceClass, "https://id.gs1.org/8003/09521001000017", &["urn:epc:idpat:grai:9521001.00001.*"]),
        (KeyKind::Instance, "https://id.gs1.org/8004/9521001a.b", &["urn:epc:id:giai:9521001.a.b"]),
        (KeyKind::Instance, "https://id.gs1.org/253/9521001000017D", &["urn:epc:id:gdti:9521001.00001.D"]),
        (KeyKind::InstanceClass, "https://id.gs1.org/253/9521001000017", &["urn:epc:idpat:gdti:9521001.00001.*"]),
        (KeyKind::Instance, "https://id.gs1.org/255/952100100001712", &["urn:epc:id:sgcn:9521001.00001.12"]),
        (
            KeyKind::Instance,
            "https://id.gs1.org/8010/9521001A%2FB/8011/12",
            &["urn:epc:id:cpi:9521001.A%2FB.12", "https://a.example/cpid/9521001A%2fB/cpsn/12"],
        ),
        (KeyKind::InstanceClass, "https://id.gs1.org/8010/9521001A", &["urn:epc:idpat:cpi:9521001.A.*"]),
        (
            KeyKind::Instance,
            "https://id.gs1.org/8006/095210010010140102/21/7.8",
            &["urn:epc:id:itip:9521001.000101.01.02.7.8"],
        ),
        (
            KeyKind::InstanceClass,
            "https://id.gs1.org/8006/095210010010140102",
            &["urn:epc:idpat:itip:9521001.000101.01.02.*"],
        ),
        (
            KeyKind::InstanceClass,
            "https://id.gs1.org/8006/095210010010140102/10/L",
            &["http://a/itip/095210010010140102/lot/L"],
        ),
        (KeyKind::Instance, "https://id.gs1.org/8018/952100100000000015", &["urn:epc:id:gsrn:9521001.0000000001"]),
        (KeyKind::Instance, "https://id.gs1.org/8017/952100100000000015", &["urn:epc:id:gsrnp:9521001.0000000001"]),
        (KeyKind::Instance, "https://id.gs1.org/402/95210010000000017", &["urn:epc:id:gsin:9521001.000000001"]),
        (KeyKind::Instance, "https://id.gs1.org/401/9521001x", &["urn:epc:id:ginc:9521001.x"]),
        (KeyKind::DrugCode, "urn:cn:drugtrace:81051230000000004471", &["URN:CN:drugtrace:81051230000000004471"]),
        (KeyKind::DrugClass, "urn:cn:drugtrace:8105123", &[]),
        (KeyKind::Device, "urn:cn:speq:31104401020190123", &["URN:cn:speq:31104401020190123"]),
        (KeyKind::Container, "urn:iso6346:DEMU4012340", &["urn:epc:id:bic:DEMU4012340", "urn:ISO6346:DEMU4012340"]),
        (KeyKind::Organisation, "urn:uscc:91440115DEMA00013J", &["URN:USCC:91440115DEMA00013J"]),
        (KeyKind::Organisation, "urn:lei:999900DEMOHK00000135", &["urn:LEI:999900DEMOHK00000135"]),
    ];
    for (kind, canonical, others) in table {
        let key = SubjectKey::from_uri(canonical).unwrap();
        assert_eq!((key.kind(), key.to_uri().as_str()), (*kind, *canonical));
        assert_eq!(SubjectKey::parse(key.bytes()), Some(key.clone()), "{canonical}");
        for other in *others {
            assert_eq!(SubjectKey::from_uri(other).as_ref(), Ok(&key), "{other}");
        }
    }
}

/// Goal: what is no code, or badly written, is a URI whose key is its text. Method: a table of them.
#[test]
fn other_uris() {
    let table = [
        "urn:uuid:4f7d9e8a-7d3c-4bb3-8d3c-1f2e3d4c5b6a",
        "ni:///sha-256;ab?ver=CBV2.0",
        "https://firm.example/batch/7",
        "https://id.gs1.org/01/09521001001014/",
        "https://id.gs1.org/01/09521001001014/21/",
        "https://id.gs1.org/01/0952100100101x/21/1",
        "https://id.gs1.org/01/09521001001014/21/1/10/2",
        "https://id.gs1.org/01/09521001001014/21/1/21/2",
        "https://id.gs1.org/01/09521001001014/10/1/235/2",
        "https://id.gs1.org/01/09521001001014/21/123456789012345678901",
        "https://id.gs1.org/01/09521001001014/21/%00",
        "https://id.gs1.org/01/09521001001014/21/é",
        "https://id.gs1.org/01/09521001001014/254/1",
        "https://id.gs1.org/00/095210010000000017/21/1",
        "https:///01/09521001001014",
        "ftp://id.gs1.org/01/09521001001014",
        "(01)09521001001014",
        "09521001001014",
        "urn:epc:id:sgtin:9521001.00010.S1",
        "urn:epc:id:sgtin:9521001.000101.",
        "urn:epc:id:sgtin:9521001.000101.a/b",
        "urn:epc:id:lgtin:9521001.000101.L",
        "urn:epc:class:sgtin:9521001.000101.L",
        "urn:epc:id:SGTIN:9521001.000101.S1",
        "urn:epc:id:gid:1.2.3",
        "urn:epc:id:imovn:9176187",
        "urn:epc:tag:sgtin-96:1.4012345.011111.1",
        "urn:epc:",
        "urn:epc:id",
        "urn:cn:drugtrace:8105123000000000447",
        "urn:cn:drugtrace:8105123000000000447%31",
        "urn:cn:speq:3110",
        "urn:cn:speq:21603101012006010101",
        "urn:cn:else:1",
        "urn:iso6346:DEMU401234",
        "urn:iso6346:demu4012340",
        "urn:uscc:91440115dema00013j",
        "urn:lei:999900DEMOHK0000013",
        "溯源",
        "x",
    ];
    for text in table {
        let key = SubjectKey::from_uri(text).unwrap();
        assert_eq!((key.kind(), key.to_uri().as_str()), (KeyKind::Other, text));
        assert_eq!(key.parts().collect::<Vec<_>>(), [text.as_bytes()]);
        assert_eq!(SubjectKey::parse(key.bytes()), Some(key), "{text}");
    }
}

/// Goal: only a class can be named by a pattern. Method: wider and misunderstood patterns, by table.
#[test]
fn wide_patterns() {
    for text in [
        "urn:epc:idpat:sgtin:9521001.*.*",
        "urn:epc:idpat:sgtin:*.*.*",
        "urn:epc:idpat:sgtin:*.000101.*",
        "urn:epc:idpat:sscc:9521001.*",
        "urn:epc:idpat:giai:9521001.*",
        "urn:epc:idpat:sgln:9521001.00001.*",
        "urn:epc:idpat:itip:9521001.000101.*.*.*",
        "urn:epc:idpat:bic:*",
        "urn:epc:idpat:sgtin:9521001.00010.*",
        "urn:epc:idpat:lgtin:9521001.000101.*",
        "urn:epc:idpat:sgtin:9521001.000101.S*",
        "urn:epc:idpat:what:1.*",
        "urn:epc:pat:sgtin-96:3.9521001.000101.[1-9]",
    ] {
        assert_eq!(SubjectKey::from_uri(text), Err(KeyError::WidePattern), "{text}");
    }
    assert_eq!(SubjectKey::from_uri(""), Err(KeyError::Empty));
    assert_eq!(SubjectKey::from_uri(&"x".repeat(65_536)), Err(KeyError::TooLong));
    assert!(SubjectKey::from_uri(&"x".repeat(65_535)).is_ok());
}

/// Goal: a wrong check digit still is an identity of its own. Method: one GTIN with another last digit.
#[test]
fn wrong_check_digit() {
    let wrong = SubjectKey::from_uri("https://id.gs1.org/01/09521001001015").unwrap();
    assert_eq!((wrong.kind(), wrong.gtin()), (KeyKind::Class, Some("09521001001015")));
}

/// Goal: a link with lot and serial names both. Method: one of trade items, one of pieces, one of each
/// without a lot.
#[test]
fn lots() {
    let lot = SubjectKey::from_uri("https://id.gs1.org/01/09521001001014/10/L1").unwrap();
    assert_eq!(SubjectKey::lot_of("https://a/01/09521001001014/10/L1/21/S1"), Some(lot.clone()));
    assert_eq!(SubjectKey::lot_of("https://a/01/09521001001014/10/L1"), None);
    assert_eq!(SubjectKey::lot_of(ITEM), None);
    let pieces = SubjectKey::from_uri("https://id.gs1.org/8006/095210010010140102/10/L").unwrap();
    assert_eq!(SubjectKey::lot_of("https://a/8006/095210010010140102/10/L/21/1"), Some(pieces));
    let item = SubjectKey::from_uri(ITEM).unwrap();
    assert_eq!(item.with_lot("L1"), Some(lot));
    for bad in ["", "with space", "第3批", "123456789012345678901"] {
        assert_eq!(item.with_lot(bad), None, "{bad}");
    }
}

/// Goal: classes and issuers are those of the key's own structure. Method: a table.
#[test]
fn classes_and_issuers() {
    let table = [
        (ITEM, Some("https://id.gs1.org/01/09521001001014"), Issuer::Gs1("9521001001014")),
        ("https://a/01/19521001001011", None, Issuer::Gs1("9521001001011")),
        ("https://a/00/195210010000000014", None, Issuer::Gs1("95210010000000014")),
        ("https://a/414/9521001000017", None, Issuer::Gs1("9521001000017")),
        (
            "https://a/8003/09521001000017A",
            Some("https://id.gs1.org/8003/09521001000017"),
            Issuer::Gs1("9521001000017"),
        ),
        ("https://a/8004/9521001a", None, Issuer::Gs1("9521001a")),
        (
            "https://a/8006/095210010010140102/21/7",
            Some("https://id.gs1.org/8006/095210010010140102"),
            Issuer::Gs1("95210010010140102"),
        ),
        ("urn:cn:drugtrace:81051230000000004471", Some("urn:cn:drugtrace:8105123"), Issuer::DrugCode("8105123")),
        ("urn:cn:speq:31104401020190123", None, Issuer::DeviceMaker("44010")),
        ("urn:iso6346:DEMU4012340", None, Issuer::Uri("urn:iso6346:DEMU4012340".into())),
        ("urn:uscc:91440115DEMA00013J", None, Issuer::Uri("urn:uscc:91440115DEMA00013J".into())),
        ("https://firm.example/7", None, Issuer::Uri("https://firm.example/7".into())),
    ];
    for (uri, class, issuer) in table {
        let key = SubjectKey::from_uri(uri).unwrap();
        assert_eq!(key.class().map(|class| class.to_uri()).as_deref(), class, "{uri}");
        assert_eq!(key.issuer(), Some(issuer), "{uri}");
        // A class is its own end.
        assert_eq!(key.class().and_then(|class| class.class()), None, "{uri}");
    }
}

/// Goal: a process is one however its identifier is written; an event is its author's.
/// Method: a document's number as URN and as link, a private URI, two authors.
#[test]
fn processes_and_events() {
    let process = SubjectKey::process("urn:epc:id:gdti:9521001.00001.D").unwrap();
    assert_eq!(Ok(&process), SubjectKey::process("http://a/253/9521001000017D").as_ref());
    assert_eq!(
        (process.kind(), process.to_uri().as_str()),
        (KeyKind::Process, "https://id.gs1.org/253/9521001000017D")
    );
    assert_eq!(SubjectKey::process("urn:a:b").unwrap().to_uri(), "urn:a:b");
    let (one, two) = (SubjectKey::event(1, "urn:a:b").unwrap(), SubjectKey::event(2, "urn:a:b").unwrap());
    assert_ne!(one, two);
    assert_eq!((one.to_uri().as_str(), one.issuer()), ("urn:a:b", None));
}

/// Goal: bytes are a key's in one way only. Method: a key's bytes, cut, lengthened and changed everywhere;
/// whatever is still read has those very bytes.
#[test]
fn parse_is_strict() {
    let key = SubjectKey::from_uri(ITEM).unwrap();
    for end in 0..key.bytes().len() {
        assert_eq!(SubjectKey::parse(&key.bytes()[..end]), None, "{end}");
    }
    assert_eq!(SubjectKey::parse(&[key.bytes(), b"x"].concat()), None);
    for place in 0..key.bytes().len() {
        for value in 0..=255 {
            let mut bytes = key.bytes().to_vec();
            bytes[place] = value;
            if let Some(read) = SubjectKey::parse(&bytes) {
                assert_eq!(read.bytes(), bytes);
                let _ = (read.kind(), read.class(), read.to_uri(), read.issuer(), read.gtin(), read.gln());
            }
        }
    }
    for kind in [0, 17, 254] {
        assert_eq!(SubjectKey::parse(&[kind, 1, 0, 0]), None);
    }
}

/// Goal: keys agree with the canonical form that event hashes use, except where this module says otherwise.
/// Method: thousands of identifiers, good ones mutated by a fixed sequence; wherever the reference gives a
/// form, the key's URI is that form.
#[test]
fn agrees_with_the_event_hash() {
    let seeds = [
        ITEM,
        "urn:epc:id:sgtin:9521001.000101.S%2F1",
        "urn:epc:class:lgtin:9521001.000101.L1",
        "urn:epc:id:itip:9521001.000101.01.02.7",
        "urn:epc:id:sscc:9521001.0000000001",
        "urn:epc:id:sgln:9521001.00001.dock",
        "urn:epc:id:grai:9521001.00001.A",
        "urn:epc:id:gdti:9521001.00001.D",
        "urn:epc:id:sgcn:9521001.00001.12",
        "urn:epc:id:giai:9521001.a(b",
        "urn:epc:id:cpi:9521001.A.12",
        "urn:epc:id:gsrn:9521001.0000000001",
        "urn:epc:id:gsin:9521001.000000001",
        "urn:epc:id:ginc:9521001.x",
        "urn:epc:idpat:sgtin:9521001.000101.*",
        "urn:epc:idpat:cpi:9521001.A.*",
        "http://a.example/x/gtin/9521001001014/cpv/2/lot/L%2f1/ser/%53",
        "https://a.example/8010/9521001A%2FB/8011/12?q",
        "https://a.example/8006/095210010010140102/10/L/21/7#f",
        "https://a.example/8003/09521001000017A",
        "https://a.example/253/9521001000017",
        "https://a.example/414/9521001000017/254/d",
    ];
    let alphabet: Vec<char> = "/.:%*01259AZaz-#?+é".chars().collect();
    let mut random = 1_u64;
    let mut next = |below: usize| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(random >> 33).unwrap() % below
    };
    let (mut agreed, mut neither) = (0, 0);
    for round in 0..40_000 {
        let mut text: Vec<char> = seeds[round % seeds.len()].chars().collect();
        for _ in 0..next(4) {
            let place = next(text.len());
            match next(3) {
                0 => text[place] = alphabet[next(alphabet.len())],
                1 => text.insert(place, alphabet[next(alphabet.len())]),
                _ => drop(text.remove(place)),
            }
        }
        let text: String = text.into_iter().collect();
        let ours = SubjectKey::from_uri(&text);
        match (constrained_canonical(&text), &ours) {
            (Some(canonical), Ok(key)) => {
                let bare = canonical.strip_suffix("/254/0").unwrap_or(&canonical);
                assert_eq!(key.to_uri(), bare, "{text}");
                assert_ne!(key.kind(), KeyKind::Other, "{text}");
                assert_eq!(SubjectKey::from_uri(&key.to_uri()).as_ref(), Ok(key), "{text}");
                agreed += 1;
            }
            (Some(_), Err(error)) => panic!("{text}: {error:?}"),
            (None, Ok(key)) if key.kind() != KeyKind::Other => {
                // Known here alone: patterns without a wildcard.
                assert!(text.starts_with("urn:epc:idpat:") && !text.contains('*'), "{text}");
            }
            (None, _) => neither += 1,
        }
    }
    assert!(agreed > 10_000 && neither > 10_000, "{agreed} {neither}");
}
