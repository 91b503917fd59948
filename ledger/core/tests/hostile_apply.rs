//! Goal: no small event makes `apply` do large work, and nobody gets a right by what others did long ago. Method:
//! real submissions of members who mean ill; what is written and by what standing is counted.

mod ledger;

use ledger::{TestLedger, event};
use suyuan_ledger::codec::decode_trusted;
use suyuan_ledger::key::SubjectKey;
use suyuan_ledger::kv::{Read, Table};
use suyuan_ledger::organisation::OrganisationRole::Member;
use suyuan_ledger::record::Standing;
use suyuan_ledger::state::reader::Reader;
use suyuan_ledger::state::standing::{share, share_row};
use suyuan_ledger::state::subject::StoredLog;

const DAIRY: usize = 0;
const DIST: usize = 1;
const RETAIL: usize = 2;

const CRATE: &str = "https://id.gs1.org/00/095210010000000017";
const DIST_PLACE: &str = "https://id.gs1.org/417/9521003000015";
const RETAIL_PLACE: &str = "https://id.gs1.org/417/9521004000014";

fn network() -> TestLedger {
    TestLedger::new(&[
        ("urn:uscc:91440115DEMA00013J", Member, &["9521001"]),
        ("urn:uscc:91441900DEMA0003X3", Member, &["9521003"]),
        ("urn:uscc:91440106DEMA000484", Member, &["9521004"]),
    ])
}

fn lot(name: &str) -> String {
    format!("https://id.gs1.org/01/09521001001014/10/{name}")
}

fn number(network: &TestLedger, uri: &str) -> u64 {
    Reader::new(&network.store).number_of(SubjectKey::from_uri(uri).unwrap().tag()).unwrap().unwrap()
}

/// In which way a member holds some of a lot.
fn share_of(network: &TestLedger, uri: &str, member: usize) -> Option<u8> {
    let name = share_row(number(network, uri), network.members[member].number);
    network.store.get(Table::Row, &name).unwrap().map(|row| row[8])
}

