//! Goal: a shipment that its receiver doesn't record to have received within 72 hours counts 700 for completeness from then on,
//! and so does a receipt that is recorded later; nobody else's events change that, nor does how blocks are read. Method: the
//! parts maker ships to the assembler by single events of a known completeness, each time with one thing otherwise.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod actors;
mod flow;
mod ledger;

use std::cell::Cell;
use std::collections::BTreeSet;

use actors::rows;
use flow::{
    Flow, HOUR, LOT, MAKER, OPEN, case, check, check_cuts, complete, item, lot, lowered, model, of_things, parties,
    read_up_to, receipt, records_of, rows_of, shipment, with,
};
use serde_json::{Value, json};
use suyuan_ledger::credit::reading;
use suyuan_ledger::credit::reading::Place;
use suyuan_ledger::kv::{Pair, Read, StoreError, Table, Visit, WriteSet};
use suyuan_ledger::kv_memory::MemoryRead;
use suyuan_ledger::record::{Role, Standing};
use suyuan_ledger::state::subject::place_key;

/// Goal: what is received in time counts as it is. Method: a shipment and its receipt a day later, as of each height.
#[test]
fn in_time() {
    let mut flow = Flow::new();
    let shipped = flow.say("parts", 0, shipment());
    flow.say("assembler", 24 * HOUR, receipt());
    assert_eq!(flow.both(), (Some(1_000), Some(1_000)));
    assert_eq!(flow.complete("parts", shipped), Some(1_000));
}

/// Goal: a receipt stays one, whatever becomes of it later, and so does a shipment: what is erased changes nothing of what others
/// did. Method: a receipt that is declared erroneous; each of both erased, with the receipt in time and late.
#[test]
fn what_becomes_of_it() {
    let mut flow = Flow::new();
    flow.say("parts", 0, shipment());
    flow.say("assembler", HOUR, receipt());
    flow.declare("assembler", HOUR, 2 * HOUR, receipt());
    assert_eq!(flow.both(), (Some(1_000), Some(1_000)));
    for (after, counts) in [(HOUR, Some(1_000)), (80 * HOUR, Some(700))] {
        let mut flow = Flow::new();
        let shipped = flow.say("parts", 0, shipment());
        let received = flow.say("assembler", after, receipt());
        assert_eq!(flow.both(), (counts, counts));
        let values = |erased: u64| {
            let mut store = flow.world.store();
            store.apply(&reading::forget(&store, &[(erased, 0)]).unwrap());
            ["parts", "assembler"]
                .map(|firm| complete(&flow.world, &store, firm, flow.world.network.ledger.head.height))
        };
        assert_eq!((values(shipped), values(received)), ([None, counts], [counts, None]));
    }
}

/// Goal: what nobody receives counts 700 from the first block on that comes after 72 hours, and before that as it is, whenever that
/// is read. Method: blocks a second before the time and at it; one that only comes days after it.
#[test]
fn never() {
    let mut flow = Flow::new();
    flow.say("parts", 0, shipment());
    let before = flow.tick(72 * HOUR - 1_000);
    let after = flow.tick(72 * HOUR);
    assert_eq!(flow.both(), (Some(700), None));
    assert_eq!((flow.complete("parts", before), flow.complete("parts", after)), (Some(1_000), Some(700)));
    let mut flow = Flow::new();
    let shipped = flow.say("parts", 0, shipment());
    // A month that is over counts less too.
    let after = flow.tick(2_000 * HOUR);
    check(&flow.world);
    assert_eq!((flow.complete("parts", shipped), flow.complete("parts", after)), (Some(1_000), Some(700)));
}

/// Goal: a receipt that is recorded later than that counts 700 itself, and does not undo what its shipment counts. Method: receipts
/// in the very moment and a second later; then a second shipment of the same lot, received in time.
#[test]
fn late() {
    let mut flow = Flow::new();
    flow.say("parts", 0, shipment());
    flow.say("assembler", 72 * HOUR, receipt());
    assert_eq!(flow.both(), (Some(1_000), Some(1_000)));
    let mut flow = Flow::new();
    let shipped = flow.say("parts", 0, shipment());
    let received = flow.say("assembler", 72 * HOUR + 1_000, receipt());
    assert_eq!((flow.complete("parts", shipped), flow.complete("parts", received)), (Some(1_000), Some(700)));
    assert_eq!(flow.both(), (Some(700), Some(700)));
    flow.say("parts", 100 * HOUR, shipment());
    flow.say("assembler", 101 * HOUR, receipt());
    flow.tick(200 * HOUR);
    check(&flow.world);
    assert_eq!((flow.now("parts"), flow.now("assembler")), (Some(850), Some(850)));
}

