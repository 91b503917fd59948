//! Events that are valid EPCIS and break naive code, for tests.
//!
//! Each function gives its events in the order of capture. Event identities and subjects differ from
//! function to function and from those of a [`crate::Workload`], so that all can be captured together.

use std::fmt::Display;

use crate::workload::text::{EventText, Quantity};

const ITEM: &str = "https://id.gs1.org/01/09521000000049/21/";
const CASE: &str = "https://id.gs1.org/01/09521000000056/21/";
const PRODUCT_LOT: &str = "https://id.gs1.org/01/09521000000049/10/";
const RAW_LOT: &str = "https://id.gs1.org/01/09521000000018/10/";
const PALLET: &str = "https://id.gs1.org/00/095219999999999995";
const PLACE: &str = r#"{"id":"https://id.gs1.org/414/9521000020009"}"#;
const MINUTE_MS: u64 = 60_000;

/// An aggregation that names this many children: valid, and larger than any limit a ledger can have
/// on one event. A million of them are 54 MB.
pub fn many_children(count: u32) -> Vec<u8> {
    let children = (0..count).map(|child| format!("{ITEM}M{child:07}"));
    contain(event("AggregationEvent", 1, 0), "ADD", format_args!("{CASE}M"), children)
}

/// Quantities that a double or a re-serialised number loses: 2⁵³ + 1, which no double is, and 12.50,
/// whose last zero is part of what was signed.
pub fn exact_quantities() -> Vec<Vec<u8>> {
    let commission = |number, minute, lot: &str, quantity| {
        let class = format!("{PRODUCT_LOT}{lot}");
        let event = event("ObjectEvent", number, minute).word("action", "ADD");
        end(event.quantities("quantityList", [Quantity { class, number: quantity, unit: "KGM" }]), "commissioning")
    };
    vec![commission(2, 0, "Q1", "9007199254740993"), commission(3, 1, "Q2", "12.50")]
}

/// A containment that is captured after what happened to the parent, but took place before: an item is
/// made, its pallet is shipped and received; only then comes the packing, dated before the shipping. The
/// item's history has the shipping; a proof made before the last event lacks it, one made after has it.
pub fn back_dated_containment() -> Vec<Vec<u8>> {
    let item = format!("{ITEM}B1");
    let observe = |number, minute, step| {
        end(event("ObjectEvent", number, minute).word("action", "OBSERVE").list("epcList", [PALLET]), step)
    };
    vec![
        end(event("ObjectEvent", 4, 0).word("action", "ADD").list("epcList", [&item]), "commissioning"),
        observe(5, 30, "shipping"),
        observe(6, 60, "receiving"),
        contain(event("AggregationEvent", 7, 10), "ADD", PALLET, [item]),
    ]
}

/// Three items packed, all taken out by a DELETE that names no child (EPCIS 2.0 §7.4.3), one of them
/// packed again, and taken out by a DELETE with an empty list. What the case does between is no
/// matter of the items.
pub fn unpack_all() -> Vec<Vec<u8>> {
    let case = format!("{CASE}U");
    let item = |number| format!("{ITEM}U{number}");
    let unpack =
        |number, minute| event("AggregationEvent", number, minute).word("action", "DELETE").word("parentID", &case);
    let observe = event("ObjectEvent", 10, 20).word("action", "OBSERVE").list("epcList", [&case]);
    vec![
        contain(event("AggregationEvent", 8, 0), "ADD", &case, (0..3).map(item)),
        end(unpack(9, 10), "unpacking"),
        end(observe, "shipping"),
        contain(event("AggregationEvent", 11, 30), "ADD", &case, [item(1)]),
        end(unpack(12, 40).list("childEPCs", [""; 0]), "unpacking"),
    ]
}

/// One transformation in three events that share a `transformationID` (§7.4.4): two inputs, an output,
/// and an input that comes after the output. Every input flows into the output.
pub fn split_transformation() -> Vec<Vec<u8>> {
    let part = |number, minute, member, lot: &str| {
        let event = event("TransformationEvent", number, minute)
            .word("transformationID", "urn:uuid:00000000-0000-8000-a000-ffff00000001");
        end(event.quantities(member, [Quantity { class: lot, number: "10", unit: "KGM" }]), "commissioning")
    };
    vec![
        part(13, 0, "inputQuantityList", &format!("{RAW_LOT}T1")),
        part(14, 10, "outputQuantityList", &format!("{PRODUCT_LOT}T")),
        part(15, 20, "inputQuantityList", &format!("{RAW_LOT}T2")),
    ]
}

/// Children that are classes with quantities: 40 kg of a lot and 5 pieces of a product without lot come
/// onto a pallet beside an item, and 15 kg of the lot are taken out again; some of it stays.
pub fn class_level_children() -> Vec<Vec<u8>> {
    let case = format!("{CASE}C");
    let lot = |number| Quantity { class: format!("{PRODUCT_LOT}C"), number, unit: "KGM" };
    let product = Quantity { class: "https://id.gs1.org/01/09521000000025".to_owned(), number: "5", unit: "C62" };
    let packing = event("AggregationEvent", 16, 0)
        .word("action", "ADD")
        .word("parentID", &case)
        .list("childEPCs", [format!("{ITEM}C1")])
        .quantities("childQuantityList", [lot("40"), product]);
    let unpacking = event("AggregationEvent", 17, 10)
        .word("action", "DELETE")
        .word("parentID", &case)
        .quantities("childQuantityList", [lot("15")]);
    vec![end(packing, "packing"), end(unpacking, "unpacking")]
}

/// One lot, written as EPC URN when it is made, as Digital Link when it is shipped, and as Digital Link
/// of another resolver when it is received: one subject. A walk over texts takes it for three.
pub fn spellings_of_one_lot() -> Vec<Vec<u8>> {
    let spelled = |number, minute, action, class, step| {
        let event = event("ObjectEvent", number, minute).word("action", action);
        end(event.quantities("quantityList", [Quantity { class, number: "7.5", unit: "KGM" }]), step)
    };
    vec![
        spelled(18, 0, "ADD", "urn:epc:class:lgtin:952100.0000001.SP", "commissioning"),
        spelled(19, 10, "OBSERVE", "https://id.gs1.org/01/09521000000018/10/SP", "shipping"),
        spelled(20, 20, "OBSERVE", "https://example.com/01/09521000000018/10/SP", "receiving"),
    ]
}

/// Begins the event with this number, so many minutes into the year of every workload.
fn event(event_type: &str, number: u64, minute: u64) -> EventText {
    // Identities of a workload are hashes: none begins with these zeros but by a chance of 2⁻⁶⁴.
    EventText::new(event_type, u128::from(number), minute * MINUTE_MS)
}

fn contain<C: Display>(
    event: EventText,
    action: &str,
    parent: impl Display,
    children: impl IntoIterator<Item = C>,
) -> Vec<u8> {
    end(event.word("action", action).word("parentID", parent).list("childEPCs", children), "packing")
}

fn end(event: EventText, biz_step: &str) -> Vec<u8> {
    event.word("bizStep", biz_step).json("readPoint", PLACE).json("bizLocation", PLACE).end()
}
