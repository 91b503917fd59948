//! Goal: the bytes of every format are those of `docs/FORMATS.md`, whatever crate writes them. Method: an example
//! of each is encoded by the ledger and compared with `docs/vectors/formats.json`; the fields named there are
//! encoded by a small encoder of this test; `wincode` reads the bytes into structures of its own and writes
//! them again. Then bytes that are no encoding.
//!
//! With `SUYUAN_WRITE_VECTORS=1` the vectors are written, to be reviewed as a diff.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use bincode::{Decode, Encode};
use serde_json::{Value, json};
use suyuan_ledger::block::*;
use suyuan_ledger::codec::{DecodeError, decode, decode_trusted, encode};
use suyuan_ledger::hash::{Hash, Tag};
use suyuan_ledger::key::{KeyKind, SubjectKey};
use suyuan_ledger::log::{LogNode, Peaks};
use suyuan_ledger::names::{Name, names_root};
use suyuan_ledger::record::*;
use suyuan_ledger::state::erased::{StoredEffect, StoredQuantity};
use suyuan_ledger::state::head::{Head, StateRoots};
use suyuan_ledger::state::subject::*;
use suyuan_ledger::submission::*;

const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/vectors/formats.json");
const BYTES_MAX: usize = 1 << 16;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn h(seed: u8) -> Hash {
    Hash([seed; 32])
}

/// Encodes [name, type, value] by the byte tables: numbers by their width, `bytes` as they are, `text` and
/// `octets` behind a length, a `list` as its count and elements, an `option` as 0 or 1 and the value, a
/// `structure` as its fields.
fn by_table(fields: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    for field in fields.as_array().unwrap() {
        let (kind, value) = (field[1].as_str().unwrap(), &field[2]);
        let number = || value.as_str().unwrap().parse::<i128>().unwrap();
        let length = |count: usize| (count as u64).to_le_bytes();
        match kind {
            "u8" => bytes.push(number() as u8),
            "u16" => bytes.extend((number() as u16).to_le_bytes()),
            "u32" => bytes.extend((number() as u32).to_le_bytes()),
            "u64" => bytes.extend((number() as u64).to_le_bytes()),
            "i64" => bytes.extend((number() as i64).to_le_bytes()),
            "bytes" => bytes.extend(unhex(value.as_str().unwrap())),
            "octets" => {
                let octets = unhex(value.as_str().unwrap());
                bytes.extend(length(octets.len()));
                bytes.extend(octets);
            }
            "list" => {
                bytes.extend(length(value.as_array().unwrap().len()));
                value.as_array().unwrap().iter().for_each(|element| bytes.extend(by_table(element)));
            }
            "option" => {
                bytes.push(u8::from(!value.is_null()));
                if !value.is_null() {
                    bytes.extend(by_table(value));
                }
            }
            "structure" => bytes.extend(by_table(value)),
            other => panic!("type {other}"),
        }
    }
    bytes
}

/// A field of a vector.
fn f(name: &str, kind: &str, value: impl ToString) -> Value {
    json!([name, kind, value.to_string()])
}

fn fh(name: &str, hash: Hash) -> Value {
    f(name, "bytes", hash)
}

fn group(name: &str, kind: &str, value: Value) -> Value {
    json!([name, kind, value])
}

/// An example: name, fields, the ledger's bytes, its hash if it has one, reading and writing by `wincode`.
struct Example {
    name: &'static str,
    fields: Value,
    bytes: Vec<u8>,
    hash: Option<Hash>,
    wincode: fn(&[u8]) -> Vec<u8>,
}

fn example<T: Encode + Decode<()> + PartialEq + std::fmt::Debug>(
    name: &'static str,
    thing: &T,
    hash: Option<Hash>,
    fields: Vec<Value>,
    wincode: fn(&[u8]) -> Vec<u8>,
) -> Example {
    let bytes = encode(thing);
    assert_eq!(&decode::<T>(&bytes, BYTES_MAX).unwrap(), thing, "{name}");
    hostile::<T>(name, &bytes);
    Example { name, fields: Value::Array(fields), bytes, hash, wincode }
}

