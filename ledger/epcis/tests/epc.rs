//! EPC URNs, their links and their canonical form, without the corpus.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use suyuan_epcis::epc::{EpcUrn, Level, Scheme, constrained_canonical, to_link, to_urn};

/// Every scheme with a link, once or more.
const LINKED: [(&str, &str); 29] = [
    ("urn:epc:id:sgtin:0614141.812345.6789", "/01/80614141123458/21/6789"),
    ("urn:epc:id:sgtin:123456.1234567.a.b%2F%25*", "/01/11234562345675/21/a.b%2F%25%2A"),
    ("urn:epc:id:sgtin:952100123456.9.1", "/01/99521001234569/21/1"),
    ("urn:epc:class:lgtin:4012345.012345.Lot987", "/01/04012345123456/10/Lot987"),
    ("urn:epc:idpat:sgtin:4012345.012345.*", "/01/04012345123456"),
    ("urn:epc:id:sscc:4012345.0000000011", "/00/040123450000000115"),
    ("urn:epc:id:sscc:952100123456.10000", "/00/195210012345600003"),
    ("urn:epc:id:sgln:4012345.00005.122", "/414/4012345000054/254/122"),
    ("urn:epc:id:sgln:4012345.00005.0", "/414/4012345000054"),
    ("urn:epc:id:sgln:999999999999..0", "/414/9999999999994"),
    ("urn:epc:id:pgln:4012345.00005", "/417/4012345000054"),
    ("urn:epc:id:pgln:999999999999.", "/417/9999999999994"),
    ("urn:epc:id:grai:4012345.00022.334455", "/8003/04012345000221334455"),
    ("urn:epc:id:grai:999999999999..5", "/8003/099999999999945"),
    ("urn:epc:idpat:grai:4012345.00022.*", "/8003/04012345000221"),
    ("urn:epc:id:giai:4012345.ABC123%2F", "/8004/4012345ABC123%2F"),
    ("urn:epc:id:gdti:4012345.00009.PO-4711", "/253/4012345000092PO-4711"),
    ("urn:epc:idpat:gdti:4012345.00009.*", "/253/4012345000092"),
    ("urn:epc:id:gsrn:4012345.0000006765", "/8018/401234500000067657"),
    ("urn:epc:id:gsrnp:4012345.0000098765", "/8017/401234500000987658"),
    ("urn:epc:id:cpi:0614141.11111111111111-A%23%2F.1234", "/8010/061414111111111111111-A%23%2F/8011/1234"),
    ("urn:epc:idpat:cpi:4012345.AB12.*", "/8010/4012345AB12"),
    ("urn:epc:id:itip:4012345.012345.01.02.987", "/8006/040123451234560102/21/987"),
    ("urn:epc:idpat:itip:4012345.012345.01.02.*", "/8006/040123451234560102"),
    ("urn:epc:id:upui:1234567.098765.51qIgY)%3C%26Jp3*j7SDB", "/01/01234567987651/235/51qIgY%29%3C%26Jp3%2Aj7SDB"),
    ("urn:epc:id:ginc:4012345.xyz47%2F11", "/401/4012345xyz47%2F11"),
    ("urn:epc:id:gsin:4012345.222333444", "/402/40123452223334442"),
    ("urn:epc:id:sgcn:4012345.67890.04711", "/255/401234567890104711"),
    ("urn:epc:idpat:sgcn:4012345.67890.*", "/255/4012345678901"),
];

// Goal: every scheme goes to its link and comes back unchanged, and the canonical form of both is
// the link. Method: a table, the prefix length given as the URN shows it.
#[test]
fn round_trips() {
    for (urn, path) in LINKED {
        let link = format!("https://id.gs1.org{path}");
        assert_eq!(to_link(urn).unwrap(), link, "{urn}");
        assert_eq!(constrained_canonical(urn).unwrap(), link, "{urn}");
        assert_eq!(constrained_canonical(&link).unwrap(), link, "{urn}");
        let length = EpcUrn::parse(urn).unwrap().company_prefix.len();
        assert_eq!(to_urn(&link, Some(length)).unwrap(), urn, "{link}");
    }
}

