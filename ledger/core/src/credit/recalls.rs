//! Recalls as closed loops (`03-records.md` F11, S13): announced, acknowledged by all direct customers, recovered, closed. Each
//! makes a fact RCL of whoever recalls, and one of level I that began late the ceiling CAP-5.
//!
//! Times are those of blocks: when a recall began, or was acknowledged, nobody says of itself. To whom the recalled
//! things went is read out of the ledger, and recovered is what those customers say they hold or destroyed, or what an
//! authority says; what a firm says of itself alone counts only as far as they confirm it.
//!
//! A recall of special equipment (S13) names neither how dangerous it is nor since when that is known, but a day on which it is
//! to be done. Unless an authority has ordered it with a level, nobody can say whether it began and was acknowledged in time:
//! then it is measured by what was recovered and whether it was closed by that day alone.

use std::collections::{BTreeMap, BTreeSet};

use suyuan_epcis::model::Event;

use super::calendar::Calendar;
use super::ceiling::{Ceiling, CeilingCode, Evidence};
use super::evaluate::Grade;
use super::fact::{Fact, FactStatus, Ring, Source};
use super::file::Author;
use super::indicator::Indicator;
use super::reading::{Place, Row, author, corrupt, place_of};
use super::rows::RowKind;
use super::traced::is_withdrawn;
use crate::codec;
use crate::day::Day;
use crate::hash::Hash;
use crate::kv::{Read, StoreError, Table};
use crate::named::named;
use crate::organisation::Directory;
use crate::profile::{ProductClass, declared_class, declared_type, profiled, text, thousandths, time_ms, word};
use crate::record::{Role, Standing};
use crate::state::reader::Reader;
use crate::state::subject::{StoredEntry, StoredRecord, place_key};
use crate::trace::closure::{Direction, Query, close};
use crate::trace::history::Place as EventPlace;
use crate::trace::store::StoreHistory;

/// The record types that announce a recall.
pub(crate) const ANNOUNCEMENTS: [&str; 2] = ["F11.RECALL", "S13.RECALL"];

/// Of a firm's recalls: its URI, zero, the place of the announcement. The value is [`Reach`].
pub(super) const ANNOUNCED: u8 = RowKind::Announced as u8;
/// Of what is said of recalls of an id: the id, zero, the place.
const STEP: u8 = RowKind::Step as u8;
/// Of recalls that an authority has ordered: the URI of who made the things, zero, the place.
pub(super) const ORDERED: u8 = RowKind::Ordered as u8;

/// That anything is recalled at all: the place.
const ANY: u8 = RowKind::Any as u8;

/// So many things that are recalled at once are looked at.
pub(crate) const ITEMS_MAX: usize = 256;
/// So many entries of their logs.
pub(super) const ENTRIES_MAX: u64 = 1 << 12;
/// And so many subjects on the way to direct customers.
const NODES_MAX: usize = 1 << 16;
/// So many records of one recall count, and so many recalls of one firm.
const RECORDS_MAX: usize = 1 << 14;
const MASS: u64 = 4_000;
const HOUR_MS: i64 = 3_600_000;
/// What makes the value (`05-credit-model.md` §5.2), in thousandths.
const STARTED_IN_TIME: u64 = 400;
const NOTIFIED_IN_TIME: u64 = 200;
const ALL_RECOVERED: u64 = 300;
const CLOSED_IN_TIME: u64 = 100;

named! {
    /// How dangerous what is recalled is.
    pub enum RecallLevel {
        /// It has harmed, or may do so gravely.
        I "I",
        /// It may harm for a time.
        II "II",
        /// It is not as it should be.
        III "III",
    }
}

impl RecallLevel {
    /// Within so many hours of when the risk is known it begins, and all customers know within as many more, but of drugs.
    pub fn hours(self) -> i64 {
        match self {
            RecallLevel::I => 24,
            RecallLevel::II => 48,
            RecallLevel::III => 72,
        }
    }

    /// Of drugs all customers know within so many hours (`03-records.md` §3.4, D11).
    pub fn hours_of_drugs(self) -> i64 {
        match self {
            RecallLevel::I => 24,
            RecallLevel::II => 3 * 24,
            RecallLevel::III => 7 * 24,
        }
    }

    /// Within so many working days of its announcement it is done.
    pub fn working_days(self) -> u32 {
        match self {
            RecallLevel::I => 10,
            RecallLevel::II => 20,
            RecallLevel::III => 30,
        }
    }

