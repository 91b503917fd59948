//! Goal: that a payment was made follows from the confirmation of a bank by an authority's record, and from nothing else that
//! looks like one. Method: a payment under a contract, each time with a bank's word on it, or with one thing wrong.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod actors;
mod ledger;

use actors::{World, rows};
use serde_json::{Value, json};
use suyuan_ledger::contract::ObligationState;
use suyuan_ledger::contract::fold::Contract;
use suyuan_ledger::credit::calendar::Calendar;
use suyuan_ledger::credit::{Fact, Source};

const SIGNED: &str = "2026-10-08T09:00:00+08:00";
const PAID: &str = "2026-10-12T09:00:00+08:00";
const SAID: &str = "2026-10-13T09:00:00+08:00";
const DUE: &str = "2026-10-14T09:00:00+08:00";
const LATE: &str = "2026-10-17T09:00:00+08:00";
const OVER: &str = "2026-11-10T09:00:00+08:00";
const NUMBER: &str = "B0001S244010001";

fn licence() -> Value {
    json!({"kind": "banking", "number": NUMBER, "from": "2020-01-01", "to": "2030-12-31", "state": "valid"})
}

/// A payment that the firm owes, and whoever may have a licence as a bank has one.
fn owed(licence: Option<Value>) -> (World, String) {
    let bank =
        json!({"key": "bank", "entity": "urn:uscc:91440000DEMA001607", "role": "member", "companyPrefix": "952101600"});
    let mut world = World::with("2026-10-01T00:00:00+08:00", &[bank]);
    if let Some(licence) = licence {
        world.credit("amr", "bank", SIGNED, "Licence", licence);
    }
    let contract = pay(&mut world);
    (world, contract)
}

fn pay(world: &mut World) -> String {
    world.agreed("dist", "dairy", SIGNED, json!({"kind": "pay", "due": DUE}))
}

fn confirmed(world: &mut World, who: &str, at: &str, contract: &str, change: &[(&str, Value)]) -> String {
    let mut members = json!({"obligation": "1", "received": PAID, "quantity": 1_000, "licence": NUMBER});
    change.iter().for_each(|(name, value)| members[name] = value.clone());
    world.contract(who, at, Some(contract), "PaymentConfirmation", members)
}

fn facts(world: &World, contract: &Contract<'_>) -> Vec<Fact> {
    contract.facts(&world.uri("dist"), b"salt", Calendar::first())
}

/// How the payment is valued, and by whom that is said.
fn value(world: &World, contract: &str) -> Option<(u16, Source)> {
    let told = world.told(contract, OVER);
    facts(world, &told).first().map(|fact| (fact.value, fact.source))
}

fn state(contract: &Contract<'_>) -> ObligationState {
    contract.courses[0].state(contract.time(), Calendar::first())
}

// Its confirmation is what the debtor names; it holds after the days to inspect, is of source S1, can be objected to, and proves
// no other payment.
#[test]
fn by_a_bank() {
    let (mut world, contract) = owed(Some(licence()));
    let paper = confirmed(&mut world, "bank", SAID, &contract, &[]);
    assert_eq!(state(&world.told(&contract, SAID)), ObligationState::Due, "nobody has named it");
    world.performed("dist", SAID, &contract, 1_000, &[&paper]);
    let told = world.told(&contract, SAID);
    assert_eq!((state(&told), facts(&world, &told)), (ObligationState::Accepted, Vec::new()), "the days to inspect");
    let told = world.told(&contract, OVER);
    let fact = &facts(&world, &told)[0];
    assert_eq!((fact.value, fact.source, fact.evidence[0].to_string()), (1_000, Source::Authority, paper.clone()));
    assert!(told.records.iter().any(|(hash, by)| hash.to_string() == paper && *by == world.uri("bank")));

    let second = pay(&mut world);
    world.performed("dist", SAID, &second, 1_000, &[&paper]);
    assert_eq!(value(&world, &second), Some((1_000, Source::OneSide)), "silence alone");
    // The same again, named twice, or of less: each is its own, and no more than was performed.
    let third = pay(&mut world);
    let half = confirmed(&mut world, "bank", SAID, &third, &[("quantity", json!(500))]);
    world.performed("dist", SAID, &third, 1_000, &[&half, &half]);
    assert_eq!(state(&world.told(&third, SAID)), ObligationState::Tendered, "half of it");
    assert_eq!(value(&world, &third), Some((1_000, Source::OneSide)), "the rest by silence");
}

