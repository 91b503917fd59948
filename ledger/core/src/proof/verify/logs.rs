//! Rebuilds the logs of the subjects shown from the events shown (`proofs.md` §5, step 4).
//!
//! No entry is transmitted: a log's entries are those events whose links name its subjects. **The cut
//! rule**: subjects that are claimed to share a log must all be named by the same events. Links are runs, so
//! a run of links that names one of them must name them all; else one could hide, behind its first member,
//! that an event names others (`ranges.md`, "Soundness").

use std::ops::Range;

use super::leaf;
use crate::hash::Hash;
use crate::log::{LogNode, LogStep, Peaks};
use crate::proof::format::{Found, Recorded, SUBJECTS_MAX, ShownEvent, ShownRun};
use crate::proof::refused::{Place, Refused, RefusedCode};
use crate::record::{Record, Role, Standing};
use crate::state::subject::SubjectLeaf;
use crate::trace::numbers::Paged;

/// All logs shown have at most so many entries.
const ENTRIES_MAX: usize = 1 << 24;

/// An entry of a log.
#[derive(Debug, Clone, Copy)]
pub(super) struct LogEntry {
    /// The event's place among those shown.
    pub event: u32,
    /// The role's number.
    pub role: u8,
    /// The standing's number.
    pub standing: u8,
    /// The place of its node.
    node: u32,
}

/// Subjects that share a log, as verified.
pub(super) struct LogRun {
    /// The first one's number.
    pub first: u64,
    /// How many.
    pub count: u64,
    /// The entries shown, in [`Logs::entries`].
    pub entries: Range<usize>,
    /// The nodes pruned, in [`Logs::pruned`].
    pub pruned: Range<usize>,
    /// State and log.
    pub leaf: SubjectLeaf,
}

/// The logs of the subjects shown.
pub(super) struct Logs {
    /// Ascending by number.
    pub runs: Vec<LogRun>,
    /// The entries of all logs, one log after another.
    pub entries: Vec<LogEntry>,
    /// The nodes pruned of all logs, one log after another.
    pub pruned: Vec<LogNode>,
    /// Which of the events shown are in a log, or founded a subject.
    pub anchored: Vec<bool>,
}

impl Logs {
    /// Rebuilds the logs. `records` are those of the events, with their hashes.
    pub fn rebuild(recorded: &Recorded, records: &[(Record, Hash)], subject_count: u64) -> Result<Logs, Refused> {
        check_runs(&recorded.subjects, subject_count)?;
        let found = Entries::collect(&recorded.subjects, &recorded.events, records)?;
        let (entries, ranges) = found.by_run(recorded.subjects.len());
        let mut anchored = vec![false; recorded.events.len()];
        for entry in &entries {
            if let Some(anchored) = anchored.get_mut(entry.event as usize) {
                *anchored = true;
            }
        }
        let mut steps = Steps { steps: recorded.logs.iter(), pruned: Vec::new() };
        let mut runs = Vec::with_capacity(recorded.subjects.len());
        let mut peaks = Peaks::default();
        // The first two entries of the log before, with the node over them: neighbours mostly share these.
        let mut first_two: Option<((u32, u32), LogNode)> = None;
        for (run, range) in recorded.subjects.iter().zip(ranges) {
            let shown = entries.get(range.clone()).unwrap_or_default();
            let pruned_from = steps.pruned.len();
            let (count, root) = match run.pruned {
                None => {
                    peaks.nodes.clear();
                    peaks.count = 0;
                    let mut rest = shown;
                    if let [one, two, after @ ..] = shown
                        && let Some((_, node)) = first_two.filter(|(pair, _)| *pair == (one.node, two.node))
                    {
                        (peaks.count, rest) = (2, after);
                        peaks.nodes.push(node);
                    }
                    for entry in rest {
                        if let Some(node) = found.nodes.get(entry.node as usize) {
                            peaks.push(*node);
                        }
                        if let (2, [one, two, ..], [node]) = (peaks.count, shown, peaks.nodes.as_slice()) {
                            first_two = Some(((one.node, two.node), *node));
                        }
                    }
                    (peaks.count, peaks.root())
                }
                Some(count) => (count, steps.log(run.first, count, shown, &found.nodes)?),
            };
            let pruned = pruned_from..steps.pruned.len();
            let mut leaf = leaf(&run.state, count, root);
            leaf.state.found = found_record(run, shown, records, &mut anchored)?;
            runs.push(LogRun { first: run.first, count: run.count, entries: range, pruned, leaf });
        }
        RefusedCode::Log.unless(steps.steps.next().is_none(), Place::Proof)?;
        Ok(Logs { runs, entries, pruned: steps.pruned, anchored })
    }
}

