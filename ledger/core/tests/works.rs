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
    assert_eq!((values(&told), told.courses[0].verdict(told.time(), Calendar::first()).unwrap().evidence.len()), (BOTH, 1));
    // What was named one way does not prove another performance the other way.
    for evidence in [confirmed.as_str(), own.as_str()] {
        let second = world.agreed("maint", "property", SIGNED, owed("maintain"));
        world.performed("maint", SAID, &second, 1_000, &[evidence]);
        assert_eq!(values(&world.told(&second, OVER)), DEEMED, "{evidence}");
    }

    let (mut world, contract) = serviced();
    let confirmed = service(&mut world, "property", CONFIRMED, &[]);
    world.performed("maint", SAID, &contract, 1_000, &[&confirmed]);
    assert_eq!(values(&world.told(&contract, OVER)), BOTH);
}

// An authority's word, or that of an agency with an approval by an authority's record; not that of one without.
#[test]
fn by_an_authority() {
    let (mut world, contract) = serviced();
    let own = service(&mut world, "maint", SERVICED, &[]);
    service(&mut world, "amr", CONFIRMED, &[("cross_ref", json!(own))]);
    world.performed("maint", SAID, &contract, 1_000, &[&own]);
    assert_eq!(values(&world.told(&contract, OVER)), AUTHORITY);

    for (is_approved, expected) in [(true, AUTHORITY), (false, DEEMED)] {
        let mut world = World::new("2026-10-01T00:00:00+08:00");
        if is_approved {
            let licence = json!({
                "kind": "inspection", "number": "TS7110001-2029", "from": "2024-01-01", "to": "2029-12-31", "state": "valid",
            });
            world.credit("amr", "inspect", "2026-10-02T09:00:00+08:00", "Licence", licence);
        }
        // The maker owes an inspection, which the agency does in its place.
        let contract = world.agreed("liftmfr", "property", SIGNED, owed("inspect"));
        let members = json!({
            "agency": world.uri("liftmfr"), "agency_approval": "TS7110001-2029", "report_no_hash": "3".repeat(64),
            "date": "2026-10-12", "result": "recheck", "due_served": "2026-10-31", "next_due": "2028-10-31",
        });
        let report = record(&mut world, "inspect", CONFIRMED, ("S6.PERIODIC_INSPECTION", "inspecting"), members);
        world.performed("liftmfr", SAID, &contract, 1_000, &[&report]);
        assert_eq!(values(&world.told(&contract, OVER)), expected, "{is_approved}");
    }
}

// An installation that did not pass its supervision is bad, whoever has recorded that: and, if an authority has, on its word.
#[test]
fn installed_badly() {
    for (who, result, expected) in [
        ("amr", "pass", AUTHORITY),
        ("amr", "fail", Some((1_000, 1_000, 0, Source::Authority))),
        ("property", "fail", Some((1_000, 1_000, 0, Source::OneSide))),
        ("maint", "pass", DEEMED),
    ] {
        let mut world = World::new("2026-10-01T00:00:00+08:00");
        let contract = world.agreed("maint", "property", SIGNED, owed("install"));
        let members = json!({
            "installer_licence": "TS3344101-2028", "site": "9521011000014", "notice_date": "2026-10-01",
            "supervision_result": result, "supervision_date": "2026-10-12", "report_hash": "4".repeat(64),
        });
        let installed = record(&mut world, who, CONFIRMED, ("S4.INSTALL", "installing"), members);
        world.performed("maint", SAID, &contract, 1_000, &[&installed]);
        assert_eq!(values(&world.told(&contract, OVER)), expected, "{who} {result}");
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
    assert!(time(SIGNED) < time(SERVICED));
}
