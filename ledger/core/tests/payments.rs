//! Goal: that a payment was made follows from the confirmation of a bank by an authority's record, and from nothing else that
//! looks like one. Method: a payment under a contract, each time with a bank's word on it, or with one thing wrong.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod actors;
mod ledger;

use actors::{World, rows, time};
use serde_json::{Value, json};
use suyuan_ledger::contract::ObligationState;
use suyuan_ledger::contract::fold::Contract;
use suyuan_ledger::credit::calendar::Calendar;
use suyuan_ledger::credit::{Fact, Source, reading};
use suyuan_ledger::hash::Hash;

const SIGNED: &str = "2026-10-08T09:00:00+08:00";
const PAID: &str = "2026-10-12T09:00:00+08:00";
const SAID: &str = "2026-10-13T09:00:00+08:00";
const DUE: &str = "2026-10-14T09:00:00+08:00";
const LATE: &str = "2026-10-17T09:00:00+08:00";
const OVER: &str = "2026-11-10T09:00:00+08:00";
const NUMBER: &str = "B0001S244010001";

/// By a bank, by an authority, and by silence.
const BANK: Option<(u16, Source)> = Some((1_000, Source::BothSides));
const AUTHORITY: Option<(u16, Source)> = Some((1_000, Source::Authority));
const SILENCE: Option<(u16, Source)> = Some((1_000, Source::OneSide));

fn licence() -> Value {
    json!({"kind": "banking", "number": NUMBER, "from": "2020-01-01", "to": "2030-12-31", "state": "valid"})
}

/// The actors with a bank, that has this licence.
fn world(licence: Option<Value>) -> World {
    let bank =
        json!({"key": "bank", "entity": "urn:uscc:91440000DEMA001607", "role": "member", "companyPrefix": "952101600"});
    let mut world = World::with("2026-10-01T00:00:00+08:00", &[bank]);
    if let Some(licence) = licence {
        world.credit("amr", "bank", SIGNED, "Licence", licence);
    }
    world
}

/// A payment that is owed.
fn owed(licence: Option<Value>) -> (World, String) {
    let mut world = world(licence);
    let contract = pay(&mut world);
    (world, contract)
}

fn pay(world: &mut World) -> String {
    world.agreed("dist", "dairy", SIGNED, json!({"kind": "pay", "due": DUE}))
}

/// That all of it has come, with what is changed; each by a transfer of its own.
fn confirmed(world: &mut World, who: &str, at: &str, contract: &str, change: &[(&str, Value)]) -> String {
    let transfer = format!("{:064x}", world.next);
    let mut members =
        json!({"obligation": "1", "received": PAID, "quantity": 1_000, "transfer": transfer, "licence": NUMBER});
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
    contract.courses.last().unwrap().state(contract.time(), Calendar::first())
}

fn said_state(world: &World, contract: &str) -> ObligationState {
    state(&world.told(contract, SAID))
}

/// Other terms, to which both agree.
fn amended(world: &mut World, contract: &str, obligations: &[Value]) {
    let obligations: Vec<Value> = obligations
        .iter()
        .map(|one| {
            let mut one = one.clone();
            for (name, key) in [("debtor", "dist"), ("creditor", "dairy")] {
                let key = one[name].as_str().unwrap_or(key).to_owned();
                one[name] = json!(world.uri(&key));
            }
            one
        })
        .collect();
    let terms = json!({"version": 2, "textCommitment": "1".repeat(64), "sizeBand": 3, "obligations": obligations});
    let asked = world.contract("dist", SAID, Some(contract), "ContractAmendment", terms);
    world.contract("dairy", SAID, Some(contract), "ContractConsent", json!({"to": asked, "sizeBand": 3}));
}

