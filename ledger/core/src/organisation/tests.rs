//! Tests of organisations, keys, bindings and delegations.

use std::collections::BTreeMap;
use std::path::PathBuf;

use suyuan_epcis::json::tree::Json;

use super::genesis::{Genesis, GenesisOrganisation, chain_id, number, object, string};
use super::operation::{Operation, OrganisationRecord};
use super::*;
use crate::block::Validator;
use crate::day::Day;
use crate::key::{KeyKind, SubjectKey};
use crate::kv::{Table, WriteSet};
use crate::kv_memory::MemoryRead;
use crate::submission::{SubmittedEvent, key_id, record_type};

mod governance;

/// 2026-11-21T00:00:00Z.
const START: i64 = 1_795_219_200_000;
const DAY: i64 = 86_400_000;

const OPERATOR: &str = "urn:uscc:11440100DEMA00179H";
const DAIRY: &str = "urn:uscc:91440115DEMA00013J";
const LOGISTICS: &str = "urn:uscc:91440112DEMA00064F";
const HUB: &str = "urn:lei:999900DEMOHK00000135";

/// Keys of organisation n: root n·16, administrator n·16+1, device n·16+2.
fn public(seed: u8) -> [u8; 32] {
    [seed; 32]
}

fn id(seed: u8) -> Hash {
    key_id(1, &public(seed))
}

fn scope(kind: ScopeKind, value: &str) -> Scope {
    Scope::new(kind, value).unwrap()
}

fn member(uri: &str, name: &str, seed: u8, bindings: &[(ScopeKind, &str, bool)]) -> GenesisOrganisation {
    GenesisOrganisation {
        uri: uri.to_owned(),
        aliases: Vec::new(),
        name: name.to_owned(),
        role: OrganisationRole::Member,
        keys: vec![
            (public(seed), KeyRole::Root),
            (public(seed + 1), KeyRole::Administrator),
            (public(seed + 2), KeyRole::Device),
        ],
        bindings: bindings.iter().map(|(kind, value, strict)| (scope(*kind, value), *strict)).collect(),
    }
}

fn genesis() -> Genesis {
    let mut operator =
        member(OPERATOR, "Guangzhou Demo Market Supervision Node — 广州演示市场监管节点（虚构）", 16, &[]);
    operator.role = OrganisationRole::Operator;
    let mut dairy = member(
        DAIRY,
        "Guangzhou Lingnan Xingmu Dairy — 广州岭南星牧乳业（虚构）",
        32,
        &[
            (ScopeKind::Prefix, "9521001", false),
            (ScopeKind::Gtin, "9521002000016", true),
            (ScopeKind::DrugCode, "8105123", false),
            (ScopeKind::DeviceMaker, "44010", false),
            (ScopeKind::Uri, "https://dairy.example/", false),
        ],
    );
    dairy.aliases = vec!["https://id.gs1.org/417/9521001000017".to_owned()];
    let logistics = member(
        LOGISTICS,
        "Guangdong Binghe Cold-Chain — 广东冰河冷链（虚构）",
        48,
        &[(ScopeKind::Prefix, "9521006", false), (ScopeKind::Gln, "9521003000015", false)],
    );
    Genesis {
        network: "suyuan-test".to_owned(),
        trial: false,
        start_time: START,
        parameters: Parameters::default(),
        organisations: vec![operator, dairy, logistics],
        validators: vec![Validator { key: public(1), power: 1 }],
        threshold: 0,
    }
}

fn author(organisation: u64, seed: u8) -> Author {
    Author { organisation, key: id(seed) }
}

fn subject(kind: KeyKind, parts: &[&str]) -> SubjectKey {
    let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_bytes()).collect();
    SubjectKey::new(kind, &parts).unwrap()
}

fn record(operation: Operation) -> OrganisationRecord {
    OrganisationRecord {
        event_id: "urn:uuid:00000000-0000-4000-8000-000000000001".to_owned(),
        event_time: START,
        operation,
    }
}

fn admit(seed: u8, role: KeyRole) -> Operation {
    Operation::KeyAdmit { organisation: None, public: public(seed), role }
}

fn retire(seed: u8) -> Operation {
    Operation::KeyRetire { key: id(seed), compromised_at: 0 }
}

