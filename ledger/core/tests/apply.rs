//! Goal: blocks change the state as `proofs.md` §6 demands. Method: real signed submissions applied to a
//! ledger in memory.

mod ledger;

use ed25519_dalek::SigningKey;
use ledger::{TestLedger, event};
use suyuan_ledger::block::Validator;
use suyuan_ledger::kv_memory::MemoryRead;
use suyuan_ledger::organisation::OrganisationRole::{Authority, Member};
use suyuan_ledger::organisation::genesis::{Genesis, GenesisOrganisation, chain_id};
use suyuan_ledger::organisation::{KeyRole, OrganisationRole, Parameters};
use suyuan_ledger::state::apply::Ledger;
use suyuan_ledger::submission::key_id;

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

/// Goal: a ledger that is opened knows every key that it was founded with. Method: keys whose ids begin with each of the
/// least and the greatest bytes, 0xff among them.
#[test]
fn every_key_is_read_back() {
    let mut keys = Vec::new();
    for first in [0u8, 1, 0x7f, 0xfe, 0xff] {
        let seeds = (0..100_000u32).map(|number| {
            let mut seed = [first; 32];
            seed[..4].copy_from_slice(&number.to_be_bytes());
            SigningKey::from_bytes(&seed).verifying_key().to_bytes()
        });
        keys.push(seeds.into_iter().find(|public| key_id(1, public).0[0] == first).unwrap());
    }
    let genesis = Genesis {
        network: "keys".to_owned(),
        trial: false,
        start_time: 0,
        parameters: Parameters::default(),
        organisations: vec![GenesisOrganisation {
            uri: DAIRY.to_owned(),
            aliases: Vec::new(),
            name: "Keys".to_owned(),
            role: OrganisationRole::Operator,
            keys: keys.iter().map(|public| (*public, KeyRole::Root)).collect(),
            bindings: Vec::new(),
        }],
        validators: vec![Validator { key: keys[0], power: 1 }],
        threshold: 0,
    };
    let (chain, mut store) = (chain_id(&genesis.write()), MemoryRead::default());
    let (founded, writes) = Ledger::found(chain, 0, &genesis.rows(), genesis.directory(), &store).unwrap();
    store.apply(&writes);
    let opened = Ledger::open(&store).unwrap().unwrap();
    assert_eq!(opened.directory.keys().count(), keys.len());
    assert_eq!(opened.directory, founded.directory);
}
