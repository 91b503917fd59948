//! History as a verifier has it: over what a proof shows.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::logs::{LogRun, Logs};
use super::names::Names;
use crate::proof::format::{NameKey, NamePart, ShownEvent, ShownName, ShownNames};
use crate::proof::refused::{Place as ProofPlace, Refused, RefusedCode};
use crate::state::subject::{StoredEntry, StoredRecord};
use crate::trace::history::{Entry, History, Mode, Place, SubjectLog, class_key};
use crate::trace::store::timed;

/// What a proof shows, verified but for the question whether it is enough: that is found out by walking.
pub struct ProofHistory {
    events: Vec<ShownEvent>,
    logs: Logs,
    names: Names,
    /// By run, what was asked: most are asked in one mode for all their subjects.
    known: Vec<Vec<(Mode, Rc<SubjectLog>)>>,
    /// By run, which of its subjects were asked for, once any was.
    asked: Vec<Vec<bool>>,
    /// Which events the trace needed.
    needed: Vec<bool>,
    /// The subjects whose names the trace needed.
    named: BTreeSet<u64>,
    /// The run that was found last: neighbours are asked for one after another.
    last: usize,
}

impl ProofHistory {
    pub(super) fn new(events: Vec<ShownEvent>, logs: Logs, names: Names, start: u64) -> Self {
        let run_count = logs.runs.len();
        ProofHistory {
            needed: vec![false; events.len()],
            known: vec![Vec::new(); run_count],
            asked: vec![Vec::new(); run_count],
            named: BTreeSet::from([start]),
            last: 0,
            events,
            logs,
            names,
        }
    }

    /// The events shown, ascending by place.
    pub fn events(&self) -> &[ShownEvent] {
        &self.events
    }

    pub(super) fn take_keys(&self) -> BTreeMap<u64, Rc<[u8]>> {
        self.names.keys()
    }

    /// Checks that every event is anchored, and that nothing was shown in vain.
    pub(super) fn check_use(&self, names: &[ShownNames]) -> Result<(), Refused> {
        for (run, asked) in self.logs.runs.iter().zip(&self.asked) {
            // A subject of which only the name is needed is there to place its founding event.
            for (number, place) in (run.first..run.first + run.count).zip(0usize..) {
                let is_asked = asked.get(place).is_some_and(|asked| *asked) || self.named.contains(&number);
                RefusedCode::Superfluous.unless(is_asked, ProofPlace::Subject(number))?;
            }
        }
        let mut needed = self.needed.clone();
        for shown in names {
            let pages = shown.parts.iter().filter_map(|part| match part {
                NamePart::Page(page) => Some(page),
                NamePart::Inner | NamePart::Hidden(_) => None,
            });
            for page in pages {
                let is_used = |name: &ShownName| self.named.contains(&name.number);
                let in_vain = |name: &ShownName| matches!(name.key, NameKey::Key(_)) && !is_used(name);
                let is_needed = page.iter().any(is_used) && !page.iter().any(in_vain);
                RefusedCode::Superfluous.unless(is_needed, ProofPlace::Event(shown.event as usize))?;
            }
            if let Some(needed) = needed.get_mut(shown.event as usize) {
                *needed = true;
            }
        }
        for number in &self.named {
            if let Some(needed) = self.names.founding_event(*number).and_then(|event| needed.get_mut(event)) {
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
        let asked = self.asked.get_mut(place)?;
        if asked.is_empty() {
            // All runs together have a bounded number of subjects (`Logs::rebuild`).
            asked.resize(run.count as usize, false);
        }
        *asked.get_mut((subject - run.first) as usize)? = true;
        self.last = place;
        Some(place)
    }

    /// What a run's log shows in a mode.
    fn show(&mut self, place: usize, mode: Mode) -> Result<Rc<SubjectLog>, Refused> {
        let missing = RefusedCode::Missing.whole();
        let run = self.logs.runs.get(place).ok_or(missing)?;
        let mut entries = Vec::with_capacity(run.entries.len());
        for entry in self.logs.entries.get(run.entries.clone()).unwrap_or_default() {
            let event = self.events.get(entry.event as usize).ok_or(missing)?;
            let Place { height, index } = event.place;
            let stored = StoredEntry { height, index, role: entry.role, standing: entry.standing };
            entries.push((entry.event, timed(&stored, &event.record)));
        }
        let all: Vec<Entry> = entries.iter().map(|(_, entry)| *entry).collect();
        let mode = mode.narrowed(&all);
        let pruned = self.logs.pruned.get(run.pruned.clone()).unwrap_or_default();
        let may_prune = pruned.iter().all(|node| mode.may_prune(node.tmin, node.tmax, node.mask));
        RefusedCode::Pruned.unless(may_prune, ProofPlace::Subject(run.first))?;
        let mut shown = Vec::with_capacity(entries.len());
        for (event, entry) in entries {
            if !mode.may_prune(entry.time, entry.time, entry.mask) {
                shown.push(entry);
                if let Some(needed) = self.needed.get_mut(event as usize) {
                    *needed = true;
                }
            }
        }
        Ok(Rc::new(SubjectLog { state: run.leaf.state.clone(), entries: shown }))
    }

    fn event_at(&self, place: Place) -> Result<&ShownEvent, Refused> {
        let index = self.events.binary_search_by_key(&place, |event| event.place);
        index.ok().and_then(|index| self.events.get(index)).ok_or(RefusedCode::Missing.whole())
    }
}

impl History for ProofHistory {
    type Error = Refused;

    fn log(&mut self, subject: u64, mode: Mode) -> Result<Rc<SubjectLog>, Refused> {
        let place = self.run_of(subject).ok_or(RefusedCode::Missing.subject(subject))?;
        let known = self.known.get(place).and_then(|known| known.iter().find(|(known, _)| *known == mode));
        if let Some((_, log)) = known {
            return Ok(log.clone());
        }
        let log = self.show(place, mode)?;
        if let Some(known) = self.known.get_mut(place) {
            known.push((mode, log.clone()));
        }
        Ok(log)
    }

    fn record(&mut self, place: Place) -> Result<Rc<StoredRecord>, Refused> {
        Ok(self.event_at(place)?.record.clone())
    }

    fn key(&mut self, subject: u64) -> Result<Rc<[u8]>, Refused> {
        self.named.insert(subject);
        self.names.key(subject).cloned().ok_or(RefusedCode::Missing.subject(subject))
    }

    fn class_of(&mut self, subject: u64) -> Result<Option<u64>, Refused> {
        let key = self.key(subject)?;
        let Some(class) = class_key(&key) else { return Ok(None) };
        let number = self.names.number(&class.tag()).ok_or(RefusedCode::Missing.subject(subject))?;
        self.named.insert(number);
        Ok(Some(number))
    }

    fn payload(&mut self, place: Place) -> Result<Option<Rc<[u8]>>, Refused> {
        Ok(self.event_at(place)?.opened.as_ref().map(|opened| opened.payload.as_slice().into()))
    }
}
