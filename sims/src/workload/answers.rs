//! What traces of a campaign must answer, and the contract it fulfils.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::campaign::{Campaign, Kind};
use super::name::{RESOLVER, Role, Time, gtin};
use super::text::Uuid;

/// Points from which to trace in one campaign, with the exact size of each closure, start included.
///
/// An edge goes from an input to an output and from a child to its parent. Sizes hold once every event
/// that makes an edge is captured: see `packed`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// The campaign's number.
    pub campaign: u32,
    /// Its items.
    pub items: u32,
    /// Whether all of its edges are among the events made so far.
    pub packed: bool,
    /// The lot of raw material that everything comes from.
    pub raw: String,
    /// How much is reached forward from `raw`.
    pub forward_nodes: u64,
    /// An item, and how much is reached back from it.
    pub item: (String, u64),
    /// A case, and how much is reached back from it.
    pub case: (String, u64),
    /// A pallet and how much is reached back from it, unless all fits into one case.
    pub pallet: Option<(String, u64)>,
    /// The vessel and how much is reached back from it, unless all fits into one case.
    pub vessel: Option<(String, u64)>,
}

impl Query {
    /// The query as `queries.json` has it.
    pub fn to_json(&self) -> Value {
        let start = |point: &Option<(String, u64)>| point.as_ref().map(|(start, _)| start.clone());
        let nodes = |point: &Option<(String, u64)>| point.as_ref().map(|(_, nodes)| *nodes);
        json!({
            "cid": self.campaign, "size": self.items, "packed": self.packed,
            "raw": self.raw, "item": self.item.0, "case": self.case.0,
            "pallet": start(&self.pallet), "vessel": start(&self.vessel),
            "fwd_nodes": self.forward_nodes,
            "back_nodes": {
                "item": self.item.1, "case": self.case.1,
                "pallet": nodes(&self.pallet), "vessel": nodes(&self.vessel),
            },
        })
    }
}

impl Campaign {
    pub(super) fn query(&self, packed: bool) -> Query {
        let figures = self.figures;
        let item = figures.items / 2;
        let case = figures.cases.parents().saturating_sub(1);
        let items: Vec<u32> = self.items_of_case(case).collect();
        let name = |role, index| self.subject(role, index).to_string();
        let pallets = figures.pallets.parents();
        let made = 1 + figures.intermediates + figures.blends + figures.products + figures.items;
        let packs = figures.cases.parents() + pallets + u32::from(figures.has_pallets());
        Query {
            campaign: self.number,
            items: figures.items,
            packed,
            raw: name(Role::Raw, 0),
            forward_nodes: u64::from(made + packs),
            item: (name(Role::Item, item), 1 + self.sources(std::iter::once(item))),
            case: (name(Role::Case, case), 1 + items.len() as u64 + self.sources(items.into_iter())),
            pallet: figures.has_pallets().then(|| (name(Role::Pallet, 0), self.back_from_pallet(0))),
            vessel: figures.has_pallets().then(|| {
                let packs = u64::from(packs + figures.items);
                (name(Role::Vessel, 0), packs + self.sources(0..figures.items))
            }),
        }
    }

    fn back_from_pallet(&self, pallet: u32) -> u64 {
        let cases: Vec<u32> = self.cases_at(self.figures.pallets.children_of_parent(pallet)).collect();
        let items: Vec<u32> = cases.iter().flat_map(|case| self.items_of_case(*case)).collect();
        1 + cases.len() as u64 + items.len() as u64 + self.sources(items.into_iter())
    }

    fn items_of_case(&self, case: u32) -> impl Iterator<Item = u32> {
        self.items_at(self.figures.cases.children_of_parent(case))
    }

    /// How many lots these items come from, at whatever remove.
    fn sources(&self, items: impl Iterator<Item = u32>) -> u64 {
        let products: BTreeSet<u32> = items.map(|item| self.figures.product_of_item(item)).collect();
        let blends: BTreeSet<u32> = products.iter().map(|product| product % self.figures.blends).collect();
        let intermediates: BTreeSet<u32> = blends.iter().map(|blend| blend % self.figures.intermediates).collect();
        let lots = products.len() + blends.len() + intermediates.len();
        // The raw lot, and the side lots that every blend and every product takes.
        lots as u64 + 1 + u64::from(self.figures.sides)
    }

    /// The campaign's contract as `contracts.ndjson` has it.
    pub(super) fn contract(&self) -> Value {
        let shipments = self.figures.units().div_ceil(self.figures.shipment);
        let id = |kind, index| Uuid(self.event_id(kind, index)).to_string();
        let fulfilled_by: Vec<String> =
            (0..shipments).flat_map(|index| [id(Kind::ShipUnits, index), id(Kind::ReceiveUnits, index)]).collect();
        json!({
            "contractID": self.order(), "seller": self.seller(), "buyer": self.buyer(),
            "product": format!("{RESOLVER}/01/{}", gtin(Role::Product, 0)),
            "quantity": self.figures.items, "dueBy": Time(self.due_ms()).to_string(),
            "fulfilledBy": fulfilled_by,
        })
    }
}