// Its confirmation is what the debtor names; it holds after the days to inspect, weighs as what both say, can be objected to, and
// proves no other payment. Nor does it to whoever looks at a past height, or once it is erased.
#[test]
fn by_a_bank() {
    let (mut world, contract) = owed(Some(licence()));
    let paper = confirmed(&mut world, "bank", SAID, &contract, &[]);
    let place = (world.network.ledger.head.height, 0);
    assert_eq!(said_state(&world, &contract), ObligationState::Due, "nobody has named it");
    world.performed("dist", SAID, &contract, 1_000, &[&paper]);
    let told = world.told(&contract, SAID);
    assert_eq!((state(&told), facts(&world, &told)), (ObligationState::Accepted, Vec::new()), "the days to inspect");
    let told = world.told(&contract, OVER);
    let fact = &facts(&world, &told)[0];
    assert_eq!((fact.value, fact.source, fact.evidence[0].to_string()), (1_000, Source::BothSides, paper.clone()));
    assert!(told.records.iter().any(|(hash, by)| hash.to_string() == paper && *by == world.uri("bank")));

    let second = pay(&mut world);
    world.performed("dist", SAID, &second, 1_000, &[&paper]);
    assert_eq!(value(&world, &second), SILENCE);
    let third = pay(&mut world);
    let half = confirmed(&mut world, "bank", SAID, &third, &[("quantity", json!(500))]);
    world.performed("dist", SAID, &third, 1_000, &[&half, &half]);
    assert_eq!(said_state(&world, &third), ObligationState::Tendered, "half of it");
    assert_eq!(value(&world, &third), SILENCE, "the rest");

    let (store, id) = (world.store(), Hash::from_hex(&contract).unwrap());
    let at = |height: u64, store: &_| {
        let at = (height, time(OVER));
        let (told, _) =
            reading::contract(store, &world.network.ledger.directory, &id, at, Calendar::first()).unwrap().unwrap();
        facts(&world, &told).first().map(|fact| (fact.value, fact.source))
    };
    assert_eq!([at(place.0, &store), at(place.0 + 1, &store)], [None, BANK]);
    let mut erased = store.clone();
    erased.apply(&reading::forget(&store, &[place]).unwrap());
    assert_eq!((at(place.0 + 1, &erased), rows(&erased).len() + 1), (SILENCE, rows(&store).len()));
}

// What comes late counts as late, by the day that the bank says; and who is paid does not change that, but by a dispute.
#[test]
fn its_day_counts() {
    let (mut world, contract) = owed(Some(licence()));
    let paper = confirmed(&mut world, "bank", LATE, &contract, &[("received", json!(LATE))]);
    let performance = world.performed("dist", LATE, &contract, 1_000, &[&paper]);
    let late = Some((940, Source::BothSides));
    assert_eq!(value(&world, &contract), late);
    for answers in [json!({"performance": performance}), json!({})] {
        let mut members = json!({
            "obligation": "1", "received": LATE, "quantity": 1, "good": 0, "reasons": "2".repeat(64), "complete": true,
        });
        answers.as_object().unwrap().iter().for_each(|(name, value)| members[name] = value.clone());
        world.contract("dairy", LATE, Some(&contract), "Receipt", members);
        assert_eq!(value(&world, &contract), late, "{answers}");
    }
    assert_eq!(world.told(&contract, OVER).voids.len(), 2);
    world.contract("dairy", LATE, Some(&contract), "Dispute", json!({"obligations": ["1"], "evidence": []}));
    assert_eq!(value(&world, &contract), None);
}