/// Whatever is not the encoding is refused, and no false length makes the decoder allocate.
fn hostile<T: Encode + Decode<()>>(name: &str, bytes: &[u8]) {
    let trailing = [bytes, &[0]].concat();
    assert_eq!(decode::<T>(&trailing, BYTES_MAX).err(), Some(DecodeError::Trailing), "{name}");
    assert_eq!(decode::<T>(bytes, bytes.len() - 1).err(), Some(DecodeError::TooLong), "{name}");
    for end in 0..bytes.len() {
        assert!(decode::<T>(&bytes[..end], BYTES_MAX).is_err(), "{name} cut at {end}");
        // Any eight bytes may be a length.
        if end + 8 <= bytes.len() {
            for huge in [u64::MAX, 1 << 40, ((256 << 20) + 1)] {
                let mut false_length = bytes.to_vec();
                false_length[end..end + 8].copy_from_slice(&huge.to_le_bytes());
                if let Ok(thing) = decode::<T>(&false_length, BYTES_MAX) {
                    assert_eq!(encode(&thing), false_length, "{name} at {end}");
                }
            }
        }
    }
}

/// The same byte tables for another crate: each structure as nested pairs, which lie as its fields do. Its derived
/// code would be `unsafe`, which this workspace forbids.
mod mirror {
    macro_rules! pairs {
        ($type:ty) => { $type };
        ($type:ty, $($rest:ty),+) => { ($type, pairs!($($rest),+)) };
    }

    macro_rules! mirrors {
        ($($name:ident { $($field:ident: $type:ty),* $(,)? })+) => {
            $(pub type $name = pairs!($($type),*);)+
        };
    }

    pub type H = [u8; 32];

    mirrors! {
        Submission { kind: u8, version: u8, chain: H, organisation: u64, key: H, sequence: u64, previous: H,
            signed_at: i64, visibility: u8, count: u32, body_bytes: u32, batch: H }
        SubmittedEvent { record_type: u16, salt: [u8; 16], payload: Vec<u8> }
        SignedSubmission { submission: Submission, signature: [u8; 64], events: Vec<SubmittedEvent> }
        LaneState { next: u64, previous: H }
        Header { kind: u8, version: u8, chain: H, height: u64, time: i64, parent: H, body: H, body_bytes: u64,
            events: u32, state: H, results: H, history: H, validators: H, next_validators: H, rules: u16,
            proposer: u16 }
        Validator { key: H, power: u64 }
        CommitSignature { validator: u16, signature: [u8; 64] }
        CommitCertificate { round: u32, signatures: Vec<CommitSignature> }
        Checkpoint { header: Header, certificate: CommitCertificate, validators: Vec<Validator> }
        StoredEvent { record_type: u16, code: u16, digest: H }
        StoredSubmission { submission: Submission, signature: [u8; 64], events: Vec<StoredEvent> }
        StoredBlock { header: Header, certificate: CommitCertificate, submissions: Vec<StoredSubmission> }
        Receipt { submission: H, index: u32, code: u16, record: H }
        Record { record_type: u16, height: u64, index: u32, block_time: i64, event_time: i64, rules: u16,
            author: u64, own: u64, flags: u64, mask: u32, event_digest: H, links: H, names: H }
        LinkRun { role: u8, standing: u8, first: u64, count: u32 }
        FoundedRun { first: u64, count: u32 }
        StoredQuantity { role: u8, subject: u64, thousandths: Option<i64>, unit: [u8; 4] }
        StoredEffect { event_type: u8, step: u8, bits: u8, next: u64, quantities: Vec<StoredQuantity> }
        StoredRecord { record_type: u16, block_time: i64, event_time: i64, rules: u16, author: u64, own: u64,
            flags: u64, mask: u32, event_digest: H, names: H, runs: Vec<LinkRun>, founded: Vec<FoundedRun>,
            effect: StoredEffect }
        LogNode { hash: H, tmin: i64, tmax: i64, mask: u32 }
        Peaks { count: u64, nodes: Vec<LogNode> }
        SubjectState { found: H, founder: u64, maker: u64, holder: u64, next: u64, claim: u64, parent: u64,
            packed: u64, emptied: u64, emptied_by: u64, balance: i64, unit: [u8; 4], life: u8, recall: u8 }
        SubjectLeaf { state: SubjectState, count: u64, log: LogNode }
        StoredLog { state: SubjectState, peaks: Peaks, base: u64, base_count: u64,
            recent: Vec<StoredEntry>, subjects: u64, founded_height: u64, founded_index: u32 }
        StoredRun { count: u64, log: u64 }
        StoredEntry { height: u64, index: u32, role: u8, standing: u8 }
        StateRoots { subject_count: u64, subjects: H, event_count: u64, events: H, name_count: u64, names: H,
            row_count: u64, rows: H }
        Head { chain: H, height: u64, id: H, time: i64, state: H, results: H, history: H, validators: H,
            roots: StateRoots, next_log: u64 }
    }

