//! Goal: blocks change the state as `proofs.md` §6 demands. Method: real signed submissions applied to a
//! ledger in memory.

mod ledger;

use ledger::{TestLedger, event};
use suyuan_ledger::organisation::OrganisationRole::{Authority, Member};

const DAIRY: &str = "urn:uscc:91440115DEMA00013J";
const RETAIL: &str = "urn:uscc:91440106DEMA000484";
const STRANGER: &str = "urn:uscc:91440104DEMA001013";
const AUTHORITY: &str = "urn:uscc:11440100DEMA00179H";

fn network() -> TestLedger {
    TestLedger::new(&[
        (DAIRY, Member, &["9521001"]),
        (RETAIL, Member, &["9521004"]),
        (STRANGER, Member, &[]),
        (AUTHORITY, Authority, &[]),
    ])
}

fn item(serial: &str) -> String {
    format!("https://id.gs1.org/01/09521001001014/21/{serial}")
}

fn commission(items: &[String]) -> String {
    let list = items.iter().map(|item| format!("\"{item}\"")).collect::<Vec<_>>().join(",");
    event("ObjectEvent", &format!(r#""action":"ADD","bizStep":"commissioning","epcList":[{list}]"#))
}

/// Goal: an event is on the ledger once. Method: the same event twice by its author, and by another.
#[test]
fn duplicates_are_per_author() {
    let mut network = network();
    let payload = commission(&[item("1")]);
    network.accept(0, payload.clone());
    assert_eq!(network.submit(0, std::slice::from_ref(&payload)), [201]);
    // Another's event of the same id is another event: nobody can pre-empt an id.
    assert_eq!(network.submit(2, std::slice::from_ref(&payload)), [0]);
}

/// Goal: a commission stands once for its author, and a stranger's does not stand in the owner's way.
#[test]
fn commissions() {
    let mut network = network();
    network.accept(2, commission(&[item("1")]));
    assert_ne!(network.last_record().flags & suyuan_ledger::record::flag::FOREIGN_COMMISSION, 0);
    network.accept(0, commission(&[item("1")]));
    assert_eq!(network.submit(0, &[commission(&[item("1"), item("2")])]), [203]);
    network.accept(0, commission(&[item("2")]));
}
