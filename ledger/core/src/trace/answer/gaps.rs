//! What is missing: hops that nobody recorded, told from the events of each subject in their order.

use crate::derive::Step;
use crate::key::KeyKind;
use crate::record::{Role, mask};
use crate::state::subject::{NONE, UNREGISTERED, life};
use crate::trace::answer::build::{Known, Touch};
use crate::trace::answer::{Gap, Reason};
use crate::trace::closure::{Node, Shown};
use crate::trace::walk::{is_class_level, parent};

/// Where a subject is on its way.
struct Way<'k, 'a> {
    known: &'k Known<'a>,
    node: &'k Node,
    gaps: Vec<Gap>,
    /// Shipments that nobody has received yet: indices of events.
    under_way: Vec<usize>,
    /// Parents that it was packed in and not named as unpacked from.
    packed_in: Vec<u64>,
    ended: bool,
}

/// The gaps in the life of one node.
pub(super) fn of_node(known: &Known<'_>, node: &Node, touches: &[Touch]) -> Vec<Gap> {
    let mut way = Way { known, node, gaps: Vec::new(), under_way: Vec::new(), packed_in: Vec::new(), ended: false };
    if node.shown == Shown::Full {
        way.beginning(touches);
    }
    for touch in touches.iter().filter(|touch| touch.standing > 0 && !known.erroneous.contains(&touch.event)) {
        way.step(touch);
    }
    let under_way = std::mem::take(&mut way.under_way);
    let last = under_way.last().copied();
    for event in under_way {
        let reason = if node.state.next == UNREGISTERED { Reason::ReceiverNotRegistered } else { Reason::NotCaptured };
        let receiver = known.facts.get(event).and_then(|facts| facts.receivers.first().cloned());
        // The state tells only of the last shipment, but by which member its words are meant.
        let named = match node.state.next {
            NONE | UNREGISTERED => None,
            next => Some(known.organisation(next)).filter(|_| Some(event) == last),
        };
        way.gap(event, reason, named.or(receiver));
    }
    way.gaps
}

impl Way<'_, '_> {
    fn gap(&mut self, event: usize, reason: Reason, expected_of: Option<String>) {
        let Some(facts) = self.known.facts.get(event) else { return };
        let subject = self.known.id(self.node.subject);
        self.gaps.push(Gap { subject, expected_of, reason, event: facts.id.clone(), time: facts.time.clone() });
    }

    /// Whether its making is recorded.
    fn beginning(&mut self, touches: &[Touch]) {
        let Some(first) = touches.first() else { return };
        let Some(facts) = self.known.facts.get(first.event) else { return };
        if facts.opening_balance {
            return self.gap(first.event, Reason::OpeningBalance, None);
        }
        let is_made = [KeyKind::Item, KeyKind::Upui, KeyKind::Lot, KeyKind::Instance, KeyKind::DrugCode];
        let is_made = is_made.iter().any(|kind| *kind as u8 == self.node.kind);
        let commissions = |touch: &Touch| {
            let facts = self.known.facts.get(touch.event);
            touch.role == Role::Epc as u8 && facts.is_some_and(|facts| facts.meaning == Some(Step::Commissioning))
        };
        let made =
            touches.iter().any(|touch| touch.standing > 0 && (touch.role == Role::Output as u8 || commissions(touch)));
        if is_made && !made && self.node.state.life == life::UNKNOWN {
            self.gap(first.event, Reason::NeverCommissioned, facts.senders.first().cloned());
        }
    }

    fn step(&mut self, touch: &Touch) {
        let (Some(event), Some(facts)) = (self.known.events.get(touch.event), self.known.facts.get(touch.event)) else {
            return;
        };
        let author = || Some(self.known.organisation(event.record.author));
        if self.ended && touch.role != Role::Error as u8 && !is_class_level(self.node.kind) {
            let author = author();
            self.ended = false;
            self.gap(touch.event, Reason::AfterEndOfLife, author);
        }
        if touch.role == Role::Child as u8 {
            let Some(parent) = parent(&event.record) else { return };
            if event.record.mask & mask::ADD != 0 {
                self.packed_in.push(parent);
            } else if event.record.mask & mask::DELETE != 0 {
                let before = self.packed_in.len();
                if !is_class_level(self.node.kind) {
                    self.packed_in.retain(|packed| *packed != parent);
                }
                // In a window, it may have been packed before.
                if before == self.packed_in.len() && !self.packed_in.contains(&parent) && self.node.shown == Shown::Full
                {
                    let author = author();
                    self.gap(touch.event, Reason::NeverPacked, author);
                }
            }
        } else if touch.role == Role::Epc as u8 {
            self.moved(touch, facts.meaning);
        }
    }

    fn moved(&mut self, touch: &Touch, meaning: Option<Step>) {
        let author = |event: usize| self.known.events.get(event).map(|event| event.record.author);
        match meaning {
            // Inside something else, that is what is shipped and received.
            Some(Step::Shipping) if self.packed_in.is_empty() => {
                let by = author(touch.event);
                // One who ships again what is still under way says more of the same shipment.
                let again = self.under_way.iter().any(|event| author(*event) == by);
                if !again || is_class_level(self.node.kind) {
                    self.under_way.push(touch.event);
                }
            }
            Some(Step::Receiving) => {
                let by = author(touch.event);
                let place = self.under_way.iter().position(|event| author(*event) != by).or_else(|| {
                    // Between places of one firm.
                    (!self.under_way.is_empty()).then_some(0)
                });
                if let Some(place) = place {
                    self.under_way.remove(place);
                } else if self.packed_in.is_empty() && self.node.shown == Shown::Full && !self.received_before(touch) {
                    let sender = self.known.facts.get(touch.event).and_then(|facts| facts.senders.first().cloned());
                    self.gap(touch.event, Reason::SenderNotRecorded, sender);
                }
            }
            Some(Step::VoidShipping) => _ = self.under_way.pop(),
            Some(Step::Ending) => self.ended = true,
            _ => {}
        }
    }

    /// Whether the same author has received it at this place before: arriving, then accepting, is one receipt.
    fn received_before(&self, touch: &Touch) -> bool {
        let place = |event: usize| {
            let author = self.known.events.get(event).map(|event| event.record.author);
            (author, self.known.facts.get(event).and_then(|facts| facts.place.as_deref()))
        };
        let received = self.known.touches(self.node.subject).iter().take_while(|other| other.event < touch.event);
        received.filter(|other| other.role == Role::Epc as u8).any(|other| {
            self.known.facts.get(other.event).is_some_and(|facts| facts.meaning == Some(Step::Receiving))
                && place(other.event) == place(touch.event)
        })
    }
}