/// Goal: what counts less than 700 anyway stays as it is. Method: a shipment and a receipt that say almost nothing, received late.
#[test]
fn incomplete() {
    let mut flow = Flow::new();
    let bare = json!({"bizTransactionList": null, "suyuan:vehicle_class": null, "suyuan:eta": null});
    let shipped = flow.say("parts", 0, with(shipment(), bare));
    let bare =
        json!({"bizTransactionList": null, "suyuan:cross_ref": null, "suyuan:short_qty": null, "sourceList": null});
    let received = flow.say("assembler", 80 * HOUR, with(receipt(), bare));
    let said = (flow.complete("parts", shipped), flow.complete("assembler", received));
    assert!(said.0 < Some(700) && said.1 < Some(700), "{said:?}");
    assert_eq!(flow.both(), said);
}

/// Goal: who has waited in vain is not punished for what it receives of another shipment. Method: one shipment that is never
/// received, and one of the same lot days later that is.
#[test]
fn after_one_in_vain() {
    let mut flow = Flow::new();
    flow.say("parts", 0, shipment());
    flow.say("parts", 90 * HOUR, shipment());
    flow.say("assembler", 91 * HOUR, receipt());
    assert_eq!(flow.both(), (Some(850), Some(1_000)));
}

/// Goal: a shipment that did not take place needs no receipt. Method: one that is voided, and one that is declared erroneous, each
/// in time and too late; a voiding by another, or of something else, and one that is itself taken back.
#[test]
fn void() {
    let void = || {
        with(shipment(), json!({"bizStep": "void_shipping", "suyuan:recordType": null, "suyuan:productClass": null}))
    };
    for (after, counts) in [(10 * HOUR, 1_000), (72 * HOUR, 1_000), (73 * HOUR, 700)] {
        let mut flow = Flow::new();
        flow.say("parts", 0, shipment());
        flow.say("parts", after, void());
        // What is received all the same is nobody's fault.
        flow.say("assembler", 90 * HOUR, receipt());
        assert_eq!(flow.both(), (Some(counts), Some(1_000)), "{after}");
        let mut flow = Flow::new();
        flow.say("parts", 0, shipment());
        flow.declare("parts", 0, after, shipment());
        // It is said twice.
        assert_eq!(flow.both(), (Some((1_000 + counts) / 2), None), "{after}");
    }
    let mut flow = Flow::new();
    flow.say("parts", 0, shipment());
    flow.say("assembler", HOUR, void());
    flow.say("dairy", HOUR + 1_000, void());
    flow.say("parts", HOUR + 2_000, of_things(void(), &[item(3)]));
    assert_eq!(flow.both(), (Some(700), None));
    // What is voided stays so: who takes that back records the shipment anew.
    let mut flow = Flow::new();
    flow.say("parts", 0, shipment());
    flow.say("parts", HOUR, void());
    flow.declare("parts", HOUR, HOUR + 1_000, void());
    assert_eq!(flow.both(), (Some(1_000), None));
}

/// Goal: a void says of the things that it names that one shipment of them did not take place, the last one, and of a shipment
/// all of whose things it names. Method: voids of one of two items, of both and others, of one of two shipments of a lot, of two
/// shipments of items at once; the same in one block.
#[test]
fn void_of_all_things() {
    let void = |things: &[String]| {
        with(
            of_things(shipment(), things),
            json!({"bizStep": "void_shipping", "suyuan:recordType": null, "suyuan:productClass": null}),
        )
    };
    let some = |from: u32, to: u32| (from..to).map(item).collect::<Vec<String>>();
    for (shipped, voided, counts) in [
        (vec![some(0, 2)], some(0, 1), 700),
        (vec![some(0, 2)], some(0, 5), 1_000),
        (vec![some(0, 100)], some(0, 99), 700),
        (vec![some(0, 100)], some(0, 100), 1_000),
        (vec![some(0, 3), some(5, 80)], some(0, 80), 1_000),
        (vec![some(0, 3), some(0, 3)], some(0, 3), 850),
        (vec![some(0, 3), some(0, 5)], some(0, 3), 850),
    ] {
        let mut flow = Flow::new();
        shipped.iter().zip(0..).for_each(|(things, at)| {
            flow.say("parts", at * 1_000, of_things(shipment(), things));
        });
        flow.say("parts", HOUR, void(&voided));
        assert_eq!(flow.both().0, Some(counts), "{shipped:?} {voided:?}");
        let mut flow = Flow::new();
        let said = shipped.iter().map(|things| of_things(shipment(), things)).chain([void(&voided)]);
        flow.block(0, &[("parts", said.collect())]);
        assert_eq!(flow.both().0, Some(counts), "{shipped:?} {voided:?}");
    }
    let mut flow = Flow::new();
    let lot = || with(void(&[]), json!({"quantityList": lot(LOT), "epcList": null}));
    (0..3).for_each(|at| {
        flow.say("parts", at * 1_000, shipment());
    });
    flow.say("parts", HOUR, lot());
    assert_eq!(flow.both().0, Some((1_000 + 2 * 700) / 3));
}

