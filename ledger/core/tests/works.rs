//! Goal: what was done to special equipment under a contract follows from the events of whom it was done for, or of an
//! authority, and from nothing else that looks like it. Method: the service of a lift, recorded by who did it, each time
//! with another's word on it, or with one thing wrong.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod actors;
mod ledger;

use actors::{World, time};
use serde_json::{Value, json};
use suyuan_epcis::hash::{EventHash, Profile};
use suyuan_ledger::contract::ObligationState;
use suyuan_ledger::contract::fold::Contract;
use suyuan_ledger::credit::Source;
use suyuan_ledger::credit::calendar::Calendar;
use suyuan_ledger::profile::event_of;
use suyuan_ledger::state::reader::Reader;
use suyuan_ledger::submission::record_type;

const LIFT: &str = "31104401020190123";
const SIGNED: &str = "2026-10-08T09:00:00+08:00";
const SERVICED: &str = "2026-10-12T09:00:00+08:00";
const CONFIRMED: &str = "2026-10-12T15:00:00+08:00";
const SAID: &str = "2026-10-13T09:00:00+08:00";
const DUE: &str = "2026-10-14T09:00:00+08:00";
const OVER: &str = "2026-10-30T09:00:00+08:00";

/// By both sides, by an authority, and by silence.
const BOTH: Option<(u16, u16, u16, Source)> = Some((1_000, 1_000, 1_000, Source::BothSides));
const AUTHORITY: Option<(u16, u16, u16, Source)> = Some((1_000, 1_000, 1_000, Source::Authority));
const DEEMED: Option<(u16, u16, u16, Source)> = Some((1_000, 1_000, 1_000, Source::OneSide));

/// Records an event about the lift: the hash by which others name it.
fn record(world: &mut World, who: &str, at: &str, (kind, step): (&str, &str), members: Value) -> String {
    let mut event = json!({
        "type": "ObjectEvent", "action": "OBSERVE", "bizStep": step,
        "disposition": if step == "inspecting" { "conformant" } else { "active" },
        "epcList": [format!("urn:cn:speq:{LIFT}")], "suyuan:recordType": kind, "suyuan:productClass": "SPEQ",
        "suyuan:device": LIFT,
    });
    members.as_object().unwrap().iter().for_each(|(name, value)| event[format!("suyuan:{name}")] = value.clone());
    world.capture(who, at, event);
    let payload = Reader::new(&world.network.store).payload(world.network.ledger.head.height, 0).unwrap().unwrap();
    let event = event_of(&payload.payload).unwrap();
    suyuan_ledger::hash::Hash(EventHash::of(&event, Profile::default(), &Default::default()).digest).to_string()
}

/// A service, as somebody says, with what is changed.
fn service(world: &mut World, who: &str, at: &str, change: &[(&str, Value)]) -> String {
    let mut members = json!({
        "maintainer": world.uri("maint"), "licence": "TS3344101-2028", "kind": "halfmonth", "date": SERVICED,
        "checklist_hash": "2".repeat(64), "next_due": "2026-10-27",
    });
    change.iter().for_each(|(name, value)| members[name] = value.clone());
    record(world, who, at, ("S8.MAINTENANCE", "repairing"), members)
}

fn owed(kind: &str) -> Value {
    json!({"kind": kind, "what": format!("urn:cn:speq:{LIFT}"), "due": DUE})
}

fn serviced() -> (World, String) {
    let mut world = World::new("2026-10-01T00:00:00+08:00");
    let contract = world.agreed("maint", "property", SIGNED, owed("maintain"));
    (world, contract)
}

fn values(contract: &Contract<'_>) -> Option<(u16, u16, u16, Source)> {
    let verdict = contract.courses[0].verdict(contract.time(), Calendar::first())?;
    let said = verdict.determination;
    let values = (said.fulfilment(10), said.punctuality(), said.quality().unwrap_or(0), verdict.source);
    verdict.provisional.is_none().then_some(values)
}

fn state(contract: &Contract<'_>) -> ObligationState {
    contract.courses[0].state(contract.time(), Calendar::first())
}

