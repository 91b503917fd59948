//! The shapes of a supply chain, and how many things of each kind a campaign of a shape has.

use std::ops::Range;
use std::str::FromStr;

/// How goods are made, packed and sold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// Items made in runs of 100, in cases of 10, on pallets of 20 cases; a third is sold singly.
    #[default]
    Food,
    /// Cans printed in runs of 1,200, in cases of 12, on pallets of 80 cases; all but each sixteenth
    /// pallet leave whole, few cans are sold singly.
    DairyLine,
    /// As [`Shape::Food`], but no event names more than one item, case or pallet beside its parent.
    SingleItems,
    /// As [`Shape::Food`], but items come into cases and cases onto pallets in random order.
    Shuffled,
}

impl Shape {
    /// Every shape with its name.
    pub const ALL: [(&'static str, Shape); 4] = [
        ("food", Shape::Food),
        ("dairy-line", Shape::DairyLine),
        ("single-items", Shape::SingleItems),
        ("shuffled", Shape::Shuffled),
    ];

    /// How many of a thousand items whose case is opened are sold singly.
    pub(super) fn sales_per_mille(self) -> u32 {
        if self == Shape::DairyLine { 100 } else { 350 }
    }
}

impl FromStr for Shape {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let found = Shape::ALL.iter().find(|(each, _)| *each == name);
        found.map(|(_, shape)| *shape).ok_or_else(|| {
            let names: Vec<&str> = Shape::ALL.iter().map(|(name, _)| *name).collect();
            format!("no such shape, write one of {}", names.join(", "))
        })
    }
}

/// How children stand in parents: `size` to a parent, `each` to an event. `each` divides `size`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Level {
    pub(super) children: u32,
    size: u32,
    each: u32,
}

impl Level {
    fn new(children: u32, size: u32, singly: bool) -> Self {
        let size = size.max(1);
        Level { children, size, each: if singly { 1 } else { size } }
    }

    pub(super) fn parents(self) -> u32 {
        self.children.div_ceil(self.size)
    }

    pub(super) fn events(self) -> u32 {
        self.children.div_ceil(self.each)
    }

    /// How many children an event names at most.
    pub(super) fn each(self) -> u32 {
        self.each
    }

    pub(super) fn children_of_event(self, event: u32) -> Range<u32> {
        part(event, self.each, self.children)
    }

    pub(super) fn parent_of_event(self, event: u32) -> u32 {
        event * self.each / self.size
    }

    pub(super) fn parent_of_child(self, child: u32) -> u32 {
        child / self.size
    }

    pub(super) fn children_of_parent(self, parent: u32) -> Range<u32> {
        part(parent, self.size, self.children)
    }

    pub(super) fn events_of_parent(self, parent: u32) -> Range<u32> {
        part(parent, self.size / self.each, self.events())
    }
}

/// The part number `index` of `0..total`, cut into parts of `size`.
pub(super) fn part(index: u32, size: u32, total: u32) -> Range<u32> {
    (index * size).min(total)..((index + 1) * size).min(total)
}

/// How many things a campaign has. All follow from the shape and the number of items.
#[derive(Clone, Copy, Debug)]
pub(super) struct Figures {
    pub(super) items: u32,
    pub(super) sides: u32,
    pub(super) intermediates: u32,
    pub(super) blends: u32,
    pub(super) products: u32,
    /// Items into cases.
    pub(super) cases: Level,
    /// Cases onto pallets.
    pub(super) pallets: Level,
    /// Pallets into the vessel.
    pub(super) vessel: Level,
    /// Items made by one event.
    pub(super) run: u32,
    /// The pallets that are opened are the first ones.
    pub(super) pallets_opened: u32,
    /// The cases that go to shops singly are the first ones.
    pub(super) cases_opened: u32,
    /// Units that one shipment names.
    pub(super) shipment: u32,
}

/// How large a campaign is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Size {
    /// One lot of each kind.
    Small,
    Middle,
    Large,
}

impl Size {
    fn of_items(items: u32) -> Self {
        match items {
            ..100 => Size::Small,
            100..=5_000 => Size::Middle,
            _ => Size::Large,
        }
    }
}

impl Figures {
    pub(super) fn new(shape: Shape, items: u32) -> Self {
        let singly = shape == Shape::SingleItems;
        let (run, case_size, pallet_size) = match shape {
            Shape::DairyLine => (1_200, 12, 80),
            Shape::SingleItems => (1, 10, 20),
            Shape::Food | Shape::Shuffled => (100, 10, 20),
        };
        let (sides, lots, products) = match Size::of_items(items) {
            Size::Small => (2, 1, 1),
            Size::Middle => (4, 2, 4),
            Size::Large => (4, 8, 64),
        };
        let cases = Level::new(items, case_size, singly);
        // What fits into one case needs no pallet.
        let on_pallets = if items > case_size { cases.parents() } else { 0 };
        let pallets = Level::new(on_pallets, pallet_size, singly);
        let vessel = Level::new(pallets.parents(), pallets.parents(), singly);
        let opened = if shape == Shape::DairyLine { 16 } else { 1 };
        let pallets_opened = pallets.parents().div_ceil(opened);
        let cases_opened =
            if on_pallets == 0 { cases.parents() } else { (pallets_opened * pallet_size).min(cases.parents()) };
        Figures {
            items,
            sides,
            intermediates: lots,
            blends: lots,
            products,
            cases,
            pallets,
            vessel,
            run,
            pallets_opened,
            cases_opened,
            shipment: if singly { 1 } else { 50 },
        }
    }

    pub(super) fn size(&self) -> Size {
        Size::of_items(self.items)
    }

    pub(super) fn has_pallets(&self) -> bool {
        self.pallets.children > 0
    }

    pub(super) fn runs(&self) -> u32 {
        self.items.div_ceil(self.run)
    }

    /// The product lot of an item.
    pub(super) fn product_of_item(&self, item: u32) -> u32 {
        item / self.run % self.products
    }

    /// What a shipment can name: the vessel and its pallets, or the cases.
    pub(super) fn units(&self) -> u32 {
        if self.has_pallets() { 1 + self.pallets.parents() } else { self.cases.parents() }
    }
}