    macro_rules! again {
        ($name:ident) => {
            |bytes| {
                let thing: crate::mirror::$name = wincode::deserialize_exact(bytes).unwrap();
                wincode::serialize(&thing).unwrap()
            }
        };
    }
    pub(crate) use again;
}

use mirror::again;

fn submission() -> (Submission, Vec<Value>) {
    let events = [submitted()];
    let lane = LaneState { next: 7, previous: h(3) };
    let made = Submission::new(h(1), 5, h(2), lane, 1_795_219_200_000, &events);
    let fields = vec![
        f("kind", "u8", 1),
        f("version", "u8", made.version),
        fh("chain", h(1)),
        f("organisation", "u64", 5),
        fh("key", h(2)),
        f("sequence", "u64", 7),
        fh("previous", h(3)),
        f("signed_at", "i64", 1_795_219_200_000i64),
        f("visibility", "u8", 0),
        f("count", "u32", 1),
        f("body_bytes", "u32", 18),
        fh("batch", made.batch),
    ];
    (made, fields)
}

fn submitted() -> SubmittedEvent {
    SubmittedEvent { record_type: record_type::EPCIS, salt: [9; 16], payload: b"{}".to_vec() }
}

fn header() -> (Header, Vec<Value>) {
    let header = Header {
        kind: HEADER_TYPE,
        version: HEADER_VERSION,
        chain: h(1),
        height: 2,
        time: 1_795_219_200_001,
        parent: h(4),
        body: h(5),
        body_bytes: 18,
        events: 1,
        state: h(6),
        results: h(7),
        history: h(8),
        validators: h(9),
        next_validators: h(10),
        rules: 1,
        proposer: 3,
    };
    let fields = vec![
        f("kind", "u8", 2),
        f("version", "u8", 1),
        fh("chain", h(1)),
        f("height", "u64", 2),
        f("time", "i64", 1_795_219_200_001i64),
        fh("parent", h(4)),
        fh("body", h(5)),
        f("body_bytes", "u64", 18),
        f("events", "u32", 1),
        fh("state", h(6)),
        fh("results", h(7)),
        fh("history", h(8)),
        fh("validators", h(9)),
        fh("next_validators", h(10)),
        f("rules", "u16", 1),
        f("proposer", "u16", 3),
    ];
    (header, fields)
}

fn certificate() -> (CommitCertificate, Vec<Value>) {
    let signed = CommitSignature { validator: 0, signature: [11; 64] };
    let element = json!([f("validator", "u16", 0), f("signature", "bytes", hex(&[11; 64]))]);
    let fields = vec![f("round", "u32", 4), group("signatures", "list", json!([element]))];
    (CommitCertificate { round: 4, signatures: vec![signed] }, fields)
}