// Goal: no guess about the company prefix. Method: known, unknown, impossible and wrong lengths.
#[test]
fn company_prefix_is_never_guessed() {
    let code = |link: &str, length| to_urn(link, length).map_err(|reason| reason.code.id);
    // 000000 of the published list has company prefixes of 7 digits.
    assert_eq!(code("https://a.example/01/00000000100007", None), Ok("urn:epc:idpat:sgtin:0000000.010000.*".into()));
    assert_eq!(code("https://a.example/414/9521001000017", Some(7)), Ok("urn:epc:id:sgln:9521001.00001.0".into()));
    assert_eq!(code("https://a.example/414/0000000000000", Some(13)), Err("EPC-PREFIX_LENGTH"));
    assert_eq!(code("https://a.example/414/9521001000017", Some(5)), Err("EPC-PREFIX_LENGTH"));
    assert_eq!(code("https://a.example/8004/2109999A", None), Err("EPC-PREFIX_UNKNOWN"));
    assert_eq!(code("https://a.example/8004/95210A", Some(6)), Err("EPC-PREFIX_LENGTH"));
    assert_eq!(code("https://a.example/8004/952100", Some(6)), Err("EPC-PART_LENGTH"));
    assert_eq!(code("https://a.example/414/9521001000018", Some(7)), Err("EPC-CHECK_DIGIT"));
    assert_eq!(code("https://a.example/414/9521001000017/254/0", Some(7)), Err("EPC-NO_URN"));
    assert_eq!(code("https://a.example/8006/040123451234560102/10/A", Some(7)), Err("EPC-NO_URN"));
    assert_eq!(code("https://a.example/8006/040123451234560302/21/A", Some(7)), Err("EPC-PIECES"));
    assert_eq!(code("https://a.example/8003/14012345000221", Some(7)), Err("EPC-NO_URN"));
    assert_eq!(code("https://a.example/", None), Err("EPC-NOT_LINK"));
}

// Goal: each rule of the Tag Data Standard gives its own code. Method: a table of one fault each.
#[test]
fn faults() {
    let table = [
        ("", "EPC-NOT_EPC"),
        ("urn:epc:", "EPC-NOT_EPC"),
        ("urn:epc:id", "EPC-NOT_EPC"),
        ("URN:EPC:id:sgtin:0614141.812345.6789", "EPC-NOT_EPC"),
        ("urn:epc:tag:sgtin-96:1.0614141.812345.6789", "EPC-TAG_URI"),
        ("urn:epc:raw:96.x0123", "EPC-TAG_URI"),
        ("urn:epc:pat:sgtin-96:1.0614141.812345.*", "EPC-TAG_URI"),
        ("urn:epc:foo:sgtin:1", "EPC-KIND"),
        ("urn:epc:id:SGTIN:0614141.812345.6789", "EPC-SCHEME"),
        ("urn:epc:id:lgtin:0614141.812345.6789", "EPC-SCHEME_KIND"),
        ("urn:epc:class:sgtin:0614141.812345.6789", "EPC-SCHEME_KIND"),
        ("urn:epc:idpat:lgtin:0614141.812345.*", "EPC-SCHEME_KIND"),
        ("urn:epc:id:sgtin:0614141.812345", "EPC-COMPONENTS"),
        ("urn:epc:id:itip:4012345.012345.01.02", "EPC-COMPONENTS"),
        ("urn:epc:id:sgtin:06141.81234567.1", "EPC-PREFIX"),
        ("urn:epc:id:sgtin:0614141081234..1", "EPC-PREFIX"),
        ("urn:epc:id:sgtin:*.*.*", "EPC-PREFIX"),
        ("urn:epc:id:sgtin:０614141.812345.1", "EPC-PREFIX"),
        ("urn:epc:id:sgtin:0614141.8123456.1", "EPC-REFERENCE_LENGTH"),
        ("urn:epc:id:sgtin:0614141.81234X.1", "EPC-DIGITS"),
        ("urn:epc:id:sscc:4012345.0000000011.1", "EPC-DIGITS"),
        ("urn:epc:id:sgtin:0614141.812345.", "EPC-PART_LENGTH"),
        ("urn:epc:id:sgtin:0614141.812345.123456789012345678901", "EPC-PART_LENGTH"),
        ("urn:epc:id:grai:4012345.00022.12345678901234567", "EPC-PART_LENGTH"),
        ("urn:epc:id:giai:4012345.123456789012345678901234", "EPC-PART_LENGTH"),
        ("urn:epc:id:sgcn:4012345.67890.1234567890123", "EPC-PART_LENGTH"),
        ("urn:epc:id:sgtin:0614141.812345.a/b", "EPC-CHARACTER"),
        ("urn:epc:id:sgtin:0614141.812345.a%2", "EPC-CHARACTER"),
        ("urn:epc:id:sgtin:0614141.812345.a%23", "EPC-CHARACTER"),
        ("urn:epc:id:sgtin:0614141.812345.a\0", "EPC-CHARACTER"),
        ("urn:epc:id:sgtin:0614141.812345.号", "EPC-CHARACTER"),
        ("urn:epc:id:cpi:0614141.a.1", "EPC-CHARACTER"),
        ("urn:epc:id:cpi:0614141.A.012", "EPC-LEADING_ZERO"),
        ("urn:epc:id:gid:95100000.12345.0400", "EPC-LEADING_ZERO"),
        ("urn:epc:id:gid:268435456.12345.400", "EPC-RANGE"),
        ("urn:epc:id:gid:1.1.99999999999999999999999", "EPC-RANGE"),
        ("urn:epc:idpat:sgtin:0614141.*.1", "EPC-STAR"),
        ("urn:epc:idpat:sgtin:*.812345.*", "EPC-STAR"),
        ("urn:epc:id:itip:4012345.012345.03.02.987", "EPC-PIECES"),
        ("urn:epc:id:itip:4012345.012345.00.02.987", "EPC-PIECES"),
        ("urn:epc:id:itip:4012345.012345.1.02.987", "EPC-PIECES"),
        ("urn:epc:id:usdod:2S19I.12345678901", "EPC-CAGE"),
        ("urn:epc:id:adi:W81X9C.3KL984PX1.%23", "EPC-CHARACTER"),
        ("urn:epc:id:adi:W81X9C.3KL984PX1.A%23", "EPC-CHARACTER"),
        ("urn:epc:id:bic:CSQA3054383", "EPC-BIC"),
        ("urn:epc:id:bic:CSQU3054384", "EPC-CHECK_DIGIT"),
        ("urn:epc:id:imovn:9176188", "EPC-CHECK_DIGIT"),
        ("urn:epc:id:imovn:917618", "EPC-REFERENCE_LENGTH"),
    ];
    for (urn, code) in table {
        assert_eq!(EpcUrn::parse(urn).map_err(|reason| reason.code.id), Err(code), "{urn}");
        assert_eq!(to_link(urn).map_err(|reason| reason.code.id), Err(code), "{urn}");
    }
}