// Who it was done for says so too, in an event of its own that refers to the debtor's, or that the debtor names: the same.
#[test]
fn by_both_sides() {
    let (mut world, contract) = serviced();
    let own = service(&mut world, "maint", SERVICED, &[]);
    world.performed("maint", SAID, &contract, 1_000, &[&own]);
    assert_eq!(state(&world.told(&contract, SAID)), ObligationState::Tendered);
    let confirmed = service(&mut world, "property", SAID, &[("cross_ref", json!(own))]);
    let told = world.told(&contract, SAID);
    assert_eq!((state(&told), values(&told)), (ObligationState::Accepted, None), "the days to inspect");
    let told = world.told(&contract, OVER);
    assert_eq!(
        (values(&told), told.courses[0].verdict(told.time(), Calendar::first()).unwrap().evidence.len()),
        (BOTH, 1)
    );
    // It proves no other performance, whoever says it again, by whatever hash.
    let again = service(&mut world, "property", SAID, &[("cross_ref", json!(own)), ("kind", json!("month"))]);
    service(&mut world, "amr", SAID, &[("cross_ref", json!(own))]);
    for evidence in [&confirmed, &own, &again] {
        let second = world.agreed("maint", "property", SIGNED, owed("maintain"));
        world.performed("maint", SAID, &second, 1_000, &[evidence]);
        assert_eq!(values(&world.told(&second, OVER)), DEEMED, "{evidence}");
    }

    let (mut world, contract) = serviced();
    let confirmed = service(&mut world, "property", CONFIRMED, &[]);
    world.performed("maint", SAID, &contract, 1_000, &[&confirmed]);
    assert_eq!(values(&world.told(&contract, OVER)), BOTH);
}

// An authority's word, or that of an agency with an approval by an authority's record; not that of one without, of a party, or
// of who says that another did it, or that does not refer to what the debtor has recorded.
#[test]
fn by_a_witness() {
    let other = json!("urn:uscc:91441900DEMA00136H");
    let by = |who: &str, approval: Option<&str>, change: &[(&str, Value)]| {
        let (mut world, contract) = serviced();
        if let Some(until) = approval {
            let licence = json!({
                "kind": "inspection", "number": "TS7110001-2029", "from": "2024-01-01", "to": until, "state": "valid",
            });
            world.credit("amr", "inspect", SIGNED, "Licence", licence);
        }
        let own = service(&mut world, "maint", SERVICED, &[]);
        let mut members = vec![("cross_ref", json!(own)), ("agency_approval", json!("TS7110001-2029"))];
        members.extend_from_slice(change);
        service(&mut world, who, CONFIRMED, &members);
        world.performed("maint", SAID, &contract, 1_000, &[&own]);
        // What is known of approvals later changes nothing.
        let licence = json!({
            "kind": "inspection", "number": "TS7110001-2029", "from": "2024-01-01", "state": "valid",
        });
        world.credit("amr", "inspect", OVER, "Licence", licence);
        values(&world.told(&contract, OVER))
    };
    assert_eq!(by("amr", None, &[]), AUTHORITY);
    assert_eq!(by("inspect", Some("2029-12-31"), &[]), AUTHORITY);
    assert_eq!(by("inspect", None, &[]), DEEMED);
    assert_eq!(by("inspect", Some("2026-10-11"), &[]), DEEMED, "no more");
    assert_eq!(by("inspect", Some("2029-12-31"), &[("agency_approval", json!("TS3110001-2029"))]), DEEMED);
    assert_eq!(by("parts", Some("2029-12-31"), &[]), DEEMED);
    assert_eq!(by("amr", None, &[("maintainer", other)]), DEEMED);
    assert_eq!(by("amr", None, &[("cross_ref", json!("6".repeat(64)))]), DEEMED);
    assert_eq!(by("amr", None, &[("date", json!("2026-10-07T09:00:00+08:00"))]), DEEMED, "before anything was owed");
    assert_eq!(by("amr", None, &[("date", json!("2026-10-13T09:00:00+08:00"))]), DEEMED, "of a day to come");
}