fn chain_examples() -> Vec<Example> {
    let (submission, submission_fields) = submission();
    let (header, header_fields) = header();
    let (certificate, certificate_fields) = certificate();
    let signature = f("signature", "bytes", hex(&[12; 64]));
    let event = json!([f("record_type", "u16", 1), f("salt", "bytes", hex(&[9; 16])), f("payload", "octets", "7b7d")]);
    let stored_event = json!([f("record_type", "u16", 1), f("code", "u16", 201), fh("digest", h(13))]);
    let signed = SignedSubmission { submission: submission.clone(), signature: [12; 64], events: vec![submitted()] };
    let stored = StoredSubmission {
        submission: submission.clone(),
        signature: [12; 64],
        events: vec![StoredEvent { record_type: 1, code: 201, digest: h(13) }],
    };
    let stored_fields = json!([
        group("submission", "structure", Value::Array(submission_fields.clone())),
        signature,
        group("events", "list", json!([stored_event]))
    ]);
    let block = StoredBlock { header: header.clone(), certificate: certificate.clone(), submissions: vec![stored] };
    let validators = vec![Validator { key: [14; 32], power: 1 }];
    let validator_fields = json!([[fh("key", h(14)), f("power", "u64", 1)]]);
    let checkpoint =
        Checkpoint { header: header.clone(), certificate: certificate.clone(), validators: validators.clone() };
    let receipt = Receipt { submission: h(15), index: 3, code: 0, record: h(16) };
    let lane = LaneState { next: 8, previous: h(17) };
    let head_of = |name| group(name, "structure", Value::Array(header_fields.clone()));
    let certified = group("certificate", "structure", Value::Array(certificate_fields.clone()));
    vec![
        example("submission", &submission, Some(submission.id()), submission_fields.clone(), again!(Submission)),
        example(
            "signed submission",
            &signed,
            None,
            vec![
                group("submission", "structure", Value::Array(submission_fields)),
                f("signature", "bytes", hex(&[12; 64])),
                group("events", "list", json!([event])),
            ],
            again!(SignedSubmission),
        ),
        example("lane", &lane, None, vec![f("next", "u64", 8), fh("previous", h(17))], again!(LaneState)),
        example("header", &header, Some(header.id()), header_fields.clone(), again!(Header)),
        example("certificate", &certificate, None, certificate_fields.clone(), again!(CommitCertificate)),
        example(
            "checkpoint",
            &checkpoint,
            None,
            vec![head_of("header"), certified.clone(), group("validators", "list", validator_fields.clone())],
            again!(Checkpoint),
        ),
        example(
            "validators",
            &validators,
            Some(validators_hash(&validators)),
            vec![group("validators", "list", validator_fields)],
            |bytes| {
                let thing: Vec<mirror::Validator> = wincode::deserialize_exact(bytes).unwrap();
                wincode::serialize(&thing).unwrap()
            },
        ),
        example(
            "block",
            &block,
            None,
            vec![head_of("header"), certified, group("submissions", "list", json!([stored_fields]))],
            again!(StoredBlock),
        ),
        example(
            "receipt",
            &receipt,
            Some(receipt.leaf()),
            vec![fh("submission", h(15)), f("index", "u32", 3), f("code", "u16", 0), fh("record", h(16))],
            again!(Receipt),
        ),
    ]
}

fn stored_record() -> StoredRecord {
    StoredRecord {
        record_type: 1,
        block_time: 1_795_219_200_001,
        event_time: -1,
        rules: 1,
        author: 5,
        own: 6,
        flags: flag::LATE_CAPTURE,
        mask: Role::Epc.bit() | mask::ADD,
        event_digest: h(20),
        names: h(21),
        runs: vec![LinkRun { role: 1, standing: 3, first: 16, count: 2 }],
        founded: vec![FoundedRun { first: 16, count: 2 }],
        effect: StoredEffect {
            event_type: 1,
            step: 1,
            bits: 4,
            next: UNREGISTERED,
            quantities: vec![
                StoredQuantity { role: 1, subject: 16, thousandths: Some(-1_500), unit: *b"KGM\0" },
                StoredQuantity { role: 1, subject: 17, thousandths: None, unit: [0; 4] },
            ],
        },
    }
}