// Goal: what is legal is read, in all schemes. Method: examples of the standard and stars in every
// place a pattern may have them.
#[test]
fn legal_urns() {
    let unlinked = [
        "urn:epc:id:gid:95100000.12345.400",
        "urn:epc:id:usdod:2S194.12345678901",
        "urn:epc:id:usdod:W81X9C.0",
        "urn:epc:id:adi:35962.PQ7VZ4.M37GXB92",
        "urn:epc:id:adi:W81X9C..%23LKJ",
        "urn:epc:id:bic:CSQU3054383",
        "urn:epc:id:imovn:9176187",
    ];
    for urn in unlinked {
        EpcUrn::parse(urn).unwrap();
        assert_eq!(to_link(urn).map_err(|reason| reason.code.id), Err("EPC-NO_LINK"), "{urn}");
        assert_eq!(constrained_canonical(urn), None, "{urn}");
    }
    for (urn, _) in LINKED {
        EpcUrn::parse(urn).unwrap();
    }
    let urn = EpcUrn::parse("urn:epc:id:itip:4012345.012345.01.02.9.87").unwrap();
    assert_eq!((urn.piece, urn.total, urn.serial), ("01", "02", "9.87"));
    let all = LINKED.map(|(urn, _)| urn).into_iter().chain(unlinked);
    for urn in all.filter(|urn| urn.starts_with("urn:epc:id:")) {
        let scheme = EpcUrn::parse(urn).unwrap().scheme;
        let lead = format!("urn:epc:idpat:{}:", scheme.name());
        let body = urn.strip_prefix(&format!("urn:epc:id:{}:", scheme.name())).unwrap();
        let count = match scheme {
            Scheme::Itip => 5,
            Scheme::Bic | Scheme::Imovn => 1,
            Scheme::Sscc | Scheme::Pgln | Scheme::Giai | Scheme::Gsrn | Scheme::Gsrnp => 2,
            Scheme::Ginc | Scheme::Gsin | Scheme::Usdod => 2,
            _ => 3,
        };
        let parts: Vec<&str> = body.splitn(count, '.').collect();
        for stars in 0..=count {
            let kept = parts[..count - stars].iter().copied();
            let pattern: Vec<&str> = kept.chain(std::iter::repeat_n("*", stars)).collect();
            let pattern = format!("{lead}{}", pattern.join("."));
            assert_eq!(EpcUrn::parse(&pattern).unwrap().level, Level::Pattern, "{pattern}");
        }
    }
}

