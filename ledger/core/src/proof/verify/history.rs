//! History as a verifier has it: over what a proof shows.

use std::sync::Arc;

use super::logs::{LogRun, Logs};
use super::names::Names;
use crate::key::SubjectKey;
use crate::log::LogNode;
use crate::proof::format::{NameKey, NamePart, ShownEvent, ShownName, ShownNames};
use crate::proof::refused::{Place as ProofPlace, Refused, RefusedCode};
use crate::trace::arena::{self, Arena};
use crate::trace::history::{History, Mode, NOTICE_MASK, Place, ShownLog, class_key};
use crate::trace::numbers::NumberMap;

/// What a proof shows, verified but for the question whether it is enough: that is found out by walking.
pub struct ProofHistory {
    events: Vec<ShownEvent>,
    logs: Logs,
    /// The events in the order of `events`, the logs in that of the runs of subjects.
    arena: Arena,
    /// What is pruned of the logs of which something is, by the place of the run.
    hidden: NumberMap<u32, Hidden>,
    names: Names,
    /// Which subjects were asked for, one run after another.
    asked: Vec<bool>,
    /// Where each run's subjects are in `asked`.
    offsets: Vec<usize>,
    /// Which events the trace needed.
    needed: Vec<bool>,
    /// By key: whether the trace needed it, and the subject's class once that was asked.
    named: Vec<(bool, Option<Option<u64>>)>,
    /// The class found last, with its key: neighbours are of one class.
    class: Option<(SubjectKey, u64)>,
    /// The run that was found last: neighbours are asked for one after another.
    last: usize,
    /// What was shown last: neighbours share it.
    shown_last: Option<ShownLog>,
}

/// What the pruned nodes of a log hide.
struct Hidden {
    any: bool,
    mask: u32,
    /// The earliest times of nodes, ascending, each with the latest time of the nodes up to it.
    spans: Vec<(i64, i64)>,
}

impl Hidden {
    fn new(pruned: &[LogNode]) -> Hidden {
        let mut spans: Vec<(i64, i64)> = pruned.iter().map(|node| (node.tmin, node.tmax)).collect();
        spans.sort_unstable();
        let mut latest = i64::MIN;
        for span in &mut spans {
            latest = latest.max(span.1);
            span.1 = latest;
        }
        Hidden { any: !pruned.is_empty(), mask: pruned.iter().fold(0, |mask, node| mask | node.mask), spans }
    }

    /// Whether a node is pruned that [`Mode::may_prune`] forbids, in a mode that is narrowed.
    fn hides(&self, mode: Mode) -> bool {
        match mode {
            Mode::Full => self.any,
            Mode::Notice => self.mask & NOTICE_MASK != 0,
            Mode::Window { from, to } | Mode::Stay { from, to } => {
                let begun = self.spans.partition_point(|span| span.0 <= to);
                begun.checked_sub(1).and_then(|last| self.spans.get(last)).is_some_and(|span| span.1 >= from)
            }
        }
    }
}

impl ProofHistory {
    pub(super) fn new(events: Vec<ShownEvent>, logs: Logs, names: Names, start: u64) -> Self {
        let mut offsets = Vec::with_capacity(logs.runs.len());
        let mut total = 0;
        let mut arena = Arena::default();
        let mut hidden = NumberMap::default();
        for event in &events {
            arena.add_event(event.place, event.record.clone());
        }
        for run in &logs.runs {
            offsets.push(total);
            // All runs together have a bounded number of subjects (`Logs::rebuild`).
            total += run.count as usize;
            let entries = logs.entries.get(run.entries.clone()).unwrap_or_default().iter();
            let entries =
                entries.map(|entry| arena::LogEntry { event: entry.event, role: entry.role, standing: entry.standing });
            let log = arena.add_log(Arc::new(run.leaf.state.clone()), entries);
            let pruned = logs.pruned.get(run.pruned.clone()).unwrap_or_default();
            if !pruned.is_empty() {
                hidden.insert(log, Hidden::new(pruned));
            }
        }
        let mut history = ProofHistory {
            needed: vec![false; events.len()],
            asked: vec![false; total],
            offsets,
            named: vec![(false, None); names.known().len()],
            class: None,
            last: 0,
            shown_last: None,
            events,
            logs,
            arena,
            hidden,
            names,
        };
        history.name(start);
        history
    }