fn record_examples() -> Vec<Example> {
    let stored = stored_record();
    let record = stored.record(2, 3);
    let run_fields = json!([[f("role", "u8", 1), f("standing", "u8", 3), f("first", "u64", 16), f("count", "u32", 2)]]);
    let quantity = |subject: u64, thousandths: Value, unit: &str| {
        json!([
            f("role", "u8", 1),
            f("subject", "u64", subject),
            group("thousandths", "option", thousandths),
            f("unit", "bytes", unit)
        ])
    };
    let known = json!([f("thousandths", "i64", -1_500)]);
    let effect = json!([
        f("event_type", "u8", 1),
        f("step", "u8", 1),
        f("bits", "u8", 4),
        f("next", "u64", u64::MAX),
        group("quantities", "list", json!([quantity(16, known, "4b474d00"), quantity(17, Value::Null, "00000000")])),
    ]);
    let middle = |fields: &mut Vec<Value>| {
        fields.extend([
            f("block_time", "i64", 1_795_219_200_001i64),
            f("event_time", "i64", -1),
            f("rules", "u16", 1),
            f("author", "u64", 5),
            f("own", "u64", 6),
            f("flags", "u64", 512),
            f("mask", "u32", 65_538),
            fh("event_digest", h(20)),
        ]);
    };
    let mut record_fields = vec![f("record_type", "u16", 1), f("height", "u64", 2), f("index", "u32", 3)];
    middle(&mut record_fields);
    record_fields.extend([fh("links", links_hash(&stored.runs)), fh("names", h(21))]);
    let mut stored_fields = vec![f("record_type", "u16", 1)];
    middle(&mut stored_fields);
    stored_fields.extend([
        fh("names", h(21)),
        group("runs", "list", run_fields.clone()),
        group("founded", "list", json!([[f("first", "u64", 16), f("count", "u32", 2)]])),
        group("effect", "structure", effect),
    ]);
    let run = stored.runs[0];
    vec![
        example("record", &record, Some(record.hash()), record_fields, again!(Record)),
        example("stored record", &stored, None, stored_fields, again!(StoredRecord)),
        example("link run", &run, Some(links_hash(&[run])), run_fields[0].as_array().unwrap().clone(), again!(LinkRun)),
        example(
            "entry",
            &StoredEntry { height: 2, index: 3, role: 1, standing: 3 },
            Some(LogNode::entry(&record, record.hash(), Role::Epc, Standing::Owner).hash),
            vec![f("height", "u64", 2), f("index", "u32", 3), f("role", "u8", 1), f("standing", "u8", 3)],
            again!(StoredEntry),
        ),
    ]
}

fn node_fields(node: &LogNode) -> Value {
    json!([
        fh("hash", node.hash),
        f("tmin", "i64", node.tmin),
        f("tmax", "i64", node.tmax),
        f("mask", "u32", node.mask)
    ])
}