// Goal: the canonical form where we know better than the reference, as the module's list says, and
// none for what is no link. Method: a table.
#[test]
fn canonical_beyond_the_reference() {
    let serial = Some("/01/09780345418913/21/a%2FbA%22%28");
    let table = [
        ("https://a.example/01/09780345418913/21/a%2fb%41%22(", serial),
        ("https://a.example/01/09780345418913/21/a%2Fb%41\"%28#fragment?x", serial),
        ("urn:epc:id:sgtin:978034541.0891.a%2fb%41%22(", serial),
        ("http://localhost/gtin/9780345418913/ser/1", Some("/01/09780345418913/21/1")),
        ("http://user@localhost:8080/x/00/y/01/gtin/9780345418913", Some("/01/09780345418913")),
        (
            "https://a.example/01/09780345418913/22/12345678901234567890/10/12345678901234567890/21/12345678901234567890",
            Some("/01/09780345418913/21/12345678901234567890"),
        ),
        ("https://a.example/01/09780345418913/22/V", Some("/01/09780345418913")),
        ("https://a.example/01/09780345418913/22/V/tpx/T", Some("/01/09780345418913/235/T")),
        ("https://a.example/gln/9521001000017/glnx/12", Some("/414/9521001000017/254/12")),
        ("https://a.example/cpid/9521A%2F/cpsn/7", Some("/8010/9521A%2F/8011/7")),
        // A wrong check digit must be hashable.
        ("https://a.example/414/9521001000018", Some("/414/9521001000018")),
        ("https://a.example/01/12345678", Some("/01/00000012345678")),
        ("https://a.example/01/123456789", None),
        ("https://a.example/01/09780345418913/", None),
        ("https://a.example/01/09780345418913/21/", None),
        ("https://a.example/01/09780345418913/21/a/b", None),
        ("https://a.example/01/09780345418913/21/a%", None),
        ("https://a.example/01/09780345418913/21/é", None),
        ("https://a.example/01/09780345418913/21/123456789012345678901", None),
        ("https://a.example/01/09780345418913/21/1/10/2", None),
        ("https://a.example/01/09780345418913/10/1/235/2", None),
        ("https://a.example/01/0978034541891３", None),
        ("https://a.example/414/9521001000017/21/1", None),
        ("https:///01/09780345418913", None),
        ("https://01/09780345418913", None),
        ("HTTPS://a.example/01/09780345418913", None),
        ("ftp://a.example/01/09780345418913", None),
        ("https://", None),
        ("http", None),
        ("urn:epc:", None),
        ("urn:epc:id:gdti:4012345.00009XPO", None),
        ("urn:epc:idpat:sgtin:4012345.*.*", None),
        ("urn:epc:idpat:itip:4012345.012345.01.*.*", None),
        ("", None),
    ];
    for (input, expected) in table {
        let expected = expected.map(|path: &str| format!("https://id.gs1.org{path}"));
        assert_eq!(constrained_canonical(input), expected, "{input}");
    }
}

// Goal: whatever is put in, the canonical form is a fixed point, no call panics, and a URN made from a
// link is a URN. Method: 200,000 mutations of the table from a fixed seed.
#[test]
fn mutations() {
    let mut state = 20_261_121_u64;
    let mut below = |limit: usize| {
        // Knuth's MMIX generator: good enough to choose, and the same everywhere.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % limit
    };
    let pieces =
        ["*", ".", "/", "%", "%2F", "%2f", "%41", "0", "9", "A", "z", "#", "?", ":", "é", "号", "\0", " ", "/21/", "-"];
    let mut recognised = 0;
    for _ in 0..200_000 {
        let (urn, path) = LINKED[below(LINKED.len())];
        let mut text = if below(2) == 0 { urn.to_owned() } else { format!("https://id.gs1.org{path}") };
        for _ in 0..=below(2) {
            let mut place = below(text.len() + 1);
            while !text.is_char_boundary(place) {
                place -= 1;
            }
            match below(8) {
                0 => text.truncate(place),
                _ => text.insert_str(place, pieces[below(pieces.len())]),
            }
        }
        let parsed = EpcUrn::parse(&text);
        if let Some(canonical) = constrained_canonical(&text) {
            recognised += 1;
            assert_eq!(constrained_canonical(&canonical).as_deref(), Some(&*canonical), "{text}");
            if let Ok(urn) = to_urn(&text, Some(7)) {
                assert_eq!(constrained_canonical(&urn), Some(canonical), "{text} {urn}");
            }
        } else if let Ok(urn) = parsed {
            assert!(to_link(&text).is_err(), "{text} {urn:?}");
        }
    }
    assert!(recognised > 20_000, "only {recognised} of the mutations were links");
}

// Goal: hostile size costs neither time nor memory. Method: 100 MB of the worst of each syntax,
// within a time no quadratic work could keep.
#[test]
fn hostile_size() {
    let began = std::time::Instant::now();
    for unit in ["/", "/01", "/01/09780345418913", "9", "%2F", "?", "."] {
        let long = unit.repeat(100_000_000 / unit.len());
        for lead in ["https://a.example/01/", "urn:epc:id:sgtin:", ""] {
            let text = format!("{lead}{long}");
            let expected = (lead.starts_with("https") && unit == "/01/09780345418913")
                .then(|| "https://id.gs1.org/01/09780345418913".to_owned());
            assert_eq!(constrained_canonical(&text), expected);
            let reason = EpcUrn::parse(&text).unwrap_err();
            assert!(reason.arguments.iter().all(|argument| argument.len() < 600));
        }
    }
    assert!(began.elapsed().as_secs() < 60);
}