fn revoke(seed: u8) -> Operation {
    Operation::KeyRevoke { key: id(seed), compromised_at: START + 1 }
}

fn bind(value: &str, owner: &str, from: i64, to: i64) -> Operation {
    let scope = scope(ScopeKind::Prefix, value);
    Operation::BindingSet { scope, owner: owner.to_owned(), strict: false, from, to }
}

fn delegate(value: &str, to: i64) -> Operation {
    let scope = scope(ScopeKind::Prefix, value);
    Operation::DelegationSet { scope, delegate: LOGISTICS.to_owned(), from: 0, to }
}

fn alias(organisation: Option<&str>, alias: &str) -> Operation {
    Operation::OrganisationAlias { organisation: organisation.map(str::to_owned), alias: alias.to_owned() }
}

fn skip(seed: u8) -> Operation {
    Operation::LaneSkip { key: id(seed), from: 3, to: 5, previous: Hash::ZERO, reason: "clock".to_owned() }
}

fn validator(seed: u8, power: u64) -> Operation {
    Operation::ValidatorSet { public: public(seed), power }
}

fn remove(uri: &str) -> Operation {
    Operation::OrganisationRemove { organisation: uri.to_owned(), reason: "licence withdrawn".to_owned() }
}

fn limits(events: u32) -> Operation {
    Operation::ParametersSet(Parameters { block_events_max: events, ..Parameters::default() })
}

fn rules(rules: u16, from: u64) -> Operation {
    Operation::RulesSchedule { rules, from }
}

fn table(name: TableName, from: &str) -> Operation {
    Operation::TableSet { name, from: Day::parse(from).unwrap(), table: RATES.to_owned() }
}

/// The day of the cases' blocks, and a later one.
const TODAY: &str = "2026-11-22";
const LATER: &str = "2027-01-01";
const RATES: &str = "{\"A\":1,\"B\":2,\n \"C\":3,\"D\":4,\"E\":5,\"NR\":6}";