/// An installation, as somebody says.
fn install(world: &mut World, who: &str, at: &str, result: &str, of: Option<&str>) -> String {
    let mut members = json!({
        "installer_licence": "TS3344101-2028", "site": "9521011000014", "notice_date": "2026-10-01",
        "supervision_result": result, "supervision_date": "2026-10-12", "report_hash": "4".repeat(64),
    });
    of.into_iter().for_each(|of| members["cross_ref"] = json!(of));
    record(world, who, at, ("S4.INSTALL", "installing"), members)
}

fn installed(is_licensed: bool) -> (World, String) {
    let mut world = World::new("2026-10-01T00:00:00+08:00");
    if is_licensed {
        let licence =
            json!({"kind": "installation", "number": "TS3344101-2028", "from": "2024-01-01", "state": "valid"});
        world.credit("amr", "maint", "2026-10-02T09:00:00+08:00", "Licence", licence);
    }
    let contract = world.agreed("maint", "property", SIGNED, owed("install"));
    (world, contract)
}

// An installation that did not pass its supervision is bad, whoever has recorded that: and, if an authority has, on its word,
// which stands against its creditor's. It is the debtor's by the licence that it names.
#[test]
fn supervised() {
    let bad = |source| Some((1_000, 1_000, 0, source));
    for (is_licensed, said, expected) in [
        (true, &[("amr", "pass")][..], AUTHORITY),
        (true, &[("amr", "fail")], bad(Source::Authority)),
        (true, &[("property", "fail")], bad(Source::OneSide)),
        (true, &[("property", "pass"), ("amr", "fail")], bad(Source::Authority)),
        (true, &[("amr", "fail"), ("property", "pass")], bad(Source::Authority)),
        (false, &[("amr", "pass")], DEEMED),
        (false, &[("property", "pass"), ("amr", "fail")], DEEMED),
    ] {
        let (mut world, contract) = installed(is_licensed);
        let own = install(&mut world, "maint", SERVICED, "pass", None);
        let performance = world.performed("maint", CONFIRMED, &contract, 1_000, &[&own]);
        for (who, result) in said {
            install(&mut world, who, CONFIRMED, result, Some(&own));
        }
        assert_eq!(values(&world.told(&contract, OVER)), expected, "{is_licensed} {said:?}");
        // Its creditor's own record takes the place of its event, and not of an authority's.
        let members = json!({"obligation": "1", "performance": performance, "received": SAID, "quantity": 1_000});
        world.contract("property", SAID, Some(&contract), "Receipt", members);
        let after = values(&world.told(&contract, OVER));
        let stands = expected.is_some_and(|(.., source)| source == Source::Authority);
        assert_eq!(after, if stands { expected } else { BOTH }, "{is_licensed} {said:?}");
    }
}

// What proves nothing: the debtor's own word, a stranger's, another maintainer's service, another lift's, one of before,
// another kind of work.
#[test]
fn what_proves_nothing() {
    let is_nothing = |who: &str, at: &str, kind: &str, change: &[(&str, Value)]| {
        let mut world = World::new("2026-10-01T00:00:00+08:00");
        let early = (at < SIGNED).then(|| service(&mut world, who, at, change));
        let contract = world.agreed("maint", "property", SIGNED, owed(kind));
        let event = early.unwrap_or_else(|| service(&mut world, who, at, change));
        world.performed("maint", SAID, &contract, 1_000, &[&event]);
        assert_eq!(values(&world.told(&contract, OVER)), DEEMED, "{who} {at} {kind} {change:?}");
    };
    is_nothing("maint", SERVICED, "maintain", &[]);
    is_nothing("parts", CONFIRMED, "maintain", &[]);
    is_nothing("property", CONFIRMED, "maintain", &[("maintainer", json!("urn:uscc:91441900DEMA00136H"))]);
    is_nothing("property", CONFIRMED, "maintain", &[("device", json!("31104401020190124"))]);
    is_nothing("property", "2026-10-07T09:00:00+08:00", "maintain", &[("date", json!("2026-10-07T09:00:00+08:00"))]);
    is_nothing("property", CONFIRMED, "install", &[]);
    // Nor does the right one, if nobody says of what.
    let mut world = World::new("2026-10-01T00:00:00+08:00");
    let contract = world.agreed("maint", "property", SIGNED, json!({"kind": "maintain", "due": DUE}));
    let event = service(&mut world, "property", CONFIRMED, &[]);
    world.performed("maint", SAID, &contract, 1_000, &[&event]);
    assert_eq!(values(&world.told(&contract, OVER)), DEEMED);
}