fn check_runs(subjects: &[ShownRun], subject_count: u64) -> Result<(), Refused> {
    let mut end = 0;
    let mut total = 0u64;
    for run in subjects {
        let next = run.first.checked_add(run.count).filter(|next| *next <= subject_count);
        let is_next = run.first >= end && run.count > 0;
        end = next.filter(|_| is_next).ok_or(RefusedCode::Subject.subject(run.first))?;
        total = total.saturating_add(run.count);
    }
    RefusedCode::Size.unless(total <= SUBJECTS_MAX, Place::Proof)
}

/// The hash of the record that subjects appeared with. It has one form: the first entry, if it is that.
fn found_record(
    run: &ShownRun,
    shown: &[LogEntry],
    records: &[(Record, Hash)],
    anchored: &mut [bool],
) -> Result<Hash, Refused> {
    let first = shown.first().filter(|_| run.pruned.is_none());
    let first = first.and_then(|entry| records.get(entry.event as usize)).map(|(_, hash)| *hash);
    let found = match run.found {
        Found::FirstEntry => return first.ok_or(RefusedCode::Subject.subject(run.first)),
        Found::Hidden => run.state.found,
        Found::Event(event) => {
            let place = event as usize;
            let founding = records.get(place).zip(anchored.get_mut(place));
            let (record, anchored) = founding.ok_or(RefusedCode::Subject.subject(run.first))?;
            *anchored = true;
            record.1
        }
    };
    RefusedCode::Subject.unless(first != Some(found), Place::Subject(run.first))?;
    Ok(found)
}

/// Where the runs of subjects begin and end, side by side, since every link looks for its subjects among them.
struct Bounds {
    runs: Vec<(u64, u64)>,
    /// By subject, the place of its run plus one.
    places: Paged<u32>,
}

impl Bounds {
    fn new(subjects: &[ShownRun]) -> Bounds {
        let mut bounds = Bounds { runs: Vec::with_capacity(subjects.len()), places: Paged::default() };
        for (run, place) in subjects.iter().zip(1..) {
            let end = run.first.saturating_add(run.count);
            bounds.runs.push((run.first, end));
            // All runs together have a bounded number of subjects (`check_runs`).
            (run.first..end).for_each(|subject| bounds.places.set(subject, place));
        }
        bounds
    }

    /// The runs that have subjects from `first` (included) to `end` (not included), with their places.
    fn within(&self, first: u64, end: u64) -> impl Iterator<Item = (usize, &(u64, u64))> {
        let from = match (self.places.get(first) as usize).checked_sub(1) {
            Some(place) => place,
            // Not shown itself, but perhaps one behind it.
            None if end - first > 1 => self.runs.partition_point(|run| run.1 <= first),
            None => self.runs.len(),
        };
        self.runs.iter().enumerate().skip(from).take_while(move |(_, run)| run.0 < end)
    }
}

/// The entries that the events shown make, in the events' order.
#[derive(Default)]
struct Entries {
    /// Each with the place of the run of subjects.
    entries: Vec<(u32, LogEntry)>,
    nodes: Vec<LogNode>,
}