/// What is tried, by whom, in which type of record, and with which code it ends.
type Case = (&'static str, Author, u16, Operation, u16);

/// A history in which each case sees what those before it have changed.
fn cases() -> Vec<Case> {
    let (own, gov) = (record_type::ORGANISATION, record_type::GOVERNANCE);
    let (operator_root, operator) = (author(1, 16), author(1, 17));
    let (root, administrator, device) = (author(2, 32), author(2, 33), author(2, 34));
    let other = author(3, 49);
    let hub =
        || Operation::OrganisationRegister(member(HUB, "Demo Reefer Hub", 64, &[(ScopeKind::Prefix, "9521023", true)]));
    let mut authority = member("urn:uscc:11440000DEMA001877", "Demo Medical Products Node", 80, &[]);
    authority.role = OrganisationRole::Authority;
    let authority = || Operation::OrganisationRegister(authority.clone());
    let recover =
        || Operation::KeyAdmit { organisation: Some(DAIRY.to_owned()), public: public(40), role: KeyRole::Root };
    let end = |value: &str| Operation::BindingEnd { scope: scope(ScopeKind::Prefix, value), at: 0 };
    let end_delegation = || Operation::DelegationEnd {
        scope: scope(ScopeKind::Prefix, "952100100"),
        delegate: LOGISTICS.to_owned(),
        at: 0,
    };
    vec![
        ("a device admits no device", device, own, admit(35, KeyRole::Device), 208),
        ("an administrator admits a device", administrator, own, admit(35, KeyRole::Device), 0),
        ("a key is admitted once", administrator, own, admit(35, KeyRole::Device), 210),
        ("another's key is taken", other, own, admit(35, KeyRole::Device), 210),
        ("an administrator admits no administrator", administrator, own, admit(36, KeyRole::Administrator), 208),
        ("a root admits an administrator", root, own, admit(36, KeyRole::Administrator), 0),
        ("a root admits a device", root, own, admit(37, KeyRole::Device), 0),
        ("no key of another's organisation", other, own, recover(), 208),
        ("a member's root governs nothing", root, gov, recover(), 208),
        ("an operator's administrator recovers nobody", operator, gov, recover(), 208),
        ("an operator's root recovers a member", operator_root, gov, recover(), 0),
        ("recovery names the organisation", operator_root, gov, admit(41, KeyRole::Root), 210),
        ("the author is who holds the key", author(3, 33), own, admit(38, KeyRole::Device), 208),
        ("an unknown key", author(2, 99), own, admit(38, KeyRole::Device), 208),
        ("an unknown organisation", author(9, 33), own, admit(38, KeyRole::Device), 208),
        ("no other type of record", administrator, record_type::EPCIS, admit(38, KeyRole::Device), 208),
        ("another's administrator retires nothing", other, own, retire(35), 208),
        ("an administrator retires a device", administrator, own, retire(35), 0),
        ("a key is retired once", administrator, own, retire(35), 210),
        ("a retired key can be revoked", administrator, own, revoke(35), 0),
        ("a key is revoked once", administrator, own, revoke(35), 210),
        ("an unknown key is not retired", administrator, own, retire(99), 210),
        ("an administrator revokes no root", administrator, own, revoke(32), 208),
        ("a root retires an administrator", root, own, retire(36), 0),
        ("a retired administrator admits nothing", author(2, 36), own, admit(39, KeyRole::Device), 208),
        (
            "a compromise in the future",
            administrator,
            own,
            Operation::KeyRevoke { key: id(34), compromised_at: START + 99 * DAY },
            210,
        ),
        ("a member registers nobody", administrator, own, hub(), 208),
        ("registration is governance", operator, own, hub(), 208),
        ("an operator registers a member", operator, gov, hub(), 0),
        ("a name is given once", operator, gov, hub(), 210),
        ("an administrator registers no authority", operator, gov, authority(), 208),
        ("a root registers an authority", operator_root, gov, authority(), 0),
        ("a member binds nothing", administrator, own, bind("9521099", DAIRY, 0, 0), 208),
        ("an operator binds", operator, gov, bind("9521099", DAIRY, 0, 0), 0),
        ("what is bound is not bound again", operator, gov, bind("9521099", LOGISTICS, 0, 0), 210),
        ("an unknown owner", operator, gov, bind("9521098", "urn:lei:UNKNOWN", 0, 0), 210),
        ("a span that is over", operator, gov, bind("9521098", DAIRY, START, START + 1), 210),
        ("another's binding is not ended", other, own, end("9521099"), 208),
        ("an owner ends its binding", administrator, own, end("9521099"), 0),
        ("an ended binding is not ended again", administrator, own, end("9521099"), 210),
        ("what was bound can be bound anew", operator, gov, bind("9521099", LOGISTICS, 0, START + 30 * DAY), 0),
        ("and again behind that", operator, gov, bind("9521099", DAIRY, START + 30 * DAY, 0), 0),
        ("a delegate is lent what one owns", administrator, own, delegate("952100100", START + 20 * DAY), 0),
        ("not twice at once", administrator, own, delegate("952100100", START + 9 * DAY), 210),
        ("not what another owns", administrator, own, delegate("9521006", START + 9 * DAY), 208),
        ("not what nobody owns", administrator, own, delegate("9521077", START + 9 * DAY), 208),
        ("not more than one owns", administrator, own, delegate("952100", START + 9 * DAY), 208),
        ("not to oneself", author(3, 49), own, delegate("9521006", START + 9 * DAY), 210),
        ("another ends no delegation", other, own, end_delegation(), 210),
        ("the owner ends a delegation", administrator, own, end_delegation(), 0),
        ("a GLN of one's own is an alias", administrator, own, alias(None, "https://id.gs1.org/414/9521001000024"), 0),
        ("another's is not", administrator, own, alias(None, "https://id.gs1.org/414/9521006000012"), 208),
        ("nor is any URI", administrator, own, alias(None, "https://dairy.example/party"), 208),
        ("an operator names", operator, gov, alias(Some(DAIRY), "https://dairy.example/party"), 0),
        ("a name belongs to one", operator, gov, alias(Some(LOGISTICS), "https://dairy.example/party"), 210),
        ("in either form", operator, gov, alias(Some(LOGISTICS), "https://id.gs1.org/414/9521001000017"), 210),
        ("a lane is skipped by another key", administrator, own, skip(34), 0),
        ("not by its own", administrator, own, skip(33), 208),
        ("not by a device", author(2, 37), own, skip(34), 208),
        ("not another's", other, own, skip(34), 208),
        ("a node's key is a member's own", administrator, own, admit(42, KeyRole::Node), 0),
        ("a member sets no validator", root, gov, validator(42, 3), 208),
        ("an administrator sets none", operator, gov, validator(42, 3), 208),
        ("an operator's root adds one", operator_root, gov, validator(42, 3), 0),
        ("a device's key is no validator's", operator_root, gov, validator(34, 1), 210),
        ("nor one that nobody has", operator_root, gov, validator(43, 1), 210),
        ("the same power is no change", operator_root, gov, validator(42, 3), 210),
        ("another is", operator_root, gov, validator(42, 5), 0),
        ("a founding validator leaves", operator_root, gov, validator(1, 0), 0),
        ("who is none leaves nothing", operator_root, gov, validator(1, 0), 210),
        ("the last one stays", operator_root, gov, validator(42, 0), 210),
        ("nor can its organisation go", operator_root, gov, remove(DAIRY), 210),
        ("another can", operator_root, gov, remove(LOGISTICS), 0),
        ("once", operator_root, gov, remove(LOGISTICS), 210),
        ("who is removed has no rights", other, own, admit(50, KeyRole::Device), 208),
        ("an operator does not remove the last that governs", operator_root, gov, remove(OPERATOR), 210),
        ("limits are governance", operator_root, own, limits(7), 208),
        ("limits are set", operator_root, gov, limits(7), 0),
        ("a block carries something", operator_root, gov, limits(0), 210),
        ("rules are announced ahead", operator_root, gov, rules(2, 1_000), 210),
        ("and then scheduled", operator_root, gov, rules(2, 2_000), 0),
        ("a table is for days to come", operator_root, gov, table(TableName::InspectionRates, TODAY), 210),
        ("and then put in force", operator_root, gov, table(TableName::InspectionRates, LATER), 0),
        ("by a root key alone", operator, gov, table(TableName::InspectionRates, LATER), 208),
        ("of those who govern", root, gov, table(TableName::InspectionRates, LATER), 208),
        ("and no member", root, own, table(TableName::InspectionRates, LATER), 208),
        ("old rules do not come back", operator_root, gov, rules(1, 9_000), 210),
        ("nothing is to be approved", operator_root, gov, Operation::Approve { proposal: Hash::ZERO }, 210),
        ("more signatures than authorities", operator_root, gov, Operation::ThresholdSet { threshold: 2 }, 210),
        ("authorities take over", operator_root, gov, Operation::ThresholdSet { threshold: 1 }, 0),
        ("the operator governs no more", operator_root, gov, limits(8), 208),
        ("one authority does", author(5, 80), gov, limits(8), 0),
    ]
}

fn block_time(place: usize) -> i64 {
    START + DAY + i64::try_from(place).unwrap() * 1_000
}

/// Applies an operation as a record of the block at this place.
fn tried(
    directory: &mut Directory,
    author: Author,
    record_type: u16,
    operation: &Operation,
    place: usize,
) -> Result<Outcome, Refusal> {
    let (payload, height) = (record(operation.clone()).write(), place as u64 + 1);
    let digest = SubmittedEvent { record_type, salt: [place as u8; 16], payload: payload.clone() }.digest();
    let occasion = Occasion { record_type, height, time: block_time(place), digest, payload: &payload };
    directory.apply(author, &occasion, operation)
}

/// Goal: each right is there and no other; a refused record changes nothing; the rows that were written are
/// the directory. Method: a history of cases with the code of each; after each the rows written so far are
/// read back and compared.
#[test]
fn rights() {
    let mut directory = genesis().directory();
    let mut rows: BTreeMap<Vec<u8>, Vec<u8>> = genesis().rows().into_iter().collect();
    for (place, (what, author, record_type, operation, code)) in cases().into_iter().enumerate() {
        let before = directory.clone();
        let outcome = tried(&mut directory, author, record_type, &operation, place);
        assert_eq!(outcome.as_ref().map_or_else(|refusal| refusal.code(), |_| 0), code, "{what}");
        match outcome {
            Ok(outcome) => {
                assert_eq!(outcome.lane.is_some(), matches!(operation, Operation::LaneSkip { .. }), "{what}");
                assert_eq!(outcome.rows.is_empty(), outcome.lane.is_some(), "{what}");
                rows.extend(outcome.rows);
            }
            Err(_) => assert_eq!(directory, before, "{what}"),
        }
        let read = Directory::from_rows(rows.iter().map(|(name, value)| (name.as_slice(), value.as_slice())));
        assert_eq!(read.as_ref(), Ok(&directory), "{what}");
        let all: Vec<Row> = rows.clone().into_iter().collect();
        assert_eq!(directory.rows(), all, "{what}");
        // A store's rows have the height of their last change before them.
        let (mut store, mut writes) = (MemoryRead::default(), WriteSet::default());
        all.into_iter().for_each(|(name, value)| writes.put(Table::Row, name, [vec![0; 8], value].concat()));
        store.apply(&writes);
        assert_eq!(crate::state::apply::directory(&store).as_ref(), Ok(&directory), "{what}");
    }
}

/// Goal: of two tables of one name at one height none is lost without a word, and all of them have a limit. Method: the same
/// height twice; then large ones until one is refused.
#[test]
fn tables_have_room() {
    let (mut directory, operator) = (genesis().directory(), author(1, 16));
    let mut tried = |operation: &Operation, place| {
        let outcome = tried(&mut directory, operator, record_type::GOVERNANCE, operation, place);
        outcome.map_or_else(|refusal| refusal.code(), |_| 0)
    };
    assert_eq!(tried(&table(TableName::InspectionRates, LATER), 5), 0);
    assert_eq!(tried(&table(TableName::InspectionRates, LATER), 5), 210);
    assert_eq!(tried(&table(TableName::Calendar, LATER), 5), 0);
    let numbers = include_str!("../credit/scl-credit-1.0.0.json").to_owned();
    let numbers = Operation::TableSet { name: TableName::Parameters, from: Day::parse(LATER).unwrap(), table: numbers };
    assert_eq!(OrganisationRecord::parse(&record(numbers.clone()).write()).unwrap().operation, numbers);
    let large = Operation::TableSet {
        name: TableName::Calendar,
        from: Day::parse(LATER).unwrap(),
        table: "x".repeat(TABLE_BYTES_MAX),
    };
    let codes: Vec<u16> = (6..100).map(|place| tried(&large, place)).collect();
    let taken = codes.iter().take_while(|code| **code == 0).count();
    assert_eq!(taken, (TABLES_BYTES_MAX - 2 * RATES.len()) / TABLE_BYTES_MAX);
    assert!(codes[taken..].iter().all(|code| *code == 210));
}

/// Goal: every record is read as it was written. Method: each operation of the cases there and back.
#[test]
fn records_there_and_back() {
    for (what, _, _, operation, _) in cases() {
        let record = record(operation);
        assert_eq!(OrganisationRecord::parse(&record.write()).as_ref(), Ok(&record), "{what}");
        assert!(record.operation.check().is_ok(), "{what}");
    }
}

/// Goal: records that can be read in two ways, or not at all, are refused with their place. Method: a good
/// record changed in one place each; then cut at, and changed in, every byte: no panic, and never another
/// operation of the same bytes' length by accident of a duplicate.
#[test]
fn hostile_records() {
    let good = |rest: &str| {
        format!(
            r#"{{"type":"suyuan:KeyRetire","eventID":"urn:x:1","eventTime":"2026-11-21T00:00:00Z","key":"{}"{rest}}}"#,
            id(3)
        )
    };
    assert!(OrganisationRecord::parse(good("").as_bytes()).is_ok());
    assert!(OrganisationRecord::parse(good(r#","compromisedAt":"2026-11-20T08:00:00+08:00""#).as_bytes()).is_ok());
    for (rest, pointer) in [
        (r#","other":1"#, "/other"),
        (r#","a/b~":1"#, "/a~1b~0"),
        (r#","type":"suyuan:KeyRetire""#, "/type"),
        (r#","k\u0065y":"00""#, "/key"),
        (r#","compromisedAt":0"#, "/compromisedAt"),
        (r#","compromisedAt":"2026-11-20""#, "/compromisedAt"),
        (r#","compromisedAt":"1969-11-20T00:00:00Z""#, "/compromisedAt"),
        (r#","compromisedAt":"1970-01-01T00:00:00Z""#, "/compromisedAt"),
        (r#","compromisedAt":null"#, "/compromisedAt"),
    ] {
        assert_eq!(OrganisationRecord::parse(good(rest).as_bytes()).unwrap_err().pointer, pointer, "{rest}");
    }
    for text in ["", "[]", "{}", "null", r#"{"type":1}"#, r#"{"type":"suyuan:Other"}"#, &"[".repeat(100_000)] {
        assert!(OrganisationRecord::parse(text.as_bytes()).is_err(), "{text:.20}");
    }
    let base = record(Operation::OrganisationRegister(genesis().organisations.remove(1)));
    let bytes = base.write();
    for place in 0..bytes.len() {
        assert!(OrganisationRecord::parse(&bytes[..place]).is_err());
        for change in [0x01, 0x20, 0x80] {
            let mut changed = bytes.clone();
            changed[place] ^= change;
            let _ = OrganisationRecord::parse(&changed);
        }
    }
}

/// Goal: a genesis is read as it was written, and each fault is named with its place. Method: there and back;
/// then texts replaced in it one by one.
#[test]
fn genesis_files() {
    let written = genesis().write();
    assert_eq!(Genesis::parse(&written), Ok(genesis()));
    assert_eq!(genesis().check(), Ok(()));
    let text = String::from_utf8(written).unwrap();
    let line = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        let error = Genesis::parse(text.replacen(from, to, 1).as_bytes()).unwrap_err();
        (error.reason.code.id, error.pointer)
    };
    let table = [
        (r#""pilot": true"#, r#""pilot": false"#, "GENESIS-NOT_PILOT", "/pilot"),
        (r#""pilot": true"#, r#""pilot": true, "trial": 1"#, "GENESIS-FORM", "/trial"),
        (r#""hash": 1"#, r#""hash": 2"#, "GENESIS-SUITE", "/suites/hash"),
        (r#""signature": 1"#, r#""signature": 1.0"#, "GENESIS-FORM", "/suites/signature"),
        (r#""role": "operator""#, r#""role": "member""#, "GENESIS-NO_OPERATOR", "/organisations"),
        (r#""power": 1"#, r#""power": 0"#, "GENESIS-FORM", "/validators/0/power"),
        (r#""network""#, r#""netwerk""#, "GENESIS-FORM", "/network"),
        (DAIRY, OPERATOR, "GENESIS-TWICE", "/organisations/1/uri"),
        (r#""9521006""#, r#""9521001""#, "GENESIS-TWICE", "/organisations/2/bindings/0/scope"),
        (
            r#""gln": "9521003000015""#,
            r#""gln": "9521003000016""#,
            "GENESIS-FORM",
            "/organisations/2/bindings/1/scope/gln",
        ),
        (r#""deviceMaker""#, r#""maker""#, "GENESIS-FORM", "/organisations/1/bindings/3/scope/maker"),
        (
            r#""blockEventsMax": 16384"#,
            r#""blockEventsMax": 99999999999"#,
            "GENESIS-FORM",
            "/parameters/blockEventsMax",
        ),
        (r#""strict": true"#, r#""strict": "yes""#, "GENESIS-FORM", "/organisations/1/bindings/1/strict"),
    ];
    for (from, to, code, pointer) in table {
        assert_eq!(line(from, to), (code, pointer.to_owned()), "{from} → {to}");
    }
    for place in 0..text.len() - 1 {
        let _ = Genesis::parse(&text.as_bytes()[..place]).unwrap_err();
    }
    // The check character is for who makes the file, not for who joins.
    let mut slip = genesis();
    slip.organisations[1].uri = DAIRY.replace("3J", "3K");
    assert_eq!(Genesis::parse(&slip.write()), Ok(slip.clone()));
    assert_eq!(slip.check().unwrap_err().pointer, "/organisations/1/uri");
}

/// Goal: whose a subject is, and who acts for the owner, by the most specific scope in force. Method: a table
/// over the genesis and some records.
#[test]
fn owners() {
    let mut directory = genesis().directory();
    let item = |gtin: &str| subject(KeyKind::Item, &[gtin, "1"]);
    let table = [
        (item("19521001001011"), Some((2, false))),
        (item("09521002000016"), Some((2, true))),
        (item("09521002000023"), None),
        (subject(KeyKind::LogisticUnit, &["195210060000000017"]), Some((3, false))),
        (subject(KeyKind::Place, &["9521003000015", "0"]), Some((3, false))),
        (subject(KeyKind::Place, &["9521003000022", ""]), None),
        (subject(KeyKind::DrugCode, &["81051230000000004471"]), Some((2, false))),
        (subject(KeyKind::Device, &["31104401020190123"]), Some((2, false))),
        (subject(KeyKind::Process, &["https://dairy.example/p/1"]), Some((2, false))),
        (subject(KeyKind::Process, &["https://dairy.example.thief.example/"]), None),
        (subject(KeyKind::Organisation, &[LOGISTICS]), Some((3, true))),
        (subject(KeyKind::Container, &["CSQU3054383"]), None),
    ];
    for (key, owner) in table {
        assert_eq!(directory.owner(&key, START), owner, "{key:?}");
        assert_eq!(
            directory.owner(&key, START - 1).is_some(),
            matches!(owner, Some((_, true))) && owner == Some((3, true))
        );
    }
    let key = item("19521001001011");
    assert!(directory.acts_for(2, 2, &key, START));
    assert!(!directory.acts_for(3, 2, &key, START));
    let lend = delegate("952100100", START + 10);
    let at =
        |time| Occasion { record_type: record_type::ORGANISATION, height: 1, time, digest: Hash::ZERO, payload: b"" };
    directory.apply(author(2, 33), &at(START + 5), &lend).unwrap();
    let acts = |directory: &Directory, time| directory.acts_for(3, 2, &key, time);
    assert_eq!([4, 5, 9, 10].map(|time| acts(&directory, START + time)), [false, true, true, false]);
    assert!(!directory.acts_for(3, 1, &key, START + 5));
    assert!(!directory.acts_for(3, 2, &item("09521002000016"), START + 5));
    let end = Operation::DelegationEnd {
        scope: scope(ScopeKind::Prefix, "952100100"),
        delegate: LOGISTICS.to_owned(),
        at: 0,
    };
    directory.apply(author(2, 33), &at(START + 7), &end).unwrap();
    assert_eq!([6, 7].map(|time| acts(&directory, START + time)), [true, false]);
}

/// Goal: which organisation a shipment names. Method: a table of parties by name, GLN and prefix.
#[test]
fn parties() {
    let directory = genesis().directory();
    let table = [
        (subject(KeyKind::Place, &["9521001000017", ""]), Some(2)),
        (subject(KeyKind::Place, &["9521001000024", ""]), Some(2)),
        (subject(KeyKind::Place, &["9521003000015", ""]), Some(3)),
        (subject(KeyKind::Place, &["9521003000022", ""]), None),
        (subject(KeyKind::Organisation, &[DAIRY]), Some(2)),
        (subject(KeyKind::Other, &[LOGISTICS]), Some(3)),
        (subject(KeyKind::Other, &["https://dairy.example/party"]), Some(2)),
        (subject(KeyKind::Other, &["https://nobody.example/"]), None),
        (subject(KeyKind::Item, &["09521001001014", "1"]), None),
    ];
    for (key, number) in table {
        assert_eq!(directory.organisation_of_party(&key, START), number, "{key:?}");
    }
}

/// Goal: until when a key's signature is taken. Method: each state at the moments before and after its bounds.
#[test]
fn key_validity() {
    let grace = 7 * DAY;
    let key = Key::new(1, public(7), KeyRole::Device, 100);
    let retired = Key { retired_at: 200, ..key };
    let revoked = Key { revoked_at: 300, compromised_at: 150, ..retired };
    assert_eq!([99, 100, i64::MAX].map(|time| key.is_valid_at(time, grace)), [false, true, true]);
    assert_eq!(
        [199, 200, 200 + grace, 201 + grace].map(|time| retired.is_valid_at(time, grace)),
        [true, true, true, false]
    );
    assert_eq!([199, 200].map(|time| retired.is_active_at(time)), [true, false]);
    assert_eq!([299, 300].map(|time| revoked.is_valid_at(time, grace)), [true, false]);
    assert_eq!([149, 150].map(|time| revoked.is_suspect_at(time)), [false, true]);
    assert!(!key.is_suspect_at(i64::MAX));
}

/// Goal: broken rows are refused, foreign ones passed over. Method: every row cut, lengthened and changed.
#[test]
fn broken_rows() {
    let rows = genesis().rows();
    let read =
        |rows: &[Row]| Directory::from_rows(rows.iter().map(|(name, value)| (name.as_slice(), value.as_slice())));
    let mut with_foreign = rows.clone();
    with_foreign.push((b"lane/x".to_vec(), b"anything".to_vec()));
    assert_eq!(read(&with_foreign), Ok(genesis().directory()));
    for place in 0..rows.len() {
        let changed = |change: &dyn Fn(&mut Row)| {
            let mut rows = rows.clone();
            change(&mut rows[place]);
            read(&rows)
        };
        assert!(changed(&|row| row.1.push(0)).is_err());
        assert!(changed(&|row| row.1.truncate(row.1.len() - 1)).is_err());
        for byte in 0..rows[place].1.len() {
            let _ = changed(&|row| row.1[byte] ^= 0xff);
        }
    }
    let without_first: Vec<Row> = rows.iter().filter(|(name, _)| name != b"org/\0\0\0\0\0\0\0\x01").cloned().collect();
    assert_eq!(read(&without_first), Err(DirectoryError::Number(1)));
}

/// Goal: the rows of a genesis and of each record stay what they are, byte for byte. Method: they are
/// compared with `docs/vectors/organisations.json`; SUYUAN_WRITE_VECTORS=1 writes that file.
#[test]
fn golden_vectors() {
    let hex = |bytes: &[u8]| string(&bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    let rows = |rows: &[Row]| {
        Json::List(rows.iter().map(|(name, value)| object(vec![("name", hex(name)), ("value", hex(value))])).collect())
    };
    let mut directory = genesis().directory();
    let mut steps = Vec::new();
    for (place, (what, author, record_type, operation, _)) in cases().into_iter().enumerate() {
        let payload = record(operation.clone()).write();
        let outcome = tried(&mut directory, author, record_type, &operation, place);
        steps.push(object(vec![
            ("what", string(what)),
            ("organisation", number(author.organisation)),
            ("key", string(&author.key.to_string())),
            ("recordType", number(record_type)),
            ("blockTime", number(block_time(place))),
            ("payload", string(std::str::from_utf8(&payload).unwrap())),
            ("code", number(outcome.as_ref().map_or_else(|refusal| refusal.code(), |_| 0))),
            ("rows", rows(&outcome.map(|outcome| outcome.rows).unwrap_or_default())),
        ]));
    }
    let file = genesis().write();
    let mut text = Vec::new();
    object(vec![
        (
            "about",
            string(
                "Rows of organisations, keys, bindings, delegations and parameters (docs/ORGANISATIONS.md). \
                 `genesis` is a genesis file as text, `chain` the chain id of its bytes, `rows` the rows of the empty \
                 ledger, by name; names and values in hex. Then `steps`, in order: a payload by an author (organisation \
                 number, key id) in a record of a type at a block's time (milliseconds since 1970), the code with which \
                 it ends (0 accepted), and the rows that it writes.",
            ),
        ),
        ("genesis", string(std::str::from_utf8(&file).unwrap())),
        ("chain", string(&chain_id(&file).to_string())),
        ("rows", rows(&genesis().rows())),
        ("steps", Json::List(steps)),
    ])
    .write(0, &mut text);
    text.push(b'\n');
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/vectors/organisations.json");
    if std::env::var_os("SUYUAN_WRITE_VECTORS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let kept = std::fs::read(&path).unwrap();
    assert!(kept == text, "the rows have changed: see docs/vectors/organisations.json");
}