// Goal: as of a height the answer stays the same, whatever comes later, and what others record hides nothing. Method: 80 events of
// one with a lower number that name an approval, after an agency's; then a removal and the fold of it all.
#[test]
fn later_events_change_nothing() {
    let (mut world, contract) = serviced();
    let licence = json!({"kind": "inspection", "number": "TS7110001-2029", "from": "2024-01-01", "state": "valid"});
    world.credit("amr", "inspect", SIGNED, "Licence", licence);
    let own = service(&mut world, "maint", SERVICED, &[]);
    let members = [("cross_ref", json!(own)), ("agency_approval", json!("TS7110001-2029"))];
    service(&mut world, "inspect", CONFIRMED, &members);
    world.performed("maint", SAID, &contract, 1_000, &[&own]);
    assert_eq!(values(&world.told(&contract, OVER)), AUTHORITY);
    for _ in 0..80 {
        service(&mut world, "milkfarm", SAID, &members);
    }
    // Nor does an authority, once that is final.
    service(&mut world, "amr", OVER, &[("cross_ref", json!(own))]);
    assert_eq!(values(&world.told(&contract, "2026-11-20T09:00:00+08:00")), AUTHORITY);
    // What is read out of them is in nobody else's way.
    let height = world.network.ledger.head.height;
    assert_eq!(suyuan_ledger::credit::removal::removals(&world.store(), 0, height).unwrap(), []);
}

// Who was late in confirming does not make the work late: it was done when both say.
#[test]
fn confirmed_late() {
    let (mut world, contract) = serviced();
    let own = service(&mut world, "maint", SERVICED, &[]);
    world.performed("maint", SAID, &contract, 1_000, &[&own]);
    service(&mut world, "property", "2026-10-16T09:00:00+08:00", &[("cross_ref", json!(own))]);
    assert_eq!(values(&world.told(&contract, OVER)), BOTH);
}

/// Declares the last event erroneous, which was recorded at a time.
fn declare(world: &mut World, who: &str, was: &str, at: &str) {
    let payload = Reader::new(&world.network.store).payload(world.network.ledger.head.height, 0).unwrap().unwrap();
    let mut event: Value = serde_json::from_slice(&payload.payload).unwrap();
    assert_eq!(event["eventTime"], was);
    event["errorDeclaration"] = json!({"declarationTime": at, "reason": "urn:epcglobal:cbv:er:did_not_occur"});
    world.say(who, record_type::EPCIS, time(at), &[event.to_string()]);
}

