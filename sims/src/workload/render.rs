//! Writes a campaign's steps as EPCIS events.

use super::campaign::{Campaign, DAY, Kind, Step};
use super::draw::Draw;
use super::name::{Date, Gln, RESOLVER, Role, Subject, Time};
use super::text::{EventText, Quantity};

/// Where a campaign's goods go.
struct Places {
    farm: Gln,
    factory: Gln,
    warehouse: Gln,
}

impl Campaign {
    /// The event of a step.
    pub(super) fn event(&self, step: Step) -> Vec<u8> {
        let draw = self.draws.draw(self.number, step.kind as u8, step.index);
        let writing = Writing { campaign: self, places: self.places(), draw, step };
        match step.kind {
            Kind::CommissionRaw | Kind::CommissionSide => writing.commission(),
            Kind::ShipRaw | Kind::ReceiveRaw => writing.move_raw(),
            Kind::MakeIntermediate | Kind::MakeBlend | Kind::MakeProduct | Kind::MakeItems => writing.transform(),
            Kind::PackCase | Kind::UnpackCase => writing.pack_case(),
            Kind::PackPallet | Kind::UnpackPallet => writing.pack_pallet(),
            Kind::LoadVessel | Kind::UnloadVessel => writing.load_vessel(),
            Kind::ShipUnits | Kind::ReceiveUnits => writing.move_units(),
            Kind::ShipPallet | Kind::ReceivePallet | Kind::ShipCase | Kind::ReceiveCase => writing.move_to_shop(),
            Kind::SellItem => writing.sell(),
        }
    }

    /// The identity of an event.
    pub(super) fn event_id(&self, kind: Kind, index: u32) -> u128 {
        self.draws.draw(self.number, kind as u8, index).id
    }

    /// The purchase order, which is also the contract's identity.
    pub(super) fn order(&self) -> String {
        self.document("PO")
    }

    fn document(&self, serial: &str) -> String {
        // Six digits of the company prefix, six of the document type.
        let (high, low) = (self.number / 1_000_000, self.number % 1_000_000);
        let high = if high == 0 { String::new() } else { format!("{high}-") };
        format!("urn:epc:id:gdti:952100.{low:06}.{high}{serial}")
    }

    pub(super) fn seller(&self) -> String {
        party(self.places().factory)
    }

    pub(super) fn buyer(&self) -> String {
        party(self.places().warehouse)
    }

    fn places(&self) -> Places {
        let number = u64::from(self.number);
        Places { farm: Gln(1000 + number % 500), factory: Gln(2000 + number % 60), warehouse: Gln(3000 + number % 25) }
    }

    fn shop(&self, index: u32) -> Gln {
        Gln(5000 + (u64::from(self.number) * 31 + u64::from(index)) % 2000)
    }
}

fn party(place: Gln) -> String {
    format!("{RESOLVER}/417/{place}")
}

/// One event being written.
struct Writing<'a> {
    campaign: &'a Campaign,
    places: Places,
    draw: Draw,
    step: Step,
}

