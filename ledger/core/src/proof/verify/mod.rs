//! Checks a trace's proof and gives the trace (`proofs.md` §5, steps 1 to 7).
//!
//! What costs least is checked first, signatures last: forged bytes are refused cheaply.

mod history;
mod logs;
mod names;
mod payloads;

pub use history::ProofHistory;

use super::format::{Answer, ProofQuery, Recorded, ShownEvent, TraceProof};
use super::refused::{Place, Refused, RefusedCode};
use super::trust::Trust;
use crate::hash::{Hash, Tag};
use crate::log::LogNode;
use crate::record::{LinkRun, Record, Role, Standing};
use crate::state::subject::SubjectLeaf;
use crate::trace::closure::{Closure, close};
use crate::tree::dense::LEAVES_MAX;
use crate::tree::runs::{LeafRun, root_from_runs};
use logs::Logs;

/// What a proof proves.
pub struct Verified {
    /// The height up to which nothing is missing.
    pub complete_to: u64,
    /// The time of the block that certifies the state after that height, milliseconds since 1970.
    pub certified_at: i64,
    /// The id of the header of that block.
    pub header: Hash,
    /// What was asked.
    pub query: ProofQuery,
    /// The trace; `None` if nothing was ever recorded of the subject.
    pub trace: Option<ProvedTrace>,
}

/// A trace that was proved.
pub struct ProvedTrace {
    /// The number of the subject where it starts.
    pub start: u64,
    /// The trace itself.
    pub closure: Closure,
    /// What it was walked over.
    pub history: ProofHistory,
}

/// Checks a proof against whom its reader trusts.
pub fn verify(bytes: &[u8], trust: &Trust) -> Result<Verified, Refused> {
    let proof = TraceProof::from_bytes(bytes)?;
    proof.decided.check_names(trust)?;
    let header = &proof.decided.header;
    let is_root = header.state == proof.roots.root() && proof.roots.subject_count <= LEAVES_MAX;
    RefusedCode::State.unless(is_root && header.height > 0, Place::Proof)?;
    let complete_to = header.height.saturating_sub(1);
    let (certified_at, id) = (header.time, header.id());
    let TraceProof { decided, roots, query, answer } = proof;
    let trace = match answer {
        Answer::Absent(absence) => {
            query.closure_query(0)?;
            let is_absent = absence.verify(roots.names, roots.name_count, Tag::Key.hash(&query.key));
            RefusedCode::Absence.unless(is_absent, Place::Proof)?;
            None
        }
        Answer::Recorded(recorded) => Some(prove(*recorded, &query, (roots.subject_count, roots.subjects))?),
    };
    decided.check_signatures(trust)?;
    Ok(Verified { complete_to, certified_at, header: id, query, trace })
}

/// Everything but the header.
fn prove(
    recorded: Recorded,
    query: &ProofQuery,
    (subject_count, subjects_root): (u64, Hash),
) -> Result<ProvedTrace, Refused> {
    let records = check_events(&recorded.events)?;
    let logs = Logs::rebuild(&recorded, &records, subject_count)?;
    check_root(&logs, &recorded.siblings, (subject_count, subjects_root))?;
    let mut names = names::Names::read(&recorded.events, &recorded.names)?;
    payloads::check(&recorded.events, &mut names)?;
    let start = recorded.start;
    let known = names.place(start).and_then(|place| names.known().get(place));
    let is_start = known.is_some_and(|known| *known.key == *query.key);
    RefusedCode::Names.unless(is_start, Place::Subject(start))?;
    let mut history = ProofHistory::new(recorded.events, logs, names, start);
    let closure = close(&mut history, &query.closure_query(start)?)?;
    history.check_use(&recorded.names)?;
    Ok(ProvedTrace { start, closure, history })
}

/// Checks that events ascend and that their links are as they are recorded: maximal runs, ascending. Gives
/// their records with their hashes.
fn check_events(events: &[ShownEvent]) -> Result<Vec<(Record, Hash)>, Refused> {
    let mut records = Vec::with_capacity(events.len());
    let mut before = None;
    for (index, event) in events.iter().enumerate() {
        let ascends = before.is_none_or(|before| before < event.place);
        let are_links = are_maximal(&event.record.runs);
        RefusedCode::Event.unless(ascends && are_links, Place::Event(index))?;
        before = Some(event.place);
        let record = event.record.record(event.place.height, event.place.index);
        records.push((record, record.hash()));
    }
    Ok(records)
}

fn are_maximal(runs: &[LinkRun]) -> bool {
    let is_run = |run: &LinkRun| {
        Role::from_number(run.role).is_some()
            && Standing::from_number(run.standing).is_some()
            && run.count > 0
            && run.first.checked_add(u64::from(run.count)).is_some()
    };
    let ascends = |pair: &[LinkRun]| match pair {
        [left, right] if (left.role, left.standing) == (right.role, right.standing) => {
            left.first.saturating_add(u64::from(left.count)) < right.first
        }
        [left, right] => (left.role, left.standing) < (right.role, right.standing),
        _ => true,
    };
    runs.iter().all(is_run) && runs.windows(2).all(ascends)
}

/// Checks that the subjects shown are those under the state root.
fn check_root(logs: &Logs, siblings: &[Hash], (count, root): (u64, Hash)) -> Result<(), Refused> {
    let mut leaves: Vec<LeafRun> = Vec::with_capacity(logs.runs.len());
    let mut whole_before = false;
    for run in &logs.runs {
        let hash = run.leaf.hash();
        // Neighbours that are alike are one run: a proof has one form.
        let joins = leaves.last().is_some_and(|left| left.first + left.count == run.first && left.hash == hash);
        let is_whole = run.pruned.is_empty();
        RefusedCode::Superfluous.unless(!(joins && is_whole && whole_before), Place::Subject(run.first))?;
        whole_before = is_whole;
        leaves.push(LeafRun { first: run.first, count: run.count, hash });
    }
    let is_root = root_from_runs(Tag::Subjects, count, &leaves, siblings) == Some(root);
    RefusedCode::State.unless(is_root, Place::Proof)
}

/// The leaf of subjects with this log.
fn leaf(state: &crate::state::subject::SubjectState, count: u64, log: LogNode) -> SubjectLeaf {
    SubjectLeaf { state: state.clone(), count, log }
}