    fn ms(self) -> i64 {
        self.hours().saturating_mul(HOUR_MS)
    }
}

/// To whom recalled things had been shipped when they were recalled, by organisation numbers, and whether that is all.
#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
struct Reach {
    customers: Vec<u64>,
    is_whole: bool,
}

/// What an event says of a recall.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Said {
    Announced { level: RecallLevel, risk_known: i64, is_of_drugs: Option<bool> },
    OfEquipment { deadline: Day },
    Acknowledged { held: i64 },
    Destroyed { quantity: i64 },
    Closed { distributed: i64, recovered: i64 },
}

/// What an event says of a recall of an id, and in which unit; none for pieces.
type OfRecall = (String, Said, Option<String>);

fn read(event: &Event) -> Option<OfRecall> {
    let kind = declared_type(event).ok().flatten()?;
    let id = text(event, "recall_id").filter(|id| is_id(id))?.to_owned();
    let quantity = |name| thousandths(event, name).map(|(quantity, unit)| (quantity.max(0), unit));
    let (said, unit) = match kind.code {
        "F11.RECALL" => {
            let level = RecallLevel::from_name(word(event, kind, "level")?)?;
            let class = declared_class(event).ok().flatten();
            let is_of_drugs = class.map(|class| matches!(class, ProductClass::Drug | ProductClass::Vacc));
            (Said::Announced { level, risk_known: time_ms(event, kind, "risk_known_at")?, is_of_drugs }, None)
        }
        // Of anything else it would be a recall without a level.
        "S13.RECALL" if declared_class(event).ok().flatten() == Some(ProductClass::SpEq) => {
            (Said::OfEquipment { deadline: word(event, kind, "deadline").and_then(Day::parse)? }, None)
        }
        "F11a.RECALL_ACK" => {
            let (stock, unit) = quantity("stock_qty")?;
            let returned = quantity("returned_qty").filter(|(_, of)| *of == unit).map_or(0, |(returned, _)| returned);
            (Said::Acknowledged { held: stock.saturating_add(returned) }, unit)
        }
        "F12.DESTROY" => {
            let (quantity, unit) = quantity("qty")?;
            (Said::Destroyed { quantity }, unit)
        }
        "F11b.RECALL_CLOSE" => {
            let ((distributed, unit), (recovered, of)) = (quantity("distributed_qty")?, quantity("recovered_qty")?);
            (Said::Closed { distributed, recovered: if of == unit { recovered } else { 0 } }, unit)
        }
        _ => return None,
    };
    Some((id, said, unit.map(str::to_owned)))
}

/// As the type `id` of key data elements.
pub(crate) fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn key(table: u8, of: &str, place: Place) -> Vec<u8> {
    [&[table], of.as_bytes(), &[0], &place_key(place.0, place.1)].concat()
}

/// The subjects that an event is about and that its author has a right to.
fn items(record: &StoredRecord) -> Vec<u64> {
    let runs = record.runs.iter().filter(|run| run.role == Role::Epc as u8 && run.standing > Standing::Bystander as u8);
    runs.flat_map(|run| run.first..run.first.saturating_add(run.count.into())).take(ITEMS_MAX).collect()
}

/// Whether anything was ever recalled, as far as the index reaches.
pub fn is_any(store: &dyn Read) -> Result<bool, StoreError> {
    let mut is_any = false;
    store.scan(Table::Reading, &[ANY], &[ANY + 1], &mut |_, _| {
        is_any = true;
        false
    })?;
    Ok(is_any)
}

/// The rows of an event.
pub(super) fn rows(
    store: &dyn Read,
    directory: &Directory,
    place: Place,
    (record, event, by): (&StoredRecord, &Event, &Author),
) -> Result<Vec<Row>, StoreError> {
    let mut rows = Vec::new();
    if declared_type(event).ok().flatten().is_some_and(|kind| ANNOUNCEMENTS.contains(&kind.code)) {
        rows.push(([&[ANY], place_key(place.0, place.1).as_slice()].concat(), Vec::new()));
    }
    let Some((id, said, _)) = read(event) else { return Ok(rows) };
    match said {
        Said::Announced { .. } if by.is_authority => {
            let makers = items(record).into_iter().map(|subject| maker(&Reader::new(store), subject, place));
            let makers: BTreeSet<u64> = makers.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
            let uris = makers.into_iter().filter_map(|maker| directory.organisation(maker));
            rows.extend(uris.map(|maker| (key(ORDERED, &maker.uri, place), Vec::new())));
        }
        // Without a level there is no time by which it has to begin.
        Said::OfEquipment { .. } if by.is_authority => {}
        // Who has no right to a thing recalls nothing, and has nothing to say of its recall.
        _ if items(record).is_empty() => {}
        Said::Announced { .. } | Said::OfEquipment { .. } => {
            rows.push((key(ANNOUNCED, &by.uri, place), codec::encode(&reach(store, record, place)?)));
        }
        _ => rows.push((key(STEP, &id, place), Vec::new())),
    }
    Ok(rows)
}