/// Goal: none but the one whom a shipment names receives it, and nobody keeps that one from it. Method: receipts of others and of who
/// ships; a stranger's shipment to another.
#[test]
fn strangers() {
    let mut flow = Flow::new();
    flow.say("parts", 0, shipment());
    for (hours, who) in [(1, "dairy"), (2, "amr"), (3, "parts")] {
        let plain = json!({"suyuan:recordType": null, "suyuan:productClass": null});
        flow.say(who, hours * HOUR, with(receipt(), plain));
    }
    assert_eq!(flow.both(), (Some(700), None));
    // A stranger ships what it has not, to somebody who then has it from another: it is neither waited for nor held against that one.
    let mut flow = Flow::new();
    flow.say("dairy", 0, shipment());
    flow.say("parts", 100 * HOUR, shipment());
    let plain = json!({"bizStep": "void_shipping", "suyuan:recordType": null, "suyuan:productClass": null});
    flow.say("dairy", 100 * HOUR + 1_000, with(shipment(), plain));
    flow.say("assembler", 101 * HOUR, receipt());
    flow.tick(200 * HOUR);
    check(&flow.world);
    for firm in ["parts", "assembler", "dairy"] {
        assert_eq!(flow.now(firm), Some(1_000), "{firm}");
    }
}

/// Goal: who says that it has received what nobody here has shipped to it has nothing to ship: it is not waited for, and takes
/// nobody's early receipt. Method: a stranger's receipt and shipment of a product that nobody holds, then that receipt by its
/// supplier's real customer, once late and once before the real shipment.
#[test]
fn unconfirmed() {
    let plain = json!({"suyuan:recordType": null, "suyuan:productClass": null, "sourceList": null});
    let strange = |event: Value| with(with(event, json!({"quantityList": lot("X9")})), plain.clone());
    let mut flow = Flow::new();
    flow.say("dairy", 0, strange(receipt()));
    flow.say("dairy", HOUR, strange(shipment()));
    assert_eq!(standing_of(&flow, 4), Some(Standing::Unconfirmed as u8));
    flow.say("assembler", 100 * HOUR, with(receipt(), json!({"quantityList": lot("X9")})));
    flow.tick(200 * HOUR);
    check(&flow.world);
    assert_eq!((flow.now("parts"), flow.now("assembler")), (None, Some(1_000)));
    let mut flow = Flow::new();
    flow.say("dairy", -2_000, strange(receipt()));
    flow.say("assembler", 0, with(receipt(), json!({"quantityList": lot("X9")})));
    flow.say("dairy", HOUR, strange(shipment()));
    flow.say("parts", 2 * HOUR, with(shipment(), json!({"quantityList": lot("X9")})));
    assert_eq!(flow.both(), (Some(1_000), Some(1_000)));
}

/// By what right the event of a height names its things, the best.
fn standing_of(flow: &Flow, height: u64) -> Option<u8> {
    let all = records_of(&flow.world.network.store, height);
    let (_, record) = all.last()?;
    record.runs.iter().filter(|run| run.role == Role::Epc as u8).map(|run| run.standing).max()
}

/// Goal: strangers hide nothing, however much they record. Method: a hundred observations of the lot between its early receipt
/// and the shipment, and of a case between its packing and the receipt of what is in it.
#[test]
fn hidden_by_strangers() {
    let seen =
        |things: Value| with(json!({"type": "ObjectEvent", "action": "OBSERVE", "bizStep": "inspecting"}), things);
    let mut flow = Flow::new();
    flow.say("assembler", 0, receipt());
    flow.block(HOUR, &[("dairy", vec![seen(json!({"quantityList": lot(LOT)})); 100])]);
    flow.say("parts", 2 * HOUR, shipment());
    flow.tick(90 * HOUR);
    check_cuts(&flow.world);
    assert_eq!((flow.now("parts"), flow.now("assembler")), (Some(1_000), Some(1_000)));
    let mut flow = Flow::new();
    let pack = json!({"type": "AggregationEvent", "action": "ADD", "bizStep": "packing", "parentID": case(1), "childEPCs": [item(0), item(1)]});
    flow.say("parts", -HOUR / 2, pack);
    flow.say("parts", 0, of_things(shipment(), &[case(1)]));
    flow.block(HOUR, &[("dairy", vec![seen(json!({"epcList": [case(1), item(0), item(1)]})); 100])]);
    flow.say("assembler", 2 * HOUR, of_things(receipt(), &[item(1)]));
    flow.tick(90 * HOUR);
    check_cuts(&flow.world);
    assert_eq!((flow.now("parts"), flow.now("assembler")), (Some(1_000), Some(1_000)));
}