fn state_examples() -> Vec<Example> {
    let record = stored_record().record(2, 3);
    let first = LogNode::entry(&record, record.hash(), Role::Epc, Standing::Owner);
    let second = LogNode { hash: h(22), tmin: 5, tmax: 9, mask: 2 };
    let inner = LogNode::inner(&first, &second);
    let mut peaks = Peaks::default();
    [first, second, first].into_iter().for_each(|node| peaks.push(node));
    let state =
        SubjectState { holder: 5, balance: -7, unit: *b"KGM\0", life: life::ACTIVE, ..SubjectState::founded(h(23), 5) };
    let state_fields = json!([
        fh("found", h(23)),
        f("founder", "u64", 5),
        f("maker", "u64", 0),
        f("holder", "u64", 5),
        f("next", "u64", 0),
        f("claim", "u64", 0),
        f("parent", "u64", 0),
        f("packed", "u64", 0),
        f("emptied", "u64", 0),
        f("emptied_by", "u64", 0),
        f("balance", "i64", -7),
        f("unit", "bytes", "4b474d00"),
        f("life", "u8", 1),
        f("recall", "u8", 0),
    ]);
    let log = StoredLog {
        state: state.clone(),
        peaks: peaks.clone(),
        base: 3,
        base_count: 1,
        recent: vec![StoredEntry { height: 2, index: 3, role: 1, standing: 3 }],
        subjects: 4,
        founded_height: 2,
        founded_index: 3,
    };
    let leaf = log.leaf();
    let peaks_fields =
        json!([f("count", "u64", 3), group("nodes", "list", json!([node_fields(&inner), node_fields(&first)])),]);
    let roots = StateRoots {
        subject_count: 32,
        subjects: h(24),
        event_count: 2,
        events: h(25),
        name_count: 3,
        names: h(26),
        row_count: 9,
        rows: h(27),
    };
    let roots_fields = json!([
        f("subject_count", "u64", 32),
        fh("subjects", h(24)),
        f("event_count", "u64", 2),
        fh("events", h(25)),
        f("name_count", "u64", 3),
        fh("names", h(26)),
        f("row_count", "u64", 9),
        fh("rows", h(27)),
    ]);
    let head = Head {
        chain: h(1),
        height: 2,
        id: h(28),
        time: 9,
        state: roots.root(),
        results: h(29),
        history: h(30),
        validators: h(31),
        roots: roots.clone(),
        next_log: 4,
    };
    let list = |value: &Value| value.as_array().unwrap().clone();
    vec![
        example("log node", &inner, Some(inner.hash), list(&node_fields(&inner)), again!(LogNode)),
        example("subject state", &state, None, list(&state_fields), again!(SubjectState)),
        example(
            "subject leaf",
            &leaf,
            Some(leaf.hash()),
            vec![
                group("state", "structure", state_fields.clone()),
                f("count", "u64", 3),
                group("log", "structure", node_fields(&peaks.root())),
            ],
            again!(SubjectLeaf),
        ),
        example(
            "log",
            &log,
            None,
            vec![
                group("state", "structure", state_fields),
                group("peaks", "structure", peaks_fields),
                f("base", "u64", 3),
                f("base_count", "u64", 1),
                group(
                    "recent",
                    "list",
                    json!([[f("height", "u64", 2), f("index", "u32", 3), f("role", "u8", 1), f("standing", "u8", 3)]]),
                ),
                f("subjects", "u64", 4),
                f("founded_height", "u64", 2),
                f("founded_index", "u32", 3),
            ],
            again!(StoredLog),
        ),
        example(
            "run",
            &StoredRun { count: 2, log: 1 },
            None,
            vec![f("count", "u64", 2), f("log", "u64", 1)],
            again!(StoredRun),
        ),
        example("state roots", &roots, Some(roots.root()), list(&roots_fields), again!(StateRoots)),
        example(
            "head",
            &head,
            None,
            vec![
                fh("chain", h(1)),
                f("height", "u64", 2),
                fh("id", h(28)),
                f("time", "i64", 9),
                fh("state", roots.root()),
                fh("results", h(29)),
                fh("history", h(30)),
                fh("validators", h(31)),
                group("roots", "structure", roots_fields),
                f("next_log", "u64", 4),
            ],
            again!(Head),
        ),
    ]
}