impl Entries {
    fn collect(subjects: &[ShownRun], events: &[ShownEvent], records: &[(Record, Hash)]) -> Result<Entries, Refused> {
        let mut found = Entries::default();
        let bounds = Bounds::new(subjects);
        for ((index, event), (record, hash)) in events.iter().enumerate().zip(records) {
            let mut last = None;
            for link in &event.record.runs {
                let (Some(role), Some(standing)) = (Role::from_number(link.role), Standing::from_number(link.standing))
                else {
                    continue;
                };
                if role.names_events() {
                    continue;
                }
                let end = link.first.saturating_add(u64::from(link.count));
                for (place, run) in bounds.within(link.first, end) {
                    let covers = link.first <= run.0 && run.1 <= end;
                    RefusedCode::Cut.unless(covers, Place::Subject(run.0))?;
                    if last != Some((role, standing)) {
                        found.nodes.push(LogNode::entry(record, *hash, role, standing));
                        last = Some((role, standing));
                    }
                    let node = found.nodes.len().saturating_sub(1) as u32;
                    let entry = LogEntry { event: index as u32, role: link.role, standing: link.standing, node };
                    found.entries.push((place as u32, entry));
                }
                RefusedCode::Size.unless(found.entries.len() <= ENTRIES_MAX, Place::Event(index))?;
            }
        }
        Ok(found)
    }

    /// The entries run by run, each run's in the events' order, and where each run's are.
    fn by_run(&self, run_count: usize) -> (Vec<LogEntry>, Vec<Range<usize>>) {
        let mut ends = vec![0usize; run_count];
        for (run, _) in &self.entries {
            if let Some(count) = ends.get_mut(*run as usize) {
                *count += 1;
            }
        }
        let mut total = 0;
        let mut ranges = Vec::with_capacity(run_count);
        for end in &mut ends {
            ranges.push(total..total + *end);
            total += *end;
            *end = total - *end;
        }
        let nothing = LogEntry { event: 0, role: 0, standing: 0, node: 0 };
        let mut sorted = vec![nothing; total];
        for (run, entry) in &self.entries {
            let Some(next) = ends.get_mut(*run as usize) else { continue };
            if let Some(slot) = sorted.get_mut(*next) {
                *slot = *entry;
            }
            *next += 1;
        }
        (sorted, ranges)
    }
}

/// Reads pruned logs.
struct Steps<'a> {
    steps: std::slice::Iter<'a, LogStep>,
    pruned: Vec<LogNode>,
}

impl Steps<'_> {
    /// The root node of a log of `count` entries, of which these are shown and at least one is not.
    fn log(&mut self, subject: u64, count: u64, shown: &[LogEntry], nodes: &[LogNode]) -> Result<LogNode, Refused> {
        let before = self.pruned.len();
        let mut rest = shown;
        let root = self.node(count, &mut rest, nodes).ok_or(RefusedCode::Log.subject(subject))?;
        let is_whole = rest.is_empty() && self.pruned.len() > before;
        RefusedCode::Log.unless(is_whole, Place::Subject(subject))?;
        Ok(root)
    }

    fn node(&mut self, count: u64, rest: &mut &[LogEntry], nodes: &[LogNode]) -> Option<LogNode> {
        if count == 0 {
            return None;
        }
        match self.steps.next()? {
            LogStep::Pruned(node) => {
                self.pruned.push(*node);
                Some(*node)
            }
            LogStep::Descend if count == 1 => {
                let (entry, after) = rest.split_first()?;
                *rest = after;
                nodes.get(entry.node as usize).copied()
            }
            LogStep::Descend => {
                let before = rest.len();
                // As in RFC 6962: the largest power of two below the count is left.
                let left_count = 1u64 << (count - 1).ilog2();
                let left = self.node(left_count, rest, nodes)?;
                let right = self.node(count - left_count, rest, nodes)?;
                // A node without an entry that is shown is pruned as a whole: a log has one form.
                (rest.len() < before).then(|| LogNode::inner(&left, &right))
            }
        }
    }
}
