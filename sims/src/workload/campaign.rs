//! One campaign: everything that is made from one lot of raw material, and when it happens.

use std::ops::Range;

use super::draw::{Draws, Purpose, below};
use super::name::{Role, Subject};
use super::shape::{Figures, Shape, Size};

const MINUTE: u64 = 60_000;
pub(super) const HOUR: u64 = 60 * MINUTE;
pub(super) const DAY: u64 = 24 * HOUR;

/// What happens; also what an event's draws are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    CommissionRaw,
    CommissionSide,
    ShipRaw,
    ReceiveRaw,
    MakeIntermediate,
    MakeBlend,
    MakeProduct,
    MakeItems,
    PackCase,
    PackPallet,
    LoadVessel,
    ShipUnits,
    ReceiveUnits,
    UnloadVessel,
    UnpackPallet,
    ShipPallet,
    ReceivePallet,
    ShipCase,
    ReceiveCase,
    UnpackCase,
    SellItem,
}

impl Kind {
    /// Whether something flows into something else.
    pub(super) fn makes_edges(self) -> bool {
        use Kind::{LoadVessel, MakeBlend, MakeIntermediate, MakeItems, MakeProduct, PackCase, PackPallet};
        matches!(self, MakeIntermediate | MakeBlend | MakeProduct | MakeItems | PackCase | PackPallet | LoadVessel)
    }
}

/// An event before it is written: when, what, and the how manieth of its kind. Small, so that thousands
/// of campaigns can be under way at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub(super) time_ms: u64,
    pub(super) index: u32,
    pub(super) kind: Kind,
}

/// Steps of one kind, one every `interval_ms`.
struct Phase {
    kind: Kind,
    count: u32,
    interval_ms: u64,
}

/// What is made from one lot of raw material.
#[derive(Clone)]
pub(super) struct Campaign {
    pub(super) number: u32,
    pub(super) figures: Figures,
    pub(super) draws: Draws,
    shape: Shape,
    start_ms: u64,
    /// Where items and cases are packed in no order: the child at each place.
    item_order: Option<Box<[u32]>>,
    case_order: Option<Box<[u32]>>,
}

impl Campaign {
    pub(super) fn new(shape: Shape, draws: &Draws, number: u32, items: u32, start_ms: u64) -> Self {
        let figures = Figures::new(shape, items);
        let order = |purpose, count| (shape == Shape::Shuffled).then(|| shuffled(draws, number, purpose, count));
        Campaign {
            number,
            figures,
            draws: draws.clone(),
            shape,
            start_ms,
            item_order: order(Purpose::ItemOrder, items),
            case_order: order(Purpose::CaseOrder, figures.pallets.children),
        }
    }

    /// How many events a campaign has, at the mean of its sales.
    pub(super) fn events_expected(shape: Shape, items: u32) -> u64 {
        let campaign = Campaign {
            number: 0,
            figures: Figures::new(shape, items),
            draws: Draws::new(0),
            shape,
            start_ms: 0,
            item_order: None,
            case_order: None,
        };
        let figures = campaign.figures;
        let phases: u64 = campaign.phases().iter().map(|phase| u64::from(phase.count) * events_of(phase.kind)).sum();
        let opened = figures.cases.events_of_parent(0).len() as u64 * u64::from(figures.cases_opened);
        let unpacked = opened.min(u64::from(figures.cases.events()));
        let on_sale = u64::from(figures.cases.children_of_parent(0).end) * u64::from(figures.cases_opened);
        let sold = on_sale.min(u64::from(items)) * u64::from(shape.sales_per_mille()) / 1000;
        phases + unpacked + sold
    }

    pub(super) fn subject(&self, role: Role, index: u32) -> Subject {
        Subject { campaign: self.number, role, index }
    }

    pub(super) fn subjects(&self, role: Role, range: Range<u32>) -> impl Iterator<Item = Subject> {
        let campaign = self.number;
        range.map(move |index| Subject { campaign, role, index })
    }

    /// The items at these places of the cases.
    pub(super) fn items_at(&self, places: Range<u32>) -> impl Iterator<Item = u32> {
        places.map(|place| self.item_at(place))
    }

    /// The item at a place of the cases.
    pub(super) fn item_at(&self, place: u32) -> u32 {
        child_at(self.item_order.as_deref(), place)
    }

    /// The cases at these places of the pallets.
    pub(super) fn cases_at(&self, places: Range<u32>) -> impl Iterator<Item = u32> {
        places.map(|place| child_at(self.case_order.as_deref(), place))
    }

    /// What a shipment names: the vessel before its pallets, or cases.
    pub(super) fn unit(&self, index: u32) -> Subject {
        match (self.figures.has_pallets(), index) {
            (true, 0) => self.subject(Role::Vessel, 0),
            (true, _) => self.subject(Role::Pallet, index - 1),
            (false, _) => self.subject(Role::Case, index),
        }
    }

    /// When the last case has left, as the contract has it.
    pub(super) fn due_ms(&self) -> u64 {
        let lasts = |phase: &Phase| u64::from(phase.count) * phase.interval_ms;
        self.start_ms + self.phases().iter().map(lasts).sum::<u64>()
    }