/// To whom things were shipped by the author of their recall, as the ledger had it then.
fn reach(store: &dyn Read, record: &StoredRecord, (height, index): Place) -> Result<Reach, StoreError> {
    let mut history = StoreHistory::before(store, EventPlace { height, index });
    let things = items(record);
    let (query, things) = (Query::new(things.clone(), Direction::Forward), things.len());
    let query = Query { nodes_max: NODES_MAX, ..query };
    let closure = close(&mut history, &query)?;
    let own = closure.events.iter().filter(|event| event.record.author == record.author);
    let receivers = own.filter_map(|event| event.record.effect.ships_to()).filter(|to| *to != record.author);
    let customers: BTreeSet<u64> = receivers.collect();
    let is_whole = closure.cuts.is_empty() && things < ITEMS_MAX;
    Ok(Reach { customers: customers.into_iter().collect(), is_whole })
}

/// The first entries of a log, before an event.
pub(super) fn entries(reader: &Reader<'_>, log: u64, place: Place) -> Result<Vec<StoredEntry>, StoreError> {
    let mut entries = reader.entries_from(log, 0, ENTRIES_MAX)?;
    entries.retain(|entry| (entry.height, entry.index) < place);
    Ok(entries)
}

/// Who has made a thing: the first that acted as its owner.
fn maker(reader: &Reader<'_>, subject: u64, place: Place) -> Result<Option<u64>, StoreError> {
    let Some(run) = reader.run_at(subject)? else { return Ok(None) };
    let entries = entries(reader, run.log, place)?;
    let Some(first) = entries.into_iter().find(|entry| entry.standing == Standing::Owner as u8) else {
        return Ok(None);
    };
    Ok(reader.record(first.height, first.index)?.map(|record| record.author))
}

/// When an authority had first found one of the things bad, before its recall.
fn found_bad(
    reader: &Reader<'_>,
    record: &StoredRecord,
    (place, at_height): (Place, u64),
) -> Result<Option<i64>, StoreError> {
    let (mut first, mut looked_at): (Option<i64>, _) = (None, BTreeSet::new());
    for subject in items(record) {
        // Things that lived alike have one log.
        let Some(run) = reader.run_at(subject)?.filter(|run| looked_at.insert(run.log)) else { continue };
        for entry in entries(reader, run.log, place)? {
            if entry.standing != Standing::Authority as u8 {
                continue;
            }
            let (height, index) = (entry.height, entry.index);
            let (Some(record), Some(payload)) = (reader.record(height, index)?, reader.payload(height, index)?) else {
                continue;
            };
            if is_withdrawn(reader.store(), &record, at_height)? {
                continue;
            }
            let Some(event) = profiled(&payload.payload) else { continue };
            let kind = declared_type(&event).ok().flatten().filter(|kind| kind.code == "F13.SAMPLING");
            if kind.is_some_and(|kind| word(&event, kind, "result") == Some("fail")) {
                first = Some(first.map_or(record.block_time, |first| first.min(record.block_time)));
                break;
            }
        }
    }
    Ok(first)
}

/// A recall.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recall {
    /// Its id, as whoever recalls has named it.
    pub id: String,
    /// How dangerous; none of equipment, unless an authority says it.
    pub level: Option<RecallLevel>,
    /// The hash of the announcement's record.
    pub record: Hash,
    /// When the risk was known, at the latest: what the firm says, or an authority found or ordered before; if nobody says it, when
    /// it was announced.
    pub risk_known: i64,
    /// The block's time of the announcement.
    pub started: i64,
    /// By when all customers have to know, if there is a level.
    pub notify_by: Option<i64>,
    /// The last day on which it is closed in time.
    pub finish_by: Day,
    /// Those to whom the things had been shipped, and when they acknowledged.
    pub customers: Vec<(String, Option<i64>)>,
    /// Whether these are all; not if things went so many ways that not all were looked at.
    pub is_whole: bool,
    /// What the customers hold, were given back or destroyed, in thousandths of the unit.
    pub confirmed: i64,
    /// How it was closed.
    pub closed: Option<Closing>,
}