/// Goal: a receipt is late if it is for one of its things, whoever has just shipped others. Method: a late receipt that also
/// names what somebody else shipped a moment before.
#[test]
fn beside_what_is_fresh() {
    let mut flow = Flow::new();
    let other = json!([{"epcClass": "https://id.gs1.org/01/09521001000018/10/Q1", "quantity": 1}]);
    let plain = json!({"quantityList": other, "suyuan:recordType": null, "suyuan:productClass": null});
    flow.say(
        "dairy",
        -HOUR / 2,
        with(
            json!({"type": "ObjectEvent", "action": "ADD", "bizStep": "commissioning"}),
            json!({"quantityList": other}),
        ),
    );
    flow.say("parts", 0, shipment());
    flow.say("dairy", 89 * HOUR, with(shipment(), plain));
    let both = [lot(LOT)[0].clone(), other[0].clone()];
    flow.say("assembler", 90 * HOUR, with(receipt(), json!({"quantityList": both})));
    assert_eq!(flow.both(), (Some(700), Some(700)));
}

/// Goal: who takes back what can't be used is not late. Method: late receipts with a disposition of returns, or of a recall.
#[test]
fn returned() {
    for (members, counts) in [
        (json!({"disposition": "returned"}), None),
        (json!({"disposition": "recalled"}), None),
        (json!({"suyuan:recall_id": "R-1"}), None),
        (json!({"disposition": "in_progress"}), Some(700)),
    ] {
        let mut flow = Flow::new();
        flow.say("parts", 0, shipment());
        let received = flow.say("assembler", 80 * HOUR, with(receipt(), members.clone()));
        let both = flow.both();
        assert_eq!(both.0, Some(700));
        // What the profile says of the disposition is another matter.
        assert!(
            both.1 > Some(700) || both.1 == counts,
            "{members} {both:?} {:?}",
            flow.complete("assembler", received)
        );
    }
}

/// Goal: no row is left once nothing can change any more, and until then what comes late is late. Method: a shipment received a
/// moment before and after thirty days from when it was due; an early receipt on its own; as many rows as before in the end.
#[test]
fn ends() {
    for (after, counts) in [(792 * HOUR, 700), (792 * HOUR + 1_000, 1_000)] {
        let mut flow = Flow::new();
        flow.say("parts", 0, of_things(shipment(), &(0..200).map(item).collect::<Vec<_>>()));
        flow.say("parts", 1_000, shipment());
        flow.say("parts", 2_000, with(shipment(), json!({"bizStep": "void_shipping"})));
        let received = flow.say("assembler", after, of_things(receipt(), &[item(3)]));
        assert_eq!(flow.complete("assembler", received), Some(counts));
        // What is received may be of a shipment that comes.
        flow.tick(after + 71 * HOUR);
        assert_eq!(rows_of(&flow.world.store(), &OPEN).len(), 2);
        flow.tick(after + 72 * HOUR);
        assert_eq!(rows_of(&flow.world.store(), &OPEN), []);
        check_cuts(&flow.world);
    }
}