    /// Marks a subject's key as needed, and gives its place.
    fn name(&mut self, subject: u64) -> Option<usize> {
        let place = self.names.place(subject)?;
        self.named.get_mut(place)?.0 = true;
        Some(place)
    }

    fn is_named(&self, subject: u64) -> bool {
        let named = self.names.place(subject).and_then(|place| self.named.get(place));
        named.is_some_and(|(needed, _)| *needed)
    }

    /// The events shown, ascending by place.
    pub fn events(&self) -> &[ShownEvent] {
        &self.events
    }

    /// The key of a subject, if it is shown.
    pub fn key_shown(&self, subject: u64) -> Option<&[u8]> {
        let place = self.names.place(subject)?;
        self.names.known().get(place).map(|known| &*known.key)
    }

    /// Checks that every event is anchored, and that nothing was shown in vain.
    pub(super) fn check_use(&self, names: &[ShownNames]) -> Result<(), Refused> {
        let numbers = self.logs.runs.iter().flat_map(|run| run.first..run.first + run.count);
        for (number, _) in numbers.zip(&self.asked).filter(|(_, asked)| !**asked) {
            // A subject of which only the name is needed is there to place its founding event.
            RefusedCode::Superfluous.unless(self.is_named(number), ProofPlace::Subject(number))?;
        }
        let mut needed = self.needed.clone();
        for shown in names {
            let pages = shown.parts.iter().filter_map(|part| match part {
                NamePart::Page(page) => Some(page),
                NamePart::Inner | NamePart::Hidden(_) => None,
            });
            for page in pages {
                let is_used = |name: &ShownName| self.is_named(name.number);
                let in_vain = |name: &ShownName| matches!(name.key, NameKey::Key(_)) && !is_used(name);
                let is_needed = page.iter().any(is_used) && !page.iter().any(in_vain);
                RefusedCode::Superfluous.unless(is_needed, ProofPlace::Event(shown.event as usize))?;
            }
            if let Some(needed) = needed.get_mut(shown.event as usize) {
                *needed = true;
            }
        }
        for (known, _) in self.names.known().iter().zip(&self.named).filter(|(_, (is_named, _))| *is_named) {
            if let Some(needed) = needed.get_mut(known.event) {
                *needed = true;
            }
        }
        for (index, (anchored, needed)) in self.logs.anchored.iter().zip(needed).enumerate() {
            RefusedCode::Unanchored.unless(*anchored, ProofPlace::Event(index))?;
            RefusedCode::Superfluous.unless(needed, ProofPlace::Event(index))?;
        }
        Ok(())
    }

    /// The run that a subject is in, and marks it as asked for.
    fn run_of(&mut self, subject: u64) -> Option<usize> {
        let holds = |run: &LogRun| subject.checked_sub(run.first).is_some_and(|place| place < run.count);
        let near = [self.last, self.last.saturating_add(1)];
        let near = near.into_iter().find(|place| self.logs.runs.get(*place).is_some_and(holds));
        let place = near.unwrap_or_else(|| self.logs.runs.partition_point(|run| run.first + run.count <= subject));
        let run = self.logs.runs.get(place).filter(|run| holds(run))?;
        let offset = *self.offsets.get(place)?;
        *self.asked.get_mut(offset + (subject - run.first) as usize)? = true;
        self.last = place;
        Some(place)
    }

    /// Marks the events that are shown as needed.
    fn need(&mut self, shown: &ShownLog) {
        if self.shown_last.as_ref() == Some(shown) {
            return;
        }
        for event in shown.entries.iter().filter_map(|entry| self.arena.event_of(entry)) {
            if let Some(needed) = self.needed.get_mut(event as usize) {
                *needed = true;
            }
        }
        self.shown_last = Some(shown.clone());
    }