/// The report that closes a recall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closing {
    /// The hash of its record.
    pub record: Hash,
    /// The block's time.
    pub at: i64,
    /// How much had been distributed, in thousandths of the unit.
    pub distributed: i64,
    /// How much of it was recovered, as far as that is confirmed.
    pub recovered: i64,
    /// Whether an authority says so.
    pub is_of_authority: bool,
}

/// A recall that an authority has ordered and that was not announced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Its id.
    pub id: String,
    /// The hash of its record.
    pub record: Hash,
    /// By when it had to begin.
    pub start_by: i64,
    /// How dangerous.
    pub level: RecallLevel,
}

impl Recall {
    /// By when it had to begin, if there is a level.
    pub fn start_by(&self) -> Option<i64> {
        self.level.map(|level| self.risk_known.saturating_add(level.ms()))
    }

    /// Whether it began in time; without a level it can't be late.
    pub fn is_in_time(&self) -> bool {
        self.start_by().is_none_or(|by| self.started <= by)
    }

    /// Whether all customers knew in time; without a level, whenever that was.
    pub fn is_notified(&self) -> bool {
        self.customers.iter().all(|(_, at)| at.is_some_and(|at| self.notify_by.is_none_or(|by| at <= by)))
    }

    /// How much was recovered, in thousandths.
    pub fn recovery_permille(&self) -> u64 {
        let Some(Closing { distributed, recovered, .. }) = self.closed else { return 0 };
        let (recovered, distributed) =
            (recovered.max(0).unsigned_abs(), distributed.max(recovered).max(0).unsigned_abs());
        u128::from(recovered)
            .saturating_mul(1_000)
            .checked_div(distributed.into())
            .map_or(1_000, |part| u64::try_from(part).unwrap_or(1_000))
    }

    /// What it was handled well in, in points: begun in time, customers notified in time, what was recovered, closed in time. The
    /// first two are none without a level.
    pub fn parts(&self) -> [Option<u64>; 4] {
        let counts = |holds: bool, value: u64| if holds { value } else { 0 };
        let closed = self.closed.is_some_and(|closing| Day::in_china(closing.at) <= self.finish_by);
        let recovered = if self.closed.is_some() { self.recovery_permille() * ALL_RECOVERED / 1_000 } else { 0 };
        [
            self.level.map(|_| counts(self.is_in_time(), STARTED_IN_TIME)),
            self.level.map(|_| counts(self.is_notified(), NOTIFIED_IN_TIME)),
            Some(recovered),
            Some(counts(closed, CLOSED_IN_TIME)),
        ]
    }

    /// How well it was handled: 0 to 1000.
    pub fn value(&self) -> u16 {
        let done: u64 = self.parts().into_iter().flatten().sum();
        let value = match self.level {
            Some(_) => done,
            // What can't be measured is left out.
            None => done * 1_000 / (ALL_RECOVERED + CLOSED_IN_TIME),
        };
        u16::try_from(value).unwrap_or(1_000)
    }

    /// What it counts for: once it is closed, or should be.
    pub(super) fn fact(&self) -> Option<Fact> {
        let source = match self.closed {
            Some(Closing { is_of_authority: true, .. }) => Source::Authority,
            _ if self.customers.iter().any(|(_, at)| at.is_some()) => Source::BothSides,
            _ => Source::OwnStatement,
        };
        let closing = self.closed.map(|closing| closing.record);
        // What had gone to nobody is taken back from nobody: it says nothing of how recalls are handled.
        let is_any = source == Source::Authority || !self.customers.is_empty() || !self.is_whole;
        is_any.then(|| Fact {
            id: format!("{}.{}", Indicator::Recall.name(), self.id),
            indicator: Indicator::Recall,
            day: self.closed.map_or(self.finish_by.next(), |closing| Day::in_china(closing.at)),
            value: self.value(),
            mass: MASS,
            source,
            counterparty: None,
            status: FactStatus::Active,
            ring: Ring::Independent,
            evidence: std::iter::once(self.record).chain(closing).collect(),
        })
    }
}

/// A firm's recalls, and those that it was ordered to begin and did not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recalls {
    /// In the order of their announcements.
    pub announced: Vec<Recall>,
    /// Likewise.
    pub unanswered: Vec<Order>,
}