/// Goal: what one record makes others read is bounded. Method: a shipment of things each far from the other, and a receipt, a
/// void and a shipment of as many by others, read with all reads counted; more shipments of a lot than a list holds.
#[test]
fn bounded() {
    let mut flow = Flow::new();
    let made = json!({"type": "ObjectEvent", "action": "ADD", "bizStep": "commissioning"});
    let all: Vec<String> = (1_000..4_600).map(item).collect();
    flow.say("parts", -HOUR / 2, of_things(made, &all));
    let far: Vec<String> = all.iter().step_by(64).cloned().collect();
    let mut store = read_up_to(&flow.world.network.store, std::iter::once(flow.world.network.ledger.head.height));
    let void = with(shipment(), json!({"bizStep": "void_shipping"}));
    let mut at = 0;
    for (who, event) in [
        ("dairy", receipt()),
        ("dairy", shipment()),
        ("dairy", void),
        ("parts", shipment()),
        ("parts", shipment()),
        ("assembler", receipt()),
        ("assembler", receipt()),
    ] {
        at += HOUR;
        let head = flow.say(who, at, of_things(event.clone(), &far));
        let mut writes = WriteSet::default();
        rows(&store).iter().for_each(|(key, value)| writes.put(Table::Reading, key, value));
        store = flow.world.network.store.clone();
        store.apply(&writes);
        let counted = Counted { store: &store, table: Table::Reading, reads: Cell::new(0) };
        let writes = reading::read_on(&counted, head).unwrap().unwrap();
        let (reads, count) = (counted.reads.get(), writes.of_table(Table::Reading).count());
        // What is received is taken out of the lists in which its two shipments are; both were paid for by these.
        assert!(reads <= 57 + 5 * 33 + 16, "{who} {} reads {reads}", event["bizStep"]);
        assert!(count <= 3 * 33 + 8, "{who} {} writes {count}", event["bizStep"]);
        store.apply(&writes);
        let of = |tag: u8| rows_of(&store, &[tag]).len();
        if who == "parts" {
            assert_eq!((far.len(), of(22), of(25), of(29)), (57, 32, 1, 32));
        }
    }
    assert_eq!(rows_of(&store, &[22, 25, 29]), []);
    let mut flow = Flow::new();
    let many = |event: Value, count: usize| vec![event; count];
    flow.block(0, &[("parts", many(shipment(), 70))]);
    let rows = rows_of(&flow.world.store(), &[22]);
    assert_eq!((rows.len(), rows[0].1.len()), (1, 64 * 20));
    assert_eq!(rows_of(&flow.world.store(), &[23]).len(), 64);
    assert_eq!(flow.both().0, Some((6 * 1_000 + 64 * 700) / 70));
    // All at once are received by one.
    let mut flow = Flow::new();
    let things: Vec<Value> = (0..200).map(|number| of_things(shipment(), &[item(number)])).collect();
    flow.block(0, &[("parts", things)]);
    flow.say("assembler", HOUR, of_things(receipt(), &(0..200).map(item).collect::<Vec<_>>()));
    assert_eq!(rows_of(&flow.world.store(), &[22, 25, 29]), []);
    // Early receipts make room for each other too.
    let mut flow = Flow::new();
    flow.block(0, &[("assembler", many(receipt(), 70))]);
    let rows = rows_of(&flow.world.store(), &[26]);
    assert_eq!((rows.len(), rows[0].1.len()), (1, 64 * 20));
    flow.tick(73 * HOUR);
    assert_eq!(rows_of(&flow.world.store(), &OPEN), []);
    check_cuts(&flow.world);
}

/// Goal: what is erased costs no more for what else counts less. Method: many shipments that nobody receives, found late in a
/// block of a later month with many events; all of them erased, and one of them, with all reads counted.
#[test]
fn forgotten_at_once() {
    let mut flow = Flow::new();
    let shipped = flow.block(0, &[("parts", vec![shipment(); 60])]);
    let seen = json!({"type": "ObjectEvent", "action": "OBSERVE", "epcList": [case(99_999)], "suyuan:recordType": "F7.SHIP", "suyuan:productClass": "OTHER"});
    flow.block(2_000 * HOUR, &[("amr", vec![seen; 200])]);
    let store = flow.world.store();
    assert_eq!(rows_of(&store, &[24]).len(), 60);
    let places: Vec<Place> = (0..60).map(|index| (shipped, index)).collect();
    for (places, table, reads_max) in [(&places[..], Table::Reading, 400), (&places[..1], Table::Payload, 300)] {
        let counted = Counted { store: &store, table, reads: Cell::new(0) };
        let writes = reading::forget(&counted, places).unwrap();
        assert!(!writes.is_empty());
        assert!(counted.reads.get() < reads_max, "{table:?} {}", counted.reads.get());
    }
}

/// A store that counts what is read of a table.
struct Counted<'a> {
    store: &'a MemoryRead,
    table: Table,
    reads: Cell<usize>,
}

impl Counted<'_> {
    fn count(&self, table: Table) {
        self.reads.set(self.reads.get() + usize::from(table == self.table));
    }
}

impl Read for Counted<'_> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.count(table);
        self.store.get(table, key)
    }

    fn at_or_before(&self, table: Table, key: &[u8]) -> Result<Option<Pair>, StoreError> {
        self.count(table);
        self.store.at_or_before(table, key)
    }

    fn scan(&self, table: Table, from: &[u8], to: &[u8], visit: &mut Visit<'_>) -> Result<(), StoreError> {
        self.count(table);
        self.store.scan(table, from, to, &mut |key, value| {
            self.count(table);
            visit(key, value)
        })
    }
}

/// Goal: what one shipment finds does not depend on what is read beside it. Method: a shipment of a case that was received before,
/// by an event that names other things as used up for it; alone, and with a plain shipment of the case.
#[test]
fn beside_another() {
    for beside in [false, true] {
        let mut flow = Flow::new();
        flow.say("assembler", 0, of_things(receipt(), &[case(1)]));
        let inputs: Vec<String> = (0..4).map(|number| item(number * 2)).collect();
        let members =
            json!({"type": "AggregationEvent", "parentID": case(1), "inputEPCList": inputs, "quantityList": null});
        flow.say("parts", HOUR, with(shipment(), members));
        if beside {
            flow.say("parts", 2 * HOUR, of_things(shipment(), &[case(1)]));
        }
        assert_eq!(flow.both().0, Some(1_000));
    }
}