// What is declared erroneous in the days to inspect says nothing; what is said instead does, and what others said before.
#[test]
fn declared_erroneous() {
    let (declared, corrected) = ("2026-10-13T15:00:00+08:00", "2026-10-13T16:00:00+08:00");
    let bad = |source| Some((1_000, 1_000, 0, source));
    for (first, second, expected) in [
        (Some(("property", "pass")), Some(("property", "fail")), bad(Source::OneSide)),
        (Some(("property", "fail")), Some(("property", "pass")), BOTH),
        (Some(("property", "pass")), None, DEEMED),
        (Some(("amr", "pass")), None, DEEMED),
        (Some(("amr", "fail")), Some(("mpa", "pass")), AUTHORITY),
    ] {
        let (mut world, contract) = installed(true);
        let own = install(&mut world, "maint", SERVICED, "pass", None);
        world.performed("maint", CONFIRMED, &contract, 1_000, &[&own]);
        if let Some((who, result)) = first {
            install(&mut world, who, SAID, result, Some(&own));
            declare(&mut world, who, SAID, declared);
        }
        if let Some((who, result)) = second {
            install(&mut world, who, corrected, result, Some(&own));
        }
        assert_eq!(values(&world.told(&contract, OVER)), expected, "{first:?} {second:?}");
    }
    // Who was not heard beside a witness is heard when that is withdrawn, whichever of them came first.
    for is_first in [true, false] {
        let (mut world, contract) = installed(true);
        let own = install(&mut world, "maint", SERVICED, "pass", None);
        world.performed("maint", CONFIRMED, &contract, 1_000, &[&own]);
        if is_first {
            install(&mut world, "property", SAID, "fail", Some(&own));
        }
        install(&mut world, "amr", SAID, "pass", Some(&own));
        if is_first {
            declare(&mut world, "amr", SAID, declared);
        } else {
            // In one block each; the last one is what is declared.
            let height = world.network.ledger.head.height;
            install(&mut world, "property", SAID, "fail", Some(&own));
            let payload = Reader::new(&world.network.store).payload(height, 0).unwrap().unwrap();
            let mut event: Value = serde_json::from_slice(&payload.payload).unwrap();
            event["errorDeclaration"] =
                json!({"declarationTime": declared, "reason": "urn:epcglobal:cbv:er:did_not_occur"});
            world.say("amr", record_type::EPCIS, time(declared), &[event.to_string()]);
        }
        assert_eq!(values(&world.told(&contract, OVER)), bad(Source::OneSide), "{is_first}");
    }
}

// A name is one piece, whoever says it and in whatever order; who owes more than is witnessed is answered for the rest.
#[test]
fn several_pieces() {
    let owed = json!({
        "kind": "maintain", "what": LIFT, "quantity": 3_000, "due": "2026-10-20T09:00:00+08:00",
    });
    let set_up = || {
        let mut world = World::new("2026-10-01T00:00:00+08:00");
        let contract = world.agreed("maint", "property", SIGNED, owed.clone());
        let names: Vec<String> = ["month", "quarter"]
            .iter()
            .map(|kind| service(&mut world, "maint", SERVICED, &[("kind", json!(kind))]))
            .collect();
        let evidence: Vec<&str> = names.iter().map(String::as_str).collect();
        let performance = world.performed("maint", SAID, &contract, 3_000, &evidence);
        (world, contract, names, performance)
    };
    let delivered = |world: &World, contract: &str, at: &str| {
        let told = world.told(contract, at);
        told.courses[0].verdict(told.time(), Calendar::first()).map(|found| found.determination.delivered)
    };
    for order in [["amr", "property"], ["property", "amr"]] {
        let (mut world, contract, names, performance) = set_up();
        for who in order {
            service(&mut world, who, SAID, &[("cross_ref", json!(names[0]))]);
        }
        service(&mut world, "property", SAID, &[("cross_ref", json!(names[1]))]);
        assert_eq!(delivered(&world, &contract, SAID), None, "{order:?}: two of three");
        // Its creditor says that of the other two one was not done.
        let members = json!({
            "obligation": "1", "performance": performance, "received": SAID, "quantity": 1_000, "complete": true,
        });
        world.contract("property", SAID, Some(&contract), "Receipt", members);
        assert_eq!(delivered(&world, &contract, OVER), Some(2_000), "{order:?}");
    }
    // However often its creditor says it, and a witness, it is one.
    let (mut world, contract, names, performance) = set_up();
    for who in ["property", "amr", "property"] {
        service(&mut world, who, SAID, &[("cross_ref", json!(names[0]))]);
    }
    let members = json!({
        "obligation": "1", "performance": performance, "received": SAID, "quantity": 1_000, "complete": true,
    });
    world.contract("property", SAID, Some(&contract), "Receipt", members);
    assert_eq!(delivered(&world, &contract, OVER), Some(2_000));
}