fn in_crate(action: &str, lots: &[String]) -> String {
    let lots: Vec<String> = lots.iter().map(|uri| format!(r#"{{"epcClass":"{uri}","quantity":1}}"#)).collect();
    let children =
        if lots.is_empty() { String::new() } else { format!(r#","childQuantityList":[{}]"#, lots.join(",")) };
    event("AggregationEvent", &format!(r#""action":"{action}","parentID":"{CRATE}"{children}"#))
}

fn send(network: &mut TestLedger, from: usize, to: usize, place: &str) {
    let to_place = format!(r#","destinationList":[{{"type":"owning_party","destination":"{place}"}}]"#);
    let step = |step: &str, more: &str| {
        event("ObjectEvent", &format!(r#""action":"OBSERVE","bizStep":"{step}","epcList":["{CRATE}"]{more}"#))
    };
    network.accept(from, step("shipping", &to_place));
    network.accept(to, step("receiving", ""));
}

/// Goal: who empties a crate that is used again gets what was in it, and not what others had in it before; so
/// does who takes out a part. Method: a crate goes out twice with different lots.
#[test]
fn reused_crate() {
    let mut network = network();
    network.accept(DAIRY, in_crate("ADD", &[lot("A")]));
    send(&mut network, DAIRY, DIST, DIST_PLACE);
    network.accept(DIST, in_crate("DELETE", &[]));
    assert_eq!(share_of(&network, &lot("A"), DIST), Some(share::HOLDER));
    send(&mut network, DIST, DAIRY, "https://id.gs1.org/417/9521001000017");
    network.accept(DAIRY, in_crate("ADD", &[lot("B")]));
    send(&mut network, DAIRY, RETAIL, RETAIL_PLACE);
    network.accept(RETAIL, in_crate("DELETE", &[lot("A"), lot("B")]));
    let standing_of = |network: &TestLedger, uri: &str| {
        let runs = network.last_record().runs;
        let number = number(network, uri);
        runs.iter().find(|run| run.first <= number && number < run.first + u64::from(run.count)).unwrap().standing
    };
    assert_eq!(standing_of(&network, &lot("B")), Standing::Holder as u8);
    assert_eq!(standing_of(&network, &lot("A")), Standing::Bystander as u8);
    network.accept(RETAIL, in_crate("DELETE", &[]));
    assert_eq!(share_of(&network, &lot("B"), RETAIL), Some(share::HOLDER));
    assert_eq!(share_of(&network, &lot("A"), RETAIL), None);
}

/// How many rows of the state a submission changes, and the codes of its receipts.
fn rows_written(network: &mut TestLedger, member: usize, payload: String) -> (usize, Vec<u16>) {
    let before = network.store.clone();
    let codes = network.submit(member, &[payload]);
    let mut written = 0;
    let mut count = |name: &[u8], value: &[u8]| {
        written += usize::from(before.get(Table::Row, name).unwrap().as_deref() != Some(value));
        true
    };
    network.store.scan(Table::Row, &[], &[255; 80], &mut count).unwrap();
    (written, codes)
}

/// How many entries all logs have together.
fn entries(network: &TestLedger) -> u64 {
    let mut entries = 0;
    let mut count = |_: &[u8], log: &[u8]| {
        entries += decode_trusted::<StoredLog>(log).unwrap().peaks.count;
        true
    };
    network.store.scan(Table::Log, &[], &[255; 9], &mut count).unwrap();
    entries
}

/// Goal: to empty what very many lots were put in costs no more than an event that names as many things as it
/// may. Method: a crate with 1,000 lots is emptied by one who holds none of them.
#[test]
fn crate_of_very_many_lots() {
    let mut network = network();
    for tenth in 0..10 {
        let lots: Vec<String> = (0..100).map(|number| lot(&format!("{tenth}-{number}"))).collect();
        network.accept(DAIRY, in_crate("ADD", &lots));
    }
    send(&mut network, DAIRY, DIST, DIST_PLACE);
    let (rows, codes) = rows_written(&mut network, DIST, in_crate("DELETE", &[]));
    assert_eq!(codes, [0]);
    assert!((256..300).contains(&rows), "{rows}");
    // Emptied again, it holds nothing.
    let (rows, codes) = rows_written(&mut network, DIST, in_crate("DELETE", &[]));
    assert!(codes == [0] && rows < 10, "{rows}");
}

/// Goal: to declare an event erroneous again and again appends little to the logs of what it named. Method: an
/// event of 64 items that share no log, declared erroneous twenty times in one submission.
#[test]
fn errors_declared_again_and_again() {
    let mut network = network();
    let items: Vec<String> =
        (0..64).map(|serial| format!("https://id.gs1.org/01/09521001001014/21/S{serial}")).collect();
    let see = |items: &[String]| {
        let list: Vec<String> = items.iter().map(|uri| format!("\"{uri}\"")).collect();
        event("ObjectEvent", &format!(r#""action":"OBSERVE","bizStep":"storing","epcList":[{}]"#, list.join(",")))
    };
    network.accept(DAIRY, see(&items));
    let each: Vec<String> = items.iter().map(|item| see(std::slice::from_ref(item))).collect();
    assert!(network.submit(DAIRY, &each).iter().all(|code| *code == 0));
    let target = see(&items);
    network.accept(DAIRY, target.clone());
    let error = r#""errorDeclaration":{"declarationTime":"2026-10-31T13:00:00Z","reason":"did_not_occur"},"epcList":["#;
    let start = target.find(r#""epcList""#).unwrap();
    let small = format!(r#"{}{error}"{}"]}}"#, &target[..start], items[0]);
    let declared: Vec<String> = (0..20).map(|_| small.clone()).collect();
    let before = entries(&network);
    let codes = network.submit(DAIRY, &declared);
    let accepted = codes.iter().take_while(|code| **code == 0).count();
    assert!((2..=4).contains(&accepted) && codes[accepted..].iter().all(|code| *code == 201), "{codes:?}");
    assert_eq!(entries(&network) - before, (accepted * items.len()) as u64);
}