/// Goal: what goes to nobody who can record, or back, is not waited for. Method: shipments to nobody, to a GLN that is no member's, to
/// oneself, and of what is returned.
#[test]
fn without_a_receiver() {
    for members in [
        json!({"destinationList": null, "suyuan:consignee": "urn:uscc:91440101DEMA00999X"}),
        json!({"destinationList": parties("destination", "9529999000015")}),
        json!({"destinationList": parties("destination", MAKER)}),
        json!({"disposition": "returned"}),
        json!({"suyuan:recall_id": "R-1"}),
    ] {
        let mut flow = Flow::new();
        let shipped = flow.say("parts", 0, with(shipment(), members.clone()));
        let said = flow.complete("parts", shipped);
        assert!(said > Some(700), "{members}");
        assert_eq!(flow.both(), (said, None), "{members}");
    }
}

/// Goal: a receipt that its receiver recorded up to 72 hours before who shipped recorded the shipment is one, for all that is shipped
/// of its things. Method: both in the other order; the receipt longer ago; shipments before and after it and long after it; items in
/// two shipments; a receipt declared erroneous in between.
#[test]
fn received_before() {
    for (first, counts) in [(0, 1_000), (-67 * HOUR, 1_000), (-67 * HOUR - 1_000, 700)] {
        let mut flow = Flow::new();
        flow.start += 80 * HOUR;
        flow.say("assembler", first, receipt());
        flow.say("parts", 5 * HOUR, shipment());
        assert_eq!(flow.both(), (Some(counts), Some(1_000)));
    }
    let mut flow = Flow::new();
    flow.say("parts", 0, shipment());
    flow.say("assembler", HOUR, receipt());
    for after in [2, 70, 74] {
        flow.say("parts", after * HOUR, shipment());
    }
    flow.tick(160 * HOUR);
    check(&flow.world);
    assert_eq!((flow.now("parts"), flow.now("assembler")), (Some((3 * 1_000 + 700) / 4), Some(1_000)));
    // What is declared erroneous in between is none.
    let items = |from: u32, to: u32| (from..to).map(item).collect::<Vec<String>>();
    let mut flow = Flow::new();
    flow.say("assembler", 0, of_things(receipt(), &items(0, 150)));
    flow.say("parts", HOUR, of_things(shipment(), &items(0, 70)));
    flow.say("parts", 2 * HOUR, of_things(shipment(), &items(70, 150)));
    assert_eq!(flow.both(), (Some(1_000), Some(1_000)));
    let mut flow = Flow::new();
    flow.say("assembler", 0, receipt());
    flow.declare("assembler", 0, HOUR, receipt());
    flow.say("parts", 2 * HOUR, shipment());
    assert_eq!(flow.both().0, Some(700));
}

/// Goal: nobody takes another's receipt by shipping first. Method: two who hold some of a lot ship of it to one who has recorded the
/// receipt of both before.
#[test]
fn received_before_from_two() {
    let mut flow = Flow::new();
    let to_dairy = json!({"destinationList": parties("destination", "9521001000017")});
    flow.say("parts", -HOUR / 2, with(shipment(), to_dairy));
    flow.say("dairy", -HOUR / 3, receipt());
    flow.say("assembler", 0, receipt());
    flow.say("dairy", HOUR, shipment());
    flow.say("parts", 2 * HOUR, shipment());
    assert_eq!(standing_of(&flow, flow.world.network.ledger.head.height - 1), Some(Standing::Holder as u8));
    assert_eq!(flow.both(), (Some(1_000), Some(1_000)));
    assert_eq!(flow.now("dairy"), Some(1_000));
}

/// Goal: a shipment that is corrected after its receipt needs no other one. Method: it is declared erroneous and recorded anew, in
/// this order and in the other one.
#[test]
fn corrected() {
    for (declared, anew) in [(2 * HOUR, 3 * HOUR), (3 * HOUR, 2 * HOUR)] {
        let mut flow = Flow::new();
        flow.say("parts", 0, shipment());
        let id = flow.world.next;
        flow.say("assembler", HOUR, receipt());
        if anew < declared {
            flow.say("parts", anew, shipment());
        }
        let next = std::mem::replace(&mut flow.world.next, id);
        flow.declare("parts", 0, declared, shipment());
        flow.world.next = next;
        if anew > declared {
            flow.say("parts", anew, shipment());
        }
        assert_eq!(flow.both(), (Some(1_000), Some(1_000)), "{declared}");
    }
}