// What comes late counts as late, by the day that the bank says; and who is paid does not change that.
#[test]
fn its_day_counts() {
    let (mut world, contract) = owed(Some(licence()));
    let paper = confirmed(&mut world, "bank", LATE, &contract, &[("received", json!(LATE))]);
    let performance = world.performed("dist", LATE, &contract, 1_000, &[&paper]);
    assert_eq!(value(&world, &contract), Some((940, Source::Authority)));
    let members = json!({
        "obligation": "1", "performance": performance, "received": LATE, "quantity": 1, "good": 0,
        "reasons": "2".repeat(64), "complete": true,
    });
    world.contract("dairy", LATE, Some(&contract), "Receipt", members);
    assert_eq!(value(&world, &contract), Some((940, Source::Authority)));
    // It disputes it instead, and then nothing counts.
    world.contract("dairy", LATE, Some(&contract), "Dispute", json!({"obligations": ["1"], "evidence": []}));
    assert_eq!(value(&world, &contract), None);
}

// Nothing counts that is not a bank's, of this payment, and known by then.
#[test]
fn by_nobody_else() {
    let silence = Some((1_000, Source::OneSide));
    let bank = Some((1_000, Source::Authority));
    let by = |licence: Option<Value>, who: &str, change: &[(&str, Value)]| {
        let (mut world, contract) = owed(licence);
        let paper = confirmed(&mut world, who, SAID, &contract, change);
        world.performed("dist", SAID, &contract, 1_000, &[&paper]);
        // What is known of licences later changes nothing.
        world.credit("amr", "bank", OVER, "Licence", self::licence());
        world.credit(
            "amr",
            "bank",
            OVER,
            "Licence",
            json!({"kind": "banking", "number": "other", "from": "2020-01-01", "state": "valid"}),
        );
        value(&world, &contract)
    };
    let with = |name: &str, value: Value| {
        let mut licence = licence();
        licence[name] = value;
        Some(licence)
    };
    assert_eq!(by(Some(licence()), "bank", &[]), bank);
    assert_eq!(by(None, "amr", &[]), bank, "an authority");
    assert_eq!(by(None, "bank", &[]), silence, "no licence");
    assert_eq!(by(with("kind", json!("food")), "bank", &[]), silence, "of another kind");
    assert_eq!(by(with("to", json!("2026-10-11")), "bank", &[]), silence, "ended before it came");
    assert_eq!(by(with("to", json!("2026-10-12")), "bank", &[]), silence, "ended before it was said");
    assert_eq!(by(with("state", json!("revoked")), "bank", &[]), silence);
    assert_eq!(by(Some(licence()), "bank", &[("licence", json!("other"))]), silence);
    assert_eq!(by(Some(licence()), "retail", &[]), silence, "another's licence");
    assert_eq!(by(Some(licence()), "dairy", &[]), silence, "a party");
    assert_eq!(by(Some(licence()), "dist", &[]), silence, "itself");
    assert_eq!(by(Some(licence()), "bank", &[("obligation", json!("2"))]), silence);
    assert_eq!(
        by(Some(licence()), "bank", &[("received", json!("2026-10-07T09:00:00+08:00"))]),
        silence,
        "before it was owed"
    );

    // Of another contract.
    let (mut world, contract) = owed(Some(licence()));
    let other = pay(&mut world);
    let paper = confirmed(&mut world, "bank", SAID, &other, &[]);
    world.performed("dist", SAID, &contract, 1_000, &[&paper]);
    assert_eq!(value(&world, &contract), silence);
}

// What a bank or anybody says of others' contracts is in them only where a party names it: nobody fills them.
#[test]
fn strangers_add_nothing() {
    let (mut world, contract) = owed(Some(licence()));
    let before = (world.told(&contract, OVER), rows(&world.store()).len());
    for number in 0..20 {
        confirmed(&mut world, "retail", SAID, &contract, &[("quantity", json!(1_000 + number))]);
    }
    let after = world.told(&contract, OVER);
    assert_eq!((after.records, after.voids), (before.0.records, before.0.voids));
    assert_eq!(rows(&world.store()).len(), before.1 + 20, "each its own row, under its own hash");
}
