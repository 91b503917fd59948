//! Events in a proof.
//!
//! First what many have in common, once each: record type, rules, author, flags and mask, in the order of
//! first use. Then each event, as far as it differs from the one before.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{EVENTS_MAX, FOUNDED_MAX, LINK_RUNS_MAX, Opened, PAYLOAD_BYTES_MAX, ShownEvent};
use crate::hash::Hash;
use crate::proof::wire::{Reader, WireError, Writer};
use crate::record::{LinkRun, event_digest};
use crate::state::erased::StoredEffect;
use crate::state::subject::{FoundedRun, StoredRecord};
use crate::trace::history::Place;

/// Set in an event's first byte if its block is not that of the event before.
const NEW_BLOCK: u8 = 1;
/// Set if it founded subjects.
const FOUNDS: u8 = 2;
/// Set if its payload is shown.
const OPENED: u8 = 4;
/// Bits of a standing in the byte that says role and standing.
const STANDING_BITS: u8 = 3;
/// An event has at least so many bytes: seven numbers and a digest, or a salt and an empty payload.
const EVENT_BYTES_MIN: usize = 24;

/// Record type, rules, author, flags, mask.
type Common = (u16, u16, u64, u64, u32);

fn common(record: &StoredRecord) -> Common {
    (record.record_type, record.rules, record.author, record.flags, record.mask)
}

pub(super) fn write(writer: &mut Writer, events: &[ShownEvent]) {
    let mut commons: BTreeMap<Common, u64> = BTreeMap::new();
    let mut in_order = Vec::new();
    let mut numbers = Vec::with_capacity(events.len());
    for event in events {
        let (common, next) = (common(&event.record), in_order.len() as u64);
        numbers.push(*commons.entry(common).or_insert_with(|| {
            in_order.push(common);
            next
        }));
    }
    writer.count(in_order.len());
    for (record_type, rules, author, flags, mask) in in_order {
        let numbers = [u64::from(record_type), u64::from(rules), author, flags, u64::from(mask)];
        numbers.into_iter().for_each(|number| writer.number(number));
    }
    writer.count(events.len());
    let mut before = Before::default();
    for (event, common) in events.iter().zip(numbers) {
        write_event(writer, event, common, &mut before);
    }
}

/// What an event is written as a difference to.
#[derive(Default)]
struct Before {
    place: Option<Place>,
    block_time: i64,
    event_time: i64,
    own: u64,
    /// The number after the last run of links.
    link: u64,
}

fn write_event(writer: &mut Writer, event: &ShownEvent, common: u64, before: &mut Before) {
    let ShownEvent { place, record, opened } = event;
    let new_block = before.place.is_none_or(|before| before.height != place.height);
    let mut control = 0;
    for (is_set, bit) in [(new_block, NEW_BLOCK), (record.names != Hash::ZERO, FOUNDS), (opened.is_some(), OPENED)] {
        control |= if is_set { bit } else { 0 };
    }
    writer.byte(control);
    let Place { height, index } = before.place.unwrap_or(Place { height: 0, index: 0 });
    if new_block {
        writer.difference(place.height, height);
        writer.number(u64::from(place.index));
        writer.time(record.block_time, before.block_time);
    } else {
        writer.difference(u64::from(place.index), u64::from(index));
    }
    writer.time(record.event_time, before.event_time);
    writer.difference(record.own, before.own);
    writer.number(common);
    if record.names != Hash::ZERO {
        writer.raw(&record.names.0);
    }
    writer.count(record.runs.len());
    for run in &record.runs {
        writer.byte(run.role << STANDING_BITS | run.standing);
        writer.difference(run.first, before.link);
        writer.number(u64::from(run.count));
        before.link = run.first.wrapping_add(u64::from(run.count));
    }
    match opened {
        Some(opened) => write_opened(writer, opened),
        None => writer.raw(&record.event_digest.0),
    }
    *before = Before {
        place: Some(*place),
        block_time: record.block_time,
        event_time: record.event_time,
        own: record.own,
        link: before.link,
    };
}

fn write_opened(writer: &mut Writer, opened: &Opened) {
    writer.raw(&opened.salt);
    writer.text(&opened.payload);
    writer.count(opened.founded.len());
    for run in &opened.founded {
        writer.number(run.first);
        writer.number(u64::from(run.count));
    }
    writer.count(opened.news.len());
    opened.news.iter().for_each(|length| writer.number(u64::from(*length)));
}