    fn event_at(&self, place: Place) -> Result<&ShownEvent, Refused> {
        let index = self.events.binary_search_by_key(&place, |event| event.place);
        index.ok().and_then(|index| self.events.get(index)).ok_or(RefusedCode::Missing.whole())
    }
}

impl History for ProofHistory {
    type Error = Refused;

    fn arena(&self) -> &Arena {
        &self.arena
    }

    fn log(&mut self, subject: u64, mode: Mode) -> Result<ShownLog, Refused> {
        let missing = RefusedCode::Missing.subject(subject);
        let run = self.run_of(subject).ok_or(missing)?;
        let log = u32::try_from(run).map_err(|_| missing)?;
        if let Some(hidden) = self.hidden.get(&log) {
            let hides = hidden.hides(self.arena.narrowed(log, mode));
            let first = self.logs.runs.get(run).map_or(subject, |run| run.first);
            RefusedCode::Pruned.unless(!hides, ProofPlace::Subject(first))?;
        }
        let shown = ShownLog { log, entries: self.arena.shown(log, mode) };
        self.need(&shown);
        Ok(shown)
    }

    fn kind(&mut self, subject: u64) -> Result<u8, Refused> {
        let place = self.name(subject);
        let known = place.and_then(|place| self.names.known().get(place));
        let known = known.ok_or(RefusedCode::Missing.subject(subject))?;
        Ok(known.key.first().copied().unwrap_or(0))
    }

    fn key(&mut self, subject: u64) -> Result<Arc<[u8]>, Refused> {
        let place = self.name(subject);
        let known = place.and_then(|place| self.names.known().get(place));
        known.map(|known| known.key.clone()).ok_or(RefusedCode::Missing.subject(subject))
    }

    fn class_of(&mut self, subject: u64) -> Result<Option<u64>, Refused> {
        let missing = RefusedCode::Missing.subject(subject);
        let place = self.name(subject).ok_or(missing)?;
        if let Some((_, Some(class))) = self.named.get(place) {
            return Ok(*class);
        }
        let key = self.names.known().get(place).map(|known| class_key(&known.key));
        let number = match (key.flatten(), &self.class) {
            (None, _) => None,
            (Some(key), Some((known, number))) if key == *known => Some(*number),
            (Some(key), _) => {
                let number = self.names.number(&key.tag()).ok_or(missing)?;
                self.name(number);
                self.class = Some((key, number));
                Some(number)
            }
        };
        if let Some((_, class)) = self.named.get_mut(place) {
            *class = Some(number);
        }
        Ok(number)
    }

    fn payload(&mut self, place: Place) -> Result<Option<Arc<[u8]>>, Refused> {
        Ok(self.event_at(place)?.opened.as_ref().map(|opened| opened.payload.as_slice().into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_random::Random;

    /// Goal: what pruned nodes hide is what the rule forbids to prune. Method: random nodes, also with times the
    /// wrong way round as a forger may write them, and every mode.
    #[test]
    fn hidden_is_the_rule() {
        let mut random = Random(9);
        for _ in 0..500 {
            let count = random.below(6);
            let nodes: Vec<LogNode> = (0..count)
                .map(|_| {
                    let (tmin, tmax) = (random.below(6) as i64, random.below(6) as i64);
                    LogNode { tmin, tmax, mask: 1 << random.below(24), ..LogNode::EMPTY }
                })
                .collect();
            let hidden = Hidden::new(&nodes);
            let spans = (-1..7).flat_map(|from| (-1..7).map(move |to| Mode::Window { from, to }));
            for mode in spans.chain([Mode::Full, Mode::Notice]) {
                let forbidden = nodes.iter().any(|node| !mode.may_prune(node.tmin, node.tmax, node.mask));
                assert_eq!(hidden.hides(mode), forbidden, "{mode:?} {nodes:?}");
            }
        }
    }
}