impl Recalls {
    /// What holds a grade down on a day: D from when one of level I had to begin until it does, C from then on until it
    /// is closed.
    pub(super) fn ceiling(&self, today: Day, is_contested: impl Fn(&Hash) -> bool) -> Option<Ceiling> {
        let ceiling = |grade, id: &str, record: &Hash| Ceiling {
            code: CeilingCode::RecallLate,
            grade,
            evidence: Evidence::List(vec![id.to_owned(), record.to_string()]),
        };
        let missing = self.unanswered.iter().find(|order| {
            order.level == RecallLevel::I && Day::in_china(order.start_by) < today && !is_contested(&order.record)
        });
        let late = self.announced.iter().find(|recall| {
            let is_open = recall.closed.is_none_or(|closing| Day::in_china(closing.at) > today);
            let is_late = recall.level == Some(RecallLevel::I) && !recall.is_in_time();
            is_late && is_open && Day::in_china(recall.started) <= today && !is_contested(&recall.record)
        });
        let missing = missing.map(|order| ceiling(Grade::D, &order.id, &order.record));
        missing.or_else(|| late.map(|recall| ceiling(Grade::C, &recall.id, &recall.record)))
    }
}

/// A record of a recall.
struct Found {
    place: Place,
    record: StoredRecord,
    by: Author,
    id: String,
    said: Said,
    unit: Option<String>,
}

impl Found {
    fn hash(&self) -> Hash {
        self.record.record(self.place.0, self.place.1).hash()
    }
}

/// Reads a firm's recalls up to a height.
pub(super) fn of_firm(
    store: &dyn Read,
    directory: &Directory,
    firm: &str,
    (at_height, calendar): (u64, &Calendar),
) -> Result<Recalls, StoreError> {
    let reader = Reader::new(store);
    let find = |place: Place| -> Result<Option<Found>, StoreError> {
        let (Some(record), Some(payload)) = (reader.record(place.0, place.1)?, reader.payload(place.0, place.1)?)
        else {
            return Ok(None);
        };
        if is_withdrawn(store, &record, at_height)? {
            return Ok(None);
        }
        let said = profiled(&payload.payload).as_ref().and_then(read);
        let found = said.zip(author(directory, record.author));
        Ok(found.map(|((id, said, unit), by)| Found { place, record, by, id, said, unit }))
    };
    let scan = |table: u8, of: &str| -> Result<Vec<(Place, Vec<u8>)>, StoreError> {
        let (from, to) = (key(table, of, (0, 0)), key(table, of, (at_height.saturating_add(1), 0)));
        let mut rows = Vec::new();
        store.scan(Table::Reading, &from, &to, &mut |key, value| {
            rows.extend(place_of(key).map(|place| (place, value.to_vec())));
            rows.len() < RECORDS_MAX
        })?;
        Ok(rows)
    };
    let mut orders = Vec::new();
    for (place, _) in scan(ORDERED, firm)? {
        orders.extend(find(place)?);
    }
    let (mut recalls, mut answered, mut known) = (Recalls::default(), BTreeSet::new(), BTreeSet::new());
    for (place, value) in scan(ANNOUNCED, firm)? {
        let Some(found) = find(place)? else { continue };
        let started = found.record.block_time;
        let (mut level, mut risk_known, mut is_of_drugs, deadline) = match found.said {
            Said::Announced { level, risk_known, is_of_drugs } => {
                (Some(level), risk_known, is_of_drugs == Some(true), None)
            }
            Said::OfEquipment { deadline } => (None, started, false, Some(deadline)),
            _ => continue,
        };
        // Said again, it is the same recall.
        if !known.insert(found.id.clone()) {
            continue;
        }
        let reach: Reach = codec::decode_trusted(&value).map_err(|error| corrupt(&format!("{error:?}")))?;
        let things: BTreeSet<u64> = items(&found.record).into_iter().collect();
        let before = orders.iter().filter(|order: &&Found| order.place < place);
        for order in before.filter(|order| items(&order.record).iter().any(|thing| things.contains(thing))) {
            risk_known = risk_known.min(order.record.block_time);
            // What an authority takes to be graver is.
            if let Said::Announced { level: ordered, is_of_drugs: are_drugs, .. } = order.said {
                level = Some(level.map_or(ordered, |level| level.min(ordered)));
                is_of_drugs &= are_drugs.unwrap_or(true);
            }
        }
        risk_known =
            found_bad(&reader, &found.record, (place, at_height))?.map_or(risk_known, |bad| bad.min(risk_known));
        let mut steps = Vec::new();
        for (place, _) in scan(STEP, &found.id)? {
            let is_of = |step: &Found| items(&step.record).iter().any(|thing| things.contains(thing));
            steps.extend(find(place)?.filter(|step| step.place > found.place && is_of(step)));
        }
        let day = Day::in_china(started);
        let of_level = level.map(|level| calendar.after(day, level.working_days()));
        // Of what makes it due nothing is before it began.
        let finish_by = of_level.into_iter().chain(deadline).min().unwrap_or(day).max(day);
        let customers = reach.customers.iter().filter_map(|number| directory.organisation(*number));
        let mut recall = Recall {
            id: found.id.clone(),
            level,
            record: found.hash(),
            risk_known,
            started,
            notify_by: level.map(|level| {
                let hours = if is_of_drugs { level.hours_of_drugs() } else { level.hours() };
                started.saturating_add(hours.saturating_mul(HOUR_MS))
            }),
            finish_by,
            customers: customers.map(|customer| (customer.uri.clone(), None)).collect(),
            is_whole: reach.is_whole,
            confirmed: 0,
            closed: None,
        };
        let closed_at = recall.follow(firm, &steps);
        for (number, order) in orders.iter().enumerate() {
            let is_open = closed_at.is_none_or(|closed| closed > order.place);
            if is_open && items(&order.record).iter().all(|thing| things.contains(thing)) {
                answered.insert(number);
            }
        }
        recalls.announced.push(recall);
    }
    let missing = orders.iter().enumerate().filter(|(number, _)| !answered.contains(number));
    recalls.unanswered = missing
        .filter_map(|(_, order)| match order.said {
            Said::Announced { level, .. } => Some(Order {
                id: order.id.clone(),
                record: order.hash(),
                start_by: order.record.block_time.saturating_add(level.ms()),
                level,
            }),
            _ => None,
        })
        .collect();
    Ok(recalls)
}