// Nothing counts that is not a bank's, of this payment, and known by then.
#[test]
fn by_nobody_else() {
    let by = |licence: Option<Value>, who: &str, change: &[(&str, Value)]| {
        let (mut world, contract) = owed(licence);
        let paper = confirmed(&mut world, who, SAID, &contract, change);
        world.performed("dist", SAID, &contract, 1_000, &[&paper]);
        // What is known of licences later changes nothing.
        world.credit("amr", "bank", OVER, "Licence", self::licence());
        let other = json!({"kind": "banking", "number": "other", "from": "2020-01-01", "state": "valid"});
        world.credit("amr", "bank", OVER, "Licence", other);
        value(&world, &contract)
    };
    let with = |name: &str, value: Value| {
        let mut licence = licence();
        licence[name] = value;
        Some(licence)
    };
    assert_eq!(by(Some(licence()), "bank", &[]), BANK);
    assert_eq!(by(None, "amr", &[]), AUTHORITY, "an authority");
    assert_eq!(by(None, "bank", &[]), SILENCE, "no licence");
    assert_eq!(by(with("kind", json!("food")), "bank", &[]), SILENCE, "of another kind");
    assert_eq!(by(with("to", json!("2026-10-11")), "bank", &[]), SILENCE, "ended before it came");
    assert_eq!(by(with("to", json!("2026-10-12")), "bank", &[]), SILENCE, "ended before it was said");
    assert_eq!(by(with("state", json!("revoked")), "bank", &[]), SILENCE);
    assert_eq!(by(Some(licence()), "bank", &[("licence", json!("other"))]), SILENCE);
    assert_eq!(by(Some(licence()), "retail", &[]), SILENCE, "another's licence");
    assert_eq!(by(Some(licence()), "dairy", &[]), SILENCE, "a party");
    assert_eq!(by(Some(licence()), "dist", &[]), SILENCE, "itself");
    assert_eq!(by(Some(licence()), "bank", &[("obligation", json!("2"))]), SILENCE);
    let early = json!("2026-10-07T09:00:00+08:00");
    assert_eq!(by(Some(licence()), "bank", &[("received", early)]), SILENCE, "before it was owed");

    // Licences of another kind with the same number are others; what is said of one until it is claimed is known.
    for (kind, state, expected) in [("food", "revoked", BANK), ("banking", "revoked", SILENCE)] {
        let (mut world, contract) = owed(Some(licence()));
        let paper = confirmed(&mut world, "bank", SAID, &contract, &[]);
        let said = json!({"kind": kind, "number": NUMBER, "from": "2020-01-01", "state": state});
        world.credit("amr", "bank", SAID, "Licence", said);
        world.performed("dist", SAID, &contract, 1_000, &[&paper]);
        assert_eq!(value(&world, &contract), expected, "{kind}");
    }
    let (mut world, contract) = owed(None);
    let paper = confirmed(&mut world, "bank", SAID, &contract, &[]);
    world.credit("amr", "bank", SAID, "Licence", licence());
    world.performed("dist", SAID, &contract, 1_000, &[&paper]);
    assert_eq!(value(&world, &contract), BANK, "recorded before it was claimed");
    // What a bank says of its own licences is not heard.
    let (mut world, contract) = owed(None);
    world.credit("bank", "bank", SIGNED, "Licence", licence());
    let paper = confirmed(&mut world, "bank", SAID, &contract, &[]);
    world.performed("dist", SAID, &contract, 1_000, &[&paper]);
    assert_eq!(value(&world, &contract), SILENCE);
}

// One transfer is one, whoever confirms it, in one performance or in two; two are two.
#[test]
fn one_transfer() {
    let transfer = ("transfer", json!("9".repeat(64)));
    let half = ("quantity", json!(500));
    for (second, expected) in [(Some(transfer.clone()), ObligationState::Tendered), (None, ObligationState::Accepted)] {
        let (mut world, contract) = owed(Some(licence()));
        let one = confirmed(&mut world, "bank", SAID, &contract, &[half.clone(), transfer.clone()]);
        let change: Vec<_> = [half.clone()].into_iter().chain(second.clone()).collect();
        let other = confirmed(&mut world, "amr", SAID, &contract, &change);
        world.performed("dist", SAID, &contract, 1_000, &[&one, &other]);
        assert_eq!(said_state(&world, &contract), expected);

        let (mut world, contract) = owed(Some(licence()));
        let one = confirmed(&mut world, "bank", SAID, &contract, &[half.clone(), transfer.clone()]);
        world.performed("dist", SAID, &contract, 500, &[&one]);
        let other = confirmed(&mut world, "bank", SAID, &contract, &change);
        world.performed("dist", SAID, &contract, 500, &[&other]);
        assert_eq!(said_state(&world, &contract), expected);
    }
}

// Under other terms a confirmation that has counted proves nothing again, nor what another owes; what is new does.
#[test]
fn under_other_terms() {
    let again = json!({"id": "1", "kind": "pay", "due": LATE, "quantity": 500});
    let other = json!({"id": "1", "kind": "pay", "due": LATE, "quantity": 500, "debtor": "dairy", "creditor": "dist"});
    for (terms, who, is_new, expected) in [
        (&again, "dist", false, ObligationState::Tendered),
        (&again, "dist", true, ObligationState::Accepted),
        (&other, "dairy", false, ObligationState::Tendered),
    ] {
        let (mut world, contract) = owed(Some(licence()));
        let mut paper = confirmed(&mut world, "bank", SAID, &contract, &[("quantity", json!(500))]);
        world.performed("dist", SAID, &contract, 500, &[&paper]);
        amended(&mut world, &contract, std::slice::from_ref(terms));
        if is_new {
            paper = confirmed(&mut world, "bank", SAID, &contract, &[("quantity", json!(500))]);
        }
        world.performed(who, SAID, &contract, 500, &[&paper]);
        let told = world.told(&contract, SAID);
        assert_eq!((state(&told), told.courses.len()), (expected, 2), "{who} {is_new}");
    }
}