/// Goal: a late receiver does not clear its way by a receipt that counts nothing. Method: arrivals without a profile and returns
/// before the receipt, a moment and days; then a next shipment, received in time.
#[test]
fn late_after_an_arrival() {
    let plain = json!({"suyuan:recordType": null, "suyuan:productClass": null, "bizStep": "arriving"});
    for first in [plain, json!({"disposition": "returned", "suyuan:recordType": null, "suyuan:productClass": null})] {
        for after in [80 * HOUR + 1_000, 700 * HOUR] {
            let mut flow = Flow::new();
            flow.say("parts", 0, shipment());
            flow.say("assembler", 80 * HOUR, with(receipt(), first.clone()));
            let received = flow.say("assembler", after, receipt());
            assert_eq!(flow.complete("assembler", received), Some(700), "{first} {after}");
            flow.say("parts", after + HOUR, shipment());
            let received = flow.say("assembler", after + 2 * HOUR, receipt());
            check_cuts(&flow.world);
            let less = lowered(&flow.world.store());
            assert!(!less.iter().any(|(_, place)| place.0 == received), "{first} {after}");
        }
    }
}

/// Goal: each thing is judged by its last shipment, be that received by another of its things. Method: an item that was shipped in
/// vain, then once more with a second one, of which first the second and then the first is received; the same with the last
/// shipment late too, and with it received before it was recorded.
#[test]
fn by_the_last_shipment() {
    let late = |said: &[(&str, i64, Vec<String>)]| {
        let mut flow = Flow::new();
        for (who, hours, things) in said {
            let event = if *who == "parts" { shipment() } else { receipt() };
            flow.say(who, hours * HOUR, of_things(event, things));
        }
        flow.tick(400 * HOUR);
        check_cuts(&flow.world);
        let less = lowered(&flow.world.store());
        assert_eq!(less, model(&flow.world.network.store, flow.world.network.ledger.head.height));
        // Two heights are those of what is made.
        said.iter().zip(3..).map(|(_, height)| less.iter().any(|(_, place)| place.0 == height)).collect::<Vec<bool>>()
    };
    let (both, one, two) = (vec![item(1), item(90)], vec![item(1)], vec![item(90)]);
    let of = |who, hours, things: &Vec<String>| (who, hours, things.clone());
    let said = [of("parts", 0, &one), of("parts", 90, &both), of("assembler", 91, &two), of("assembler", 92, &one)];
    assert_eq!(late(&said), [true, false, false, false]);
    let said = [of("parts", 0, &one), of("parts", 50, &both), of("assembler", 80, &two), of("assembler", 81, &one)];
    assert_eq!(late(&said), [true, false, false, false]);
    let said = [of("parts", 0, &one), of("parts", 90, &both), of("assembler", 170, &two), of("assembler", 171, &one)];
    assert_eq!(late(&said), [true, true, true, true]);
    let said = [of("parts", 0, &one), of("assembler", 89, &two), of("parts", 90, &both), of("assembler", 171, &one)];
    assert_eq!(late(&said), [true, false, false, false]);
}

/// Goal: after a halt a block lowers no more than it may, the next one the rest, and what is late then is late all the same.
/// Method: rows of what is due, of places at which nothing is, before that of a shipment; a receipt in the first block.
#[test]
fn after_a_halt() {
    let mut flow = Flow::new();
    let shipped = flow.say("parts", 0, shipment());
    let mut store = read_up_to(&flow.world.network.store, std::iter::once(shipped));
    let mut writes = WriteSet::default();
    for number in 0..20_000u64 {
        let by = ((flow.start + HOUR).cast_unsigned() + number) ^ (1 << 63);
        let place = place_key(1 << 40, number as u32);
        writes.put(Table::Reading, [&[23][..], &by.to_be_bytes(), &place[..]].concat(), []);
    }
    rows(&store).iter().for_each(|(key, value)| writes.put(Table::Reading, key, value));
    let received = flow.say("assembler", 80 * HOUR, receipt());
    let after = flow.tick(81 * HOUR);
    store = flow.world.network.store.clone();
    store.apply(&writes);
    let first = reading::read_on(&store, after).unwrap().unwrap();
    assert!(first.of_table(Table::Reading).filter(|(key, _)| key[0] == 23).count() < 16_500);
    store.apply(&first);
    assert_eq!(reading::height(&store).unwrap(), received);
    assert_eq!(lowered(&store), BTreeSet::from([(received, (received, 0))]));
    let read = read_up_to(&store, std::iter::once(after));
    assert_eq!(lowered(&read), BTreeSet::from([(received, (received, 0)), (after, (shipped, 0))]));
}