/// Hashes of what is no structure: the parts laid end to end, in hex.
fn hash_vectors() -> Vec<Value> {
    let vector = |name: &str, parts: &[&[u8]], hash: Hash| json!({"name": name, "parts": parts.iter().map(|part| hex(part)).collect::<Vec<_>>(), "hash": hash.to_string()});
    let key = SubjectKey::new(KeyKind::Lot, &[b"09521001001014", b"L1"]).unwrap();
    let names: Vec<Name> = (0..9u8).map(|number| Name { number: number.into(), tag: h(number) }).collect();
    vec![
        vector("chain: genesis", &[b"{}"], Tag::Chain.hash(b"{}")),
        vector("kid: suite, public key", &[&[1], &[2; 32]], key_id(1, &[2; 32])),
        vector("evt: salt, payload", &[&[9; 16], b"{}"], submitted().digest()),
        vector("bat: record type, event digest", &[&[1, 0], &[3; 32]], batch_leaf(1, h(3))),
        vector("key: key bytes", &[key.bytes()], key.tag()),
        vector(
            "vote: chain, height, round, 1, header id",
            &[&[1; 32], &2u64.to_le_bytes(), &3u32.to_le_bytes(), &[1], &[4; 32]],
            vote_message(h(1), 2, 3, h(4)),
        ),
        vector("bdy: two submission ids", &[&[1; 32], &[2; 32]], body_root(&[h(1), h(2)])),
        vector("nam: two pages, of eight names and one", &[], names_root(&names)),
    ]
}

#[test]
fn formats_are_those_of_the_vectors() {
    let examples: Vec<Example> =
        chain_examples().into_iter().chain(record_examples()).chain(state_examples()).collect();
    for example in &examples {
        assert_eq!(hex(&by_table(&example.fields)), hex(&example.bytes), "{} by its table", example.name);
        assert_eq!(hex(&(example.wincode)(&example.bytes)), hex(&example.bytes), "{} by wincode", example.name);
    }
    let structures: Vec<Value> = examples
        .iter()
        .map(|example| {
            let hash = example.hash.map(|hash| hash.to_string());
            json!({"name": example.name, "fields": example.fields, "bytes": hex(&example.bytes), "hash": hash})
        })
        .collect();
    let made = json!({
        "about": "Formats of docs/FORMATS.md. `structures`: fields as [name, type, value], the bytes, and the hash under which it goes, if any. `hashes`: the parts that are laid end to end and the hash under the tag that the name begins with.",
        "structures": structures,
        "hashes": hash_vectors(),
    });
    if std::env::var_os("SUYUAN_WRITE_VECTORS").is_some() {
        std::fs::write(VECTORS, serde_json::to_string_pretty(&made).unwrap() + "\n").unwrap();
    }
    let kept: Value = serde_json::from_str(&std::fs::read_to_string(VECTORS).unwrap()).unwrap();
    for (list, size) in [("structures", examples.len()), ("hashes", hash_vectors().len())] {
        assert_eq!(kept[list].as_array().unwrap().len(), size);
        for (kept, made) in kept[list].as_array().unwrap().iter().zip(made[list].as_array().unwrap()) {
            assert_eq!(kept, made, "{}", kept["name"]);
        }
    }
}

/// Goal: one thing has one encoding. Method: options and lengths that a lenient reader would take.
#[test]
fn other_encodings_are_refused() {
    let quantity = StoredQuantity { role: 1, subject: 2, thousandths: Some(3), unit: [0; 4] };
    let mut bytes = encode(&quantity);
    bytes[9] = 2;
    assert_eq!(decode::<StoredQuantity>(&bytes, 64), Err(DecodeError::Malformed));
    // A list of a thousand million validators in ten bytes.
    let mut huge = 1_000_000_000u64.to_le_bytes().to_vec();
    huge.extend([0; 2]);
    assert_eq!(decode::<Vec<Validator>>(&huge, 64), Err(DecodeError::Malformed));
    assert!(decode_trusted::<CommitCertificate>(&[&[0; 4][..], &u64::MAX.to_le_bytes()].concat()).is_err());
}