// Of a payment that is due again and again each is confirmed by itself; what is named for another one is not lost.
#[test]
fn each_of_many() {
    let mut world = world(Some(licence()));
    let every = json!({"days": 30, "times": 2});
    let contract = world.agreed("dist", "dairy", SIGNED, json!({"kind": "pay", "due": DUE, "every": every}));
    let paper = confirmed(&mut world, "bank", SAID, &contract, &[("obligation", json!("1#1"))]);
    for obligation in ["1#2", "1#1"] {
        let members = json!({"obligation": obligation, "completed": SAID, "quantity": 1_000, "evidence": [paper]});
        world.contract("dist", SAID, Some(&contract), "Performance", members);
    }
    let told = world.told(&contract, OVER);
    let sources: Vec<Source> = facts(&world, &told).iter().map(|fact| fact.source).collect();
    assert_eq!(sources, [Source::BothSides, Source::OneSide]);
}

// However often it is named where it is not of.
#[test]
fn named_everywhere() {
    let mut world = world(Some(licence()));
    let every = json!({"days": 30, "times": 12});
    let contract = world.agreed("dist", "dairy", SIGNED, json!({"kind": "pay", "due": DUE, "every": every}));
    let papers: Vec<String> = (1..=12)
        .map(|time| confirmed(&mut world, "bank", SAID, &contract, &[("obligation", json!(format!("1#{time}")))]))
        .collect();
    for time in 1..=12 {
        let obligation = format!("1#{time}");
        let members = json!({"obligation": obligation, "completed": SAID, "quantity": 1_000, "evidence": papers});
        world.contract("dist", SAID, Some(&contract), "Performance", members);
    }
    let facts = facts(&world, &world.told(&contract, OVER));
    assert!(facts.len() == 12 && facts.iter().all(|fact| fact.source == Source::BothSides), "{facts:?}");
}

// Where a part is disputed, silence accepts none of it, whenever that is looked at; the rest weighs as the bank says.
#[test]
fn disputed_in_part() {
    for is_looked_at in [false, true] {
        let (mut world, contract) = owed(Some(licence()));
        let paper = confirmed(&mut world, "bank", SAID, &contract, &[("quantity", json!(600))]);
        world.performed("dist", SAID, &contract, 1_000, &[&paper]);
        let disputed = json!({"obligations": ["1"], "disputed": 400, "evidence": []});
        world.contract("dist", SAID, Some(&contract), "Dispute", disputed);
        if is_looked_at {
            let nothing = json!({"obligation": "none"});
            world.contract("dairy", "2026-10-20T12:00:00+08:00", Some(&contract), "OverdueNotice", nothing);
        }
        let told = world.told(&contract, OVER);
        let facts = facts(&world, &told);
        assert_eq!((facts[0].value, facts[0].mass, facts[0].source), (1_000, 600, Source::BothSides), "{is_looked_at}");
    }
}

// Where there is no day to inspect, what is confirmed is heard before silence, all of it.
#[test]
fn without_days_to_inspect() {
    let mut world = world(Some(licence()));
    let party = |key: &str, role: &str| json!({"organisation": world.uri(key), "role": role});
    let members = json!({
        "parties": [party("dist", "buyer"), party("dairy", "seller")], "category": "goods", "inspectionDays": 0,
        "textCommitment": "1".repeat(64), "sizeBand": 3, "obligations": [{
            "id": "1", "kind": "pay", "due": DUE, "debtor": world.uri("dist"), "creditor": world.uri("dairy"),
        }],
    });
    let contract = world.contract("dist", SIGNED, None, "Contract", members);
    let consent = json!({"to": contract, "sizeBand": 3});
    world.contract("dairy", SIGNED, Some(&contract), "ContractConsent", consent);
    let half = || ("quantity", json!(500));
    let papers = [(); 2].map(|()| confirmed(&mut world, "bank", SAID, &contract, &[half()]));
    world.performed("dist", LATE, &contract, 1_000, &[&papers[0], &papers[1]]);
    assert_eq!(value(&world, &contract).map(|(_, source)| source), Some(Source::BothSides));
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