    /// Every event of the campaign in the order of time.
    pub(super) fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut time_ms = self.start_ms;
        for phase in self.phases() {
            for index in 0..phase.count {
                time_ms += phase.interval_ms;
                steps.push(Step { time_ms, index, kind: phase.kind });
                self.add_companions(phase.kind, index, time_ms, &mut steps);
            }
        }
        steps.sort_by_key(|step| step.time_ms);
        steps
    }

    /// The phases, one after the other.
    fn phases(&self) -> [Phase; 16] {
        let figures = &self.figures;
        let making_ms = if figures.size() == Size::Large { 6 * DAY } else { 36 * HOUR };
        let item_ms = (making_ms / u64::from(figures.items.max(1))).max(1);
        // As long as what is made or packed at once takes.
        let pack_ms = |each: u32| item_ms * u64::from(each.min(figures.items));
        let (cases, pallets, vessel) = (figures.cases, figures.pallets, figures.vessel);
        let phase = |kind, count, interval_ms| Phase { kind, count, interval_ms };
        let unpacked = pallets.events_of_parent(0).len() as u32 * figures.pallets_opened;
        [
            phase(Kind::CommissionRaw, 1, 0),
            phase(Kind::CommissionSide, figures.sides, MINUTE),
            phase(Kind::ShipRaw, 1, 6 * HOUR),
            phase(Kind::ReceiveRaw, 1, 6 * HOUR),
            phase(Kind::MakeIntermediate, figures.intermediates, 20 * MINUTE),
            phase(Kind::MakeBlend, figures.blends, 20 * MINUTE),
            phase(Kind::MakeProduct, figures.products, 10 * MINUTE),
            phase(Kind::MakeItems, figures.runs(), pack_ms(figures.run)),
            phase(Kind::PackCase, cases.events(), pack_ms(cases.each())),
            phase(Kind::PackPallet, pallets.events(), pack_ms(pallets.each())),
            phase(Kind::LoadVessel, vessel.events(), HOUR / u64::from(vessel.events().max(1))),
            phase(Kind::ReceiveUnits, figures.units().div_ceil(figures.shipment), 2 * self.shipping_ms()),
            phase(Kind::UnloadVessel, vessel.events(), HOUR / u64::from(vessel.events().max(1))),
            phase(Kind::UnpackPallet, unpacked.min(pallets.events()), MINUTE),
            phase(Kind::ShipPallet, pallets.parents() - figures.pallets_opened, 10 * MINUTE),
            phase(Kind::ShipCase, figures.cases_opened, 20_000),
        ]
    }

    /// How long a shipment is under way: two hours with fifty units, less with fewer.
    fn shipping_ms(&self) -> u64 {
        2 * HOUR * u64::from(self.figures.shipment) / 50
    }

    /// What goes with a step: a receipt's shipment before it, what becomes of goods after it.
    fn add_companions(&self, kind: Kind, index: u32, time_ms: u64, steps: &mut Vec<Step>) {
        let mut add = |kind, delay_ms, index| steps.push(Step { time_ms: time_ms + delay_ms, index, kind });
        match kind {
            Kind::ReceiveUnits => {
                let time_ms = time_ms - self.shipping_ms();
                steps.push(Step { time_ms, index, kind: Kind::ShipUnits });
            }
            Kind::ShipPallet => add(Kind::ReceivePallet, 8 * HOUR, index),
            Kind::ShipCase => {
                add(Kind::ReceiveCase, 8 * HOUR, index);
                // The cases of the opened pallets leave, in the order in which they were packed.
                let case = self.opened_case(index);
                let cases = self.figures.cases;
                for event in cases.events_of_parent(case) {
                    add(Kind::UnpackCase, 9 * HOUR, event);
                }
                for place in cases.children_of_parent(case) {
                    let draw = self.draws.draw(self.number, Purpose::Sale as u8, place);
                    if below(draw.first, 1000) < u64::from(self.shape.sales_per_mille()) {
                        add(Kind::SellItem, 10 * HOUR + below(draw.second, 20 * DAY), place);
                    }
                }
            }
            _ => {}
        }
    }

    /// The case that leaves as number `index`.
    pub(super) fn opened_case(&self, index: u32) -> u32 {
        child_at(self.case_order.as_deref(), index)
    }
}

/// How many events a step of a phase comes to, without unpacking and sales.
fn events_of(kind: Kind) -> u64 {
    if matches!(kind, Kind::ReceiveUnits | Kind::ShipPallet | Kind::ShipCase) { 2 } else { 1 }
}

fn child_at(order: Option<&[u32]>, place: u32) -> u32 {
    order.and_then(|order| order.get(place as usize).copied()).unwrap_or(place)
}

/// 0…`count`-1 in random order (Fisher–Yates).
fn shuffled(draws: &Draws, campaign: u32, purpose: Purpose, count: u32) -> Box<[u32]> {
    let mut order: Box<[u32]> = (0..count).collect();
    for last in (1..count).rev() {
        let other = below(draws.draw(campaign, purpose as u8, last).first, u64::from(last) + 1);
        order.swap(last as usize, other as usize);
    }
    order
}