pub(super) fn read(reader: &mut Reader<'_>) -> Result<Vec<ShownEvent>, WireError> {
    let mut commons: Vec<Common> = Vec::new();
    for _ in 0..reader.count(EVENTS_MAX, 5)? {
        let record_type = narrow(reader.number()?)?;
        let rules = narrow(reader.number()?)?;
        commons.push((record_type, rules, reader.number()?, reader.number()?, reader.number_u32()?));
    }
    let count = reader.count(EVENTS_MAX, EVENT_BYTES_MIN)?;
    let mut events = Vec::with_capacity(count);
    let mut before = Before::default();
    let mut runs_left = LINK_RUNS_MAX;
    for _ in 0..count {
        events.push(read_event(reader, &commons, &mut before, &mut runs_left)?);
    }
    Ok(events)
}

fn narrow(number: u64) -> Result<u16, WireError> {
    u16::try_from(number).map_err(|_| WireError::Malformed)
}

fn read_event(
    reader: &mut Reader<'_>,
    commons: &[Common],
    before: &mut Before,
    runs_left: &mut usize,
) -> Result<ShownEvent, WireError> {
    let control = reader.byte()?;
    let before_place = before.place.unwrap_or(Place { height: 0, index: 0 });
    let (place, block_time) = if control & NEW_BLOCK != 0 {
        let height = reader.difference(before_place.height)?;
        (Place { height, index: reader.number_u32()? }, reader.time(before.block_time)?)
    } else {
        let index = reader.difference(u64::from(before_place.index))?;
        let index = u32::try_from(index).map_err(|_| WireError::Malformed)?;
        (Place { height: before_place.height, index }, before.block_time)
    };
    let event_time = reader.time(before.event_time)?;
    let own = reader.difference(before.own)?;
    let common = usize::try_from(reader.number()?).ok().and_then(|index| commons.get(index));
    let (record_type, rules, author, flags, mask) = *common.ok_or(WireError::Malformed)?;
    let names = if control & FOUNDS != 0 { reader.hash()? } else { Hash::ZERO };
    let runs = read_runs(reader, &mut before.link, runs_left)?;
    let opened = if control & OPENED != 0 { Some(Arc::new(read_opened(reader)?)) } else { None };
    let event_digest = match &opened {
        Some(opened) => event_digest(&opened.salt, &opened.payload),
        None => reader.hash()?,
    };
    *before = Before { place: Some(place), block_time, event_time, own, link: before.link };
    let founded = Vec::new();
    #[rustfmt::skip]
    let record = StoredRecord {
            effect: StoredEffect::default(),
        record_type, block_time, event_time, rules, author, own, flags, mask, event_digest, names, runs, founded,
    };
    Ok(ShownEvent { place, record: Arc::new(record), opened })
}

fn read_runs(reader: &mut Reader<'_>, link: &mut u64, runs_left: &mut usize) -> Result<Vec<LinkRun>, WireError> {
    let count = reader.count(*runs_left, 3)?;
    *runs_left -= count;
    let mut runs = Vec::with_capacity(count);
    for _ in 0..count {
        let kind = reader.byte()?;
        let first = reader.difference(*link)?;
        let count = reader.number_u32()?;
        *link = first.wrapping_add(u64::from(count));
        runs.push(LinkRun { role: kind >> STANDING_BITS, standing: kind & ((1 << STANDING_BITS) - 1), first, count });
    }
    Ok(runs)
}

fn read_opened(reader: &mut Reader<'_>) -> Result<Opened, WireError> {
    let salt = reader.array()?;
    let payload = reader.text(PAYLOAD_BYTES_MAX)?.to_vec();
    let mut founded = Vec::new();
    for _ in 0..reader.count(FOUNDED_MAX, 2)? {
        founded.push(FoundedRun { first: reader.number()?, count: reader.number_u32()? });
    }
    let mut news = Vec::new();
    for _ in 0..reader.count(FOUNDED_MAX, 1)? {
        news.push(reader.number_u32()?);
    }
    Ok(Opened { salt, payload, founded, news })
}
