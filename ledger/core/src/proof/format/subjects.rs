//! Subjects and pruned logs in a proof.
//!
//! Each run of subjects says by the bits of its first number which fields of its state are not those of the
//! run before. The bits that are set most often are the lowest.

use super::{Found, LOG_STEPS_MAX, SUBJECT_RUNS_MAX, ShownRun};
use crate::hash::Hash;
use crate::log::{LogNode, LogStep};
use crate::proof::wire::{Reader, WireError, Writer};
use crate::state::subject::SubjectState;

/// Some entries are pruned: their number follows.
const PRUNED: u64 = 1;
/// The founding record is among the events shown, but not the first entry: its place follows.
const FOUND_EVENT: u64 = 1 << 1;
/// The founding record is not shown: its hash follows.
const FOUND_HIDDEN: u64 = 1 << 2;
/// The first bit of those of the state's fields.
const FIELD: u32 = 3;
/// How many fields of the state are written as numbers.
const FIELDS: usize = 13;

/// The fields of a state as numbers, those first that differ most often.
fn fields(state: &SubjectState) -> [u64; FIELDS] {
    [
        state.parent,
        state.packed,
        state.emptied,
        state.holder,
        state.emptied_by,
        u64::from(state.life),
        state.next,
        state.maker,
        state.founder,
        state.claim,
        state.balance.cast_unsigned(),
        u64::from(u32::from_le_bytes(state.unit)),
        u64::from(state.recall),
    ]
}

fn state(fields: [u64; FIELDS], found: Hash) -> Result<SubjectState, WireError> {
    let [parent, packed, emptied, holder, emptied_by, life, next, maker, founder, claim, balance, unit, recall] =
        fields;
    let byte = |number: u64| u8::try_from(number).map_err(|_| WireError::Malformed);
    Ok(SubjectState {
        found,
        founder,
        maker,
        holder,
        next,
        claim,
        parent,
        packed,
        emptied,
        emptied_by,
        balance: balance.cast_signed(),
        unit: u32::try_from(unit).map_err(|_| WireError::Malformed)?.to_le_bytes(),
        life: byte(life)?,
        recall: byte(recall)?,
    })
}

pub(super) fn write(writer: &mut Writer, subjects: &[ShownRun]) {
    writer.count(subjects.len());
    let mut before = [0; FIELDS];
    let mut end = 0;
    for run in subjects {
        let fields = fields(&run.state);
        let mut control = match run.found {
            Found::FirstEntry => 0,
            Found::Event(_) => FOUND_EVENT,
            Found::Hidden => FOUND_HIDDEN,
        };
        control |= if run.pruned.is_some() { PRUNED } else { 0 };
        for (place, (field, before)) in fields.iter().zip(before).enumerate() {
            control |= u64::from(*field != before) << (FIELD as usize + place);
        }
        writer.number(control);
        writer.difference(run.first, end);
        writer.number(run.count);
        match run.found {
            Found::FirstEntry => {}
            Found::Event(place) => writer.number(u64::from(place)),
            Found::Hidden => writer.raw(&run.state.found.0),
        }
        if let Some(entries) = run.pruned {
            writer.number(entries);
        }
        for (field, before) in fields.into_iter().zip(before).filter(|(field, before)| field != before) {
            writer.difference(field, before);
        }
        before = fields;
        end = run.first.wrapping_add(run.count);
    }
}

pub(super) fn read(reader: &mut Reader<'_>) -> Result<Vec<ShownRun>, WireError> {
    let count = reader.count(SUBJECT_RUNS_MAX, 3)?;
    let mut subjects = Vec::with_capacity(count);
    let mut before = [0; FIELDS];
    let mut end = 0;
    for _ in 0..count {
        let control = reader.number()?;
        let first = reader.difference(end)?;
        let count = reader.number()?;
        let (found, hash) = match control & (FOUND_EVENT | FOUND_HIDDEN) {
            0 => (Found::FirstEntry, Hash::ZERO),
            FOUND_EVENT => (Found::Event(reader.number_u32()?), Hash::ZERO),
            FOUND_HIDDEN => (Found::Hidden, reader.hash()?),
            _ => return Err(WireError::Malformed),
        };
        let pruned = if control & PRUNED != 0 { Some(reader.number()?) } else { None };
        for (place, field) in before.iter_mut().enumerate() {
            if control >> (FIELD as usize + place) & 1 == 1 {
                *field = reader.difference(*field)?;
            }
        }
        subjects.push(ShownRun { first, count, state: state(before, hash)?, found, pruned });
        end = first.wrapping_add(count);
    }
    Ok(subjects)
}

pub(super) fn write_logs(writer: &mut Writer, logs: &[LogStep]) {
    writer.count(logs.len());
    for step in logs {
        match step {
            LogStep::Descend => writer.byte(0),
            LogStep::Pruned(node) => {
                writer.byte(1);
                writer.raw(&node.hash.0);
                writer.time(node.tmin, 0);
                writer.time(node.tmax, node.tmin);
                writer.number(u64::from(node.mask));
            }
        }
    }
}

pub(super) fn read_logs(reader: &mut Reader<'_>) -> Result<Vec<LogStep>, WireError> {
    let count = reader.count(LOG_STEPS_MAX, 1)?;
    let mut logs = Vec::new();
    for _ in 0..count {
        logs.push(match reader.byte()? {
            0 => LogStep::Descend,
            1 => {
                let hash = reader.hash()?;
                let tmin = reader.time(0)?;
                LogStep::Pruned(LogNode { hash, tmin, tmax: reader.time(tmin)?, mask: reader.number_u32()? })
            }
            _ => return Err(WireError::Malformed),
        });
    }
    Ok(logs)
}