/// Goal: what a receipt names does not take the reads by which it is found what that was packed with, and these are bounded by
/// themselves. Method: a shipped case of items each in a bucket of its own, received by all of these; a case of more items than
/// are looked at, of which the last ones are shipped.
#[test]
fn packed_with_many() {
    let mut flow = Flow::new();
    let all: Vec<String> = (1_000..20_200).map(item).collect();
    let made = json!({"type": "ObjectEvent", "action": "ADD", "bizStep": "commissioning"});
    for (things, at) in all.chunks(3_840).zip(1..) {
        flow.say("parts", -HOUR / 2 + at * 1_000, of_things(made.clone(), things));
    }
    let pack = |parent: u32, things: &[String]| json!({"type": "AggregationEvent", "action": "ADD", "bizStep": "packing", "parentID": case(parent), "childEPCs": things});
    let far: Vec<String> = all.iter().step_by(64).cloned().collect();
    let many: Vec<String> = all.iter().skip(1).step_by(2).take(1_200).cloned().collect();
    flow.say("parts", -HOUR / 3, pack(1, &far));
    flow.say("parts", -HOUR / 4, pack(2, &many));
    flow.say("parts", 0, of_things(shipment(), &[case(1)]));
    let found = flow.say("parts", 1_000, of_things(shipment(), &many[1_000..1_001]));
    let beyond = flow.say("parts", 2_000, of_things(shipment(), &many[1_199..]));
    flow.say("assembler", HOUR, of_things(receipt(), &far));
    flow.say("assembler", 2 * HOUR, of_things(receipt(), &[case(2)]));
    flow.tick(90 * HOUR);
    assert_eq!((far.len(), found + 1), (300, beyond));
    let less = lowered(&flow.world.store());
    assert_eq!(less.into_iter().map(|(_, place)| place.0).collect::<Vec<_>>(), [beyond]);
}

/// Goal: a shipment is received with any of its things, with what is in them, or with what they are in. Method: some of a long run of
/// items; an item of a case in a case; a case of which the items were shipped; other things of the same maker.
#[test]
fn parts_of_it() {
    let items: Vec<String> = (0..150).map(item).collect();
    let some = |from: usize, to: usize| items[from..to].to_vec();
    for (shipped, received, counts) in [
        (some(0, 150), some(80, 90), 1_000),
        (some(80, 90), some(0, 150), 1_000),
        (vec![case(1)], some(0, 1), 1_000),
        (vec![case(2)], some(0, 1), 1_000),
        (some(0, 10), vec![case(1)], 1_000),
        (some(0, 10), vec![case(2)], 1_000),
        (some(20, 30), some(0, 20), 700),
        (some(20, 30), vec![case(3)], 700),
    ] {
        let mut flow = Flow::new();
        let pack = |parent: u32, things: &[String]| json!({"type": "AggregationEvent", "action": "ADD", "bizStep": "packing", "parentID": case(parent), "childEPCs": things});
        flow.say("parts", -HOUR / 2, pack(1, &some(0, 10)));
        flow.say("parts", -HOUR / 3, pack(2, &[case(1)]));
        flow.say("parts", 0, of_things(shipment(), &shipped));
        flow.say("assembler", HOUR, of_things(receipt(), &received));
        flow.tick(90 * HOUR);
        assert_eq!(flow.now("parts"), Some(counts), "{shipped:?} {received:?}");
    }
    // Cases that are shipped each by itself, received by all that is in them; and one that is received by itself beside.
    for received in [some(0, 60), [vec![case(1)], some(10, 60)].concat(), vec![case(1), case(2), case(3)]] {
        let mut flow = Flow::new();
        let pack = |parent: u32, things: &[String]| json!({"type": "AggregationEvent", "action": "ADD", "bizStep": "packing", "parentID": case(parent), "childEPCs": things});
        for (number, after) in (1..4).zip(0..) {
            flow.say(
                "parts",
                -HOUR / 2 + after * 1_000,
                pack(number, &some(number as usize * 20 - 20, number as usize * 20)),
            );
        }
        flow.block(0, &[("parts", (1..4).map(|number| of_things(shipment(), &[case(number)])).collect())]);
        flow.say("assembler", HOUR, of_things(receipt(), &received));
        flow.tick(90 * HOUR);
        check_cuts(&flow.world);
        assert_eq!((flow.now("parts"), flow.now("assembler")), (Some(1_000), Some(1_000)), "{received:?}");
    }
}

/// Goal: one receipt of a lot receives all that was shipped of it to its receiver, and nothing that was shipped to another.
/// Method: many shipments of a lot to two firms, of which one receives.
#[test]
fn many_of_a_lot() {
    let mut flow = Flow::new();
    for number in 0..20 {
        flow.say("parts", number * 1_000, shipment());
    }
    flow.say("parts", HOUR, with(shipment(), json!({"destinationList": parties("destination", "9521001000017")})));
    flow.say("assembler", 2 * HOUR, receipt());
    assert_eq!(flow.both(), (Some((20 * 1_000 + 700) / 21), Some(1_000)));
}