impl Writing<'_> {
    fn begin(&self, event_type: &str) -> EventText {
        EventText::new(event_type, self.draw.id, self.step.time_ms)
    }

    /// Why and where; the end of every event.
    fn end(&self, event: EventText, biz_step: &str, disposition: &str, place: Gln) -> Vec<u8> {
        self.placed(event, biz_step, disposition, place).end()
    }

    fn placed(&self, event: EventText, biz_step: &str, disposition: &str, place: Gln) -> EventText {
        let reader = self.draw.id % 16;
        event
            .word("bizStep", biz_step)
            .word("disposition", disposition)
            .json("readPoint", format_args!(r#"{{"id":"{RESOLVER}/414/{place}/254/{reader}"}}"#))
            .json("bizLocation", format_args!(r#"{{"id":"{RESOLVER}/414/{place}"}}"#))
    }

    /// Kilograms of raw material: four tenths for each item.
    fn raw(&self) -> [Quantity<Subject, String>; 1] {
        let tenths = u64::from(self.campaign.figures.items) * 4;
        let number = format!("{}.{}", tenths / 10, tenths % 10);
        [Quantity { class: self.campaign.subject(Role::Raw, 0), number, unit: "KGM" }]
    }

    fn commission(&self) -> Vec<u8> {
        let event = self.begin("ObjectEvent").word("action", "ADD");
        let event = if self.step.kind == Kind::CommissionRaw {
            let lot = self.campaign.subject(Role::Raw, 0);
            let date = Date(Time(self.step.time_ms));
            event.quantities("quantityList", self.raw()).json(
                "ilmd",
                format_args!(
                    r#"{{"cbvmda:lotNumber":"{}","cbvmda:harvestStartDate":"{date}","cbvmda:countryOfOrigin":"NL"}}"#,
                    lot.lot_number()
                ),
            )
        } else {
            let class = self.campaign.subject(Role::Side, self.step.index);
            let hundredths = u64::from(self.campaign.figures.items) * 5;
            let number = format!("{}.{:02}", hundredths / 100, hundredths % 100);
            event
                .quantities("quantityList", [Quantity { class, number, unit: "KGM" }])
                .json("ilmd", format_args!(r#"{{"cbvmda:lotNumber":"{}"}}"#, class.lot_number()))
        };
        self.end(event, "commissioning", "active", self.places.farm)
    }

    fn move_raw(&self) -> Vec<u8> {
        let event = self
            .begin("ObjectEvent")
            .word("action", "OBSERVE")
            .quantities("quantityList", self.raw())
            .typed("bizTransactionList", "bizTransaction", [("po", self.campaign.order())])
            .typed("sourceList", "source", [("owning_party", party(self.places.farm))])
            .typed("destinationList", "destination", [("owning_party", self.campaign.seller())]);
        if self.step.kind == Kind::ShipRaw {
            self.end(event, "shipping", "in_transit", self.places.farm)
        } else {
            self.end(event, "receiving", "in_progress", self.places.factory)
        }
    }

    /// Lots into a lot, or a product lot into items.
    fn transform(&self) -> Vec<u8> {
        let Step { kind, index, time_ms } = self.step;
        let (campaign, figures) = (self.campaign, self.campaign.figures);
        let (lot, mut inputs) = match kind {
            Kind::MakeIntermediate => {
                (campaign.subject(Role::Intermediate, index), vec![campaign.subject(Role::Raw, 0)])
            }
            Kind::MakeBlend => {
                let main = campaign.subject(Role::Intermediate, index % figures.intermediates);
                (campaign.subject(Role::Blend, index), vec![main])
            }
            Kind::MakeProduct => {
                let main = campaign.subject(Role::Blend, index % figures.blends);
                (campaign.subject(Role::Product, index), vec![main])
            }
            // The items' lot is the product lot they come from.
            _ => {
                let product = campaign.subject(Role::Product, index % figures.products);
                (product, vec![product])
            }
        };
        match kind {
            Kind::MakeBlend => inputs.extend(campaign.subjects(Role::Side, 0..2)),
            Kind::MakeProduct => inputs.extend(campaign.subjects(Role::Side, 2..figures.sides)),
            _ => {}
        }
        let ten = |class| Quantity { class, number: "10.0", unit: "KGM" };
        let event = self
            .begin("TransformationEvent")
            .word(
                "transformationID",
                format_args!("urn:uuid:{:08x}-0000-8000-a000-{:04x}{index:08x}", campaign.number, kind as u8),
            )
            .quantities("inputQuantityList", inputs.into_iter().map(ten));
        let event = if kind == Kind::MakeItems {
            let items = super::shape::part(index, figures.run, figures.items);
            event.list("outputEPCList", campaign.subjects(Role::Item, items))
        } else {
            event.quantities("outputQuantityList", [ten(lot)])
        };
        let event = if self.draw.first.is_multiple_of(2) {
            let expires = Date(Time(time_ms + 200 * DAY));
            let number = lot.lot_number();
            event.json(
                "ilmd",
                format_args!(r#"{{"cbvmda:lotNumber":"{number}","cbvmda:itemExpirationDate":"{expires}"}}"#),
            )
        } else {
            event
        };
        self.end(event, "commissioning", "active", self.places.factory)
    }

    fn contain(&self, action: &str, parent: Subject, children: impl Iterator<Item = Subject>) -> EventText {
        self.begin("AggregationEvent").word("action", action).word("parentID", parent).list("childEPCs", children)
    }

    fn pack_case(&self) -> Vec<u8> {
        let level = self.campaign.figures.cases;
        let case = level.parent_of_event(self.step.index);
        let parent = self.campaign.subject(Role::Case, case);
        let items = self.campaign.items_at(level.children_of_event(self.step.index));
        let children = items.map(|item| self.campaign.subject(Role::Item, item));
        if self.step.kind == Kind::PackCase {
            self.end(self.contain("ADD", parent, children), "packing", "in_progress", self.places.factory)
        } else {
            let shop = self.campaign.shop(case);
            self.end(self.contain("DELETE", parent, children), "unpacking", "in_progress", shop)
        }
    }

    fn pack_pallet(&self) -> Vec<u8> {
        let level = self.campaign.figures.pallets;
        let parent = self.campaign.subject(Role::Pallet, level.parent_of_event(self.step.index));
        let cases = self.campaign.cases_at(level.children_of_event(self.step.index));
        let children = cases.map(|case| self.campaign.subject(Role::Case, case));
        if self.step.kind == Kind::PackPallet {
            self.end(self.contain("ADD", parent, children), "packing", "in_progress", self.places.factory)
        } else {
            self.end(self.contain("DELETE", parent, children), "unpacking", "in_progress", self.places.warehouse)
        }
    }

    fn load_vessel(&self) -> Vec<u8> {
        let pallets = self.campaign.figures.vessel.children_of_event(self.step.index);
        let children = self.campaign.subjects(Role::Pallet, pallets);
        let vessel = self.campaign.subject(Role::Vessel, 0);
        if self.step.kind == Kind::LoadVessel {
            self.end(self.contain("ADD", vessel, children), "loading", "in_transit", self.places.factory)
        } else {
            self.end(self.contain("DELETE", vessel, children), "unloading", "in_progress", self.places.warehouse)
        }
    }

    /// From the factory to the warehouse.
    fn move_units(&self) -> Vec<u8> {
        let (campaign, index) = (self.campaign, self.step.index);
        let units = super::shape::part(index, campaign.figures.shipment, campaign.figures.units());
        let advice = campaign.document(&format!("DA{index}"));
        let event = self
            .begin("ObjectEvent")
            .word("action", "OBSERVE")
            .list("epcList", units.map(|unit| campaign.unit(unit)))
            .typed("bizTransactionList", "bizTransaction", [("po", campaign.order()), ("desadv", advice)])
            .typed("sourceList", "source", [("owning_party", campaign.seller())])
            .typed("destinationList", "destination", [("owning_party", campaign.buyer())]);
        if self.step.kind == Kind::ShipUnits {
            self.end(event, "shipping", "in_transit", self.places.factory)
        } else {
            self.end(event, "receiving", "in_progress", self.places.warehouse)
        }
    }

    /// A whole pallet or a case, from the warehouse to a shop.
    fn move_to_shop(&self) -> Vec<u8> {
        let (campaign, index) = (self.campaign, self.step.index);
        let (unit, number, mark) = match self.step.kind {
            Kind::ShipPallet | Kind::ReceivePallet => {
                let pallet = campaign.figures.pallets_opened + index;
                (campaign.subject(Role::Pallet, pallet), pallet, "DP")
            }
            _ => {
                let case = campaign.opened_case(index);
                (campaign.subject(Role::Case, case), case, "DC")
            }
        };
        let shop = campaign.shop(number);
        let event = self.begin("ObjectEvent").word("action", "OBSERVE").list("epcList", [unit]);
        if matches!(self.step.kind, Kind::ReceivePallet | Kind::ReceiveCase) {
            return self.end(event, "receiving", "in_progress", shop);
        }
        let advice = campaign.document(&format!("{mark}{number}"));
        let event = event.typed("bizTransactionList", "bizTransaction", [("desadv", advice)]).typed(
            "destinationList",
            "destination",
            [("owning_party", party(shop))],
        );
        self.end(event, "shipping", "in_transit", self.places.warehouse)
    }

    fn sell(&self) -> Vec<u8> {
        let place = self.step.index;
        let item = self.campaign.subject(Role::Item, self.campaign.item_at(place));
        let case = self.campaign.figures.cases.parent_of_child(place);
        let event = self.begin("ObjectEvent").word("action", "OBSERVE").list("epcList", [item]);
        let event = self.placed(event, "retail_selling", "retail_sold", self.campaign.shop(case));
        if !self.draw.first.is_multiple_of(10) {
            return event.end();
        }
        // Four degrees at the mean: the sum of four dice of 0.0 to 2.0.
        let tenths: u64 = (0..4).map(|die| (self.draw.second >> (16 * die)) % 21).sum();
        let value = format!("{}.{}", tenths / 10, tenths % 10);
        event
            .json(
                "sensorElementList",
                format_args!(r#"[{{"sensorReport":[{{"type":"Temperature","value":{value},"uom":"CEL"}}]}}]"#),
            )
            .end()
    }
}