impl Recall {
    /// Takes what is said of it and of its things, in order: where it was closed first. Only what is in the unit of the closing
    /// report, or without one in that of the first word, is added up.
    fn follow(&mut self, firm: &str, steps: &[Found]) -> Option<Place> {
        let (mut held, mut destroyed) = (BTreeMap::new(), BTreeMap::<&str, i64>::new());
        let closing = steps.iter().find(|step| matches!(step.said, Said::Closed { .. }));
        let unit = closing.or(steps.first()).and_then(|step| step.unit.clone());
        let mut closed_at = None;
        for step in steps {
            let (by, is_firm) = (step.by.uri.as_str(), step.by.uri == firm);
            let counts = |quantity: i64| if step.unit == unit { quantity } else { 0 };
            match &step.said {
                Said::Acknowledged { held: quantity } if !is_firm => {
                    held.insert(by, counts(*quantity));
                    let customer = self.customers.iter_mut().find(|(customer, _)| customer == by);
                    if let Some((_, at)) = customer {
                        at.get_or_insert(step.record.block_time);
                    }
                }
                Said::Destroyed { quantity } if !is_firm => {
                    let sum = destroyed.entry(by).or_default();
                    *sum = sum.saturating_add(counts(*quantity));
                }
                Said::Closed { distributed, recovered } if is_firm || step.by.is_authority => {
                    // An authority's word is the last one; of the firm's own the first.
                    let takes = match self.closed {
                        None => true,
                        Some(closing) => step.by.is_authority && !closing.is_of_authority,
                    };
                    if takes {
                        closed_at = closed_at.or(Some(step.place));
                        let at = self.closed.map_or(step.record.block_time, |closing| closing.at);
                        let (distributed, recovered) = (*distributed, *recovered);
                        let is_of_authority = step.by.is_authority;
                        self.closed =
                            Some(Closing { record: step.hash(), at, distributed, recovered, is_of_authority });
                    }
                }
                _ => {}
            }
        }
        // Who destroyed what it held says so twice: the greater counts.
        let firms: BTreeSet<&str> = held.keys().chain(destroyed.keys()).copied().collect();
        let confirmed = firms.into_iter().map(|one| {
            let of = |sums: &BTreeMap<&str, i64>| sums.get(one).copied().unwrap_or(0);
            of(&held).max(of(&destroyed))
        });
        self.confirmed = confirmed.fold(0, i64::saturating_add);
        if let Some(closing) = self.closed.as_mut().filter(|closing| !closing.is_of_authority) {
            closing.recovered = closing.recovered.min(self.confirmed);
        }
        closed_at
    }
}
