//! When a thing, or what it was in, was too warm or too cold (D7a), and what was decided of that (D7b): from what befell it,
//! by the trace that everybody makes.
//!
//! Who has a thing, or carries it for one who has, says that there was an excursion. Whether the thing is still good only who
//! made it decides, or an authority; until then, and after a rejection for good, it can't be used. What was done with it all the
//! same is told. None of this weighs in anybody's credit: what a carrier owed is its contract's.

use std::collections::{BTreeMap, BTreeSet};

use suyuan_epcis::hash::{EventHash, IgnoredFields, Profile};
use suyuan_epcis::model::{Event, SensorElement};

use crate::derive::quantity::thousandths;
use crate::derive::time::milliseconds;
use crate::hash::Hash;
use crate::key::{KeyKind, SubjectKey};
use crate::kv::{Read, StoreError};
use crate::named::named;
use crate::organisation::{Directory, OrganisationRole};
use crate::profile::{RecordType, declared_type, profiled, text, time_ms, word};
use crate::record::{Role, Standing};
use crate::state::standing::is_class_level;
use crate::state::subject::{NONE, StoredRecord};
use crate::trace::closure::{Closure, Direction, Edge, Query, Relation, close};
use crate::trace::history::{History, Place};
use crate::trace::store::StoreHistory;

/// So many subjects on the way through what a thing was in, or what is in it.
const NODES_MAX: usize = 1 << 12;
/// So many events of a thing are read, and so many things in one that is asked for.
const EVENTS_MAX: usize = 1 << 12;
const THINGS_MAX: usize = 1 << 8;

named! {
    /// What was decided of a thing.
    pub enum Verdict {
        /// It can be used.
        Release "release",
        /// It can't, for good.
        Reject "reject",
    }
}

named! {
    /// How a decision does not go with the minutes that it names.
    pub enum Contradiction {
        /// Released, though more minutes were used than there may be.
        ReleasedAboveBudget "released_above_budget",
        /// Rejected, though there were minutes left.
        RejectedWithinBudget "rejected_within_budget",
        /// It names fewer minutes than the ledger knows of.
        UsedTooFew "used_too_few",
    }
}

/// What was decided of an excursion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The hash of its record.
    pub record: Hash,
    /// Who decided.
    pub by: String,
    /// It.
    pub verdict: Verdict,
    /// So many minutes were used before, as follows from what it names.
    pub prior: u64,
    /// With those of the excursion, as it says.
    pub used: u64,
    /// So many there may be, if it says that.
    pub budget: Option<u64>,
    /// Where that does not go together.
    pub contradiction: Option<Contradiction>,
}

/// What the readings of a series are in the time of an excursion, in tenths of a degree Celsius.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Readings {
    /// How many.
    pub samples: u64,
    /// The lowest.
    pub min: i64,
    /// The highest.
    pub max: i64,
}

/// A thing, or what it was in, was too warm or too cold. Temperatures are tenths of a degree Celsius.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excursion {
    /// The hash of its record.
    pub record: Hash,
    /// The event's own hash, by which a decision names it.
    pub event: Hash,
    /// Who says it.
    pub by: String,
    /// Who had it then, as that one says.
    pub custodian: String,
    /// From when, in milliseconds since 1970.
    pub from: i64,
    /// Until when.
    pub to: i64,
    /// For how many minutes.
    pub minutes: u64,
    /// The lowest temperature.
    pub min: i64,
    /// The highest.
    pub max: i64,
    /// What the readings say, if they are on the ledger.
    pub readings: Option<Readings>,
    /// Whether only some of the lot or class that is asked for was there.
    pub is_in_part: bool,
    /// What was decided.
    pub decision: Option<Decision>,
}

impl Excursion {
    /// Whether what it befell can be used.
    pub fn is_usable(&self) -> bool {
        self.decision.as_ref().is_some_and(|decision| decision.verdict == Verdict::Release)
    }
}

/// A thing that was dispensed or sold though it could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misuse {
    /// The hash of the event's record.
    pub record: Hash,
    /// Who did it.
    pub by: String,
    /// When, as that one says, in milliseconds since 1970.
    pub at: i64,
    /// The thing, by its URI.
    pub thing: String,
}

/// The excursions of a thing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Excursions {
    /// In the order in which they were recorded.
    pub excursions: Vec<Excursion>,
    /// What was done with it, or with what is in it, though it could not be used.
    pub misuses: Vec<Misuse>,
    /// Whether that is all: not if too much befell it.
    pub is_whole: bool,
}

impl Excursions {
    /// Whether it can be used.
    pub fn is_usable(&self) -> bool {
        self.excursions.iter().filter(|one| !one.is_in_part).all(Excursion::is_usable)
    }
}

/// Reads the excursions of a subject up to a height.
pub fn of(store: &dyn Read, directory: &Directory, subject: u64, at_height: u64) -> Result<Excursions, StoreError> {
    let before = Place { height: at_height.saturating_add(1), index: 0 };
    let mut history = StoreHistory::before(store, before);
    let inside = Inside::of(&mut history, subject)?;
    let mut found = Fold::of(&mut history, directory, (subject, inside.maker))?;
    found.is_whole &= inside.is_whole;
    for thing in inside.ended {
        let maker = history.state_of(thing)?.maker;
        found.misuses.append(&mut Fold::of(&mut history, directory, (thing, maker))?.misuses);
    }
    found.misuses.sort_by_key(|misuse| (misuse.at, misuse.record));
    found.misuses.dedup();
    Ok(found)
}

fn query(subject: u64, direction: Direction) -> Query {
    Query { nodes_max: NODES_MAX, ..Query::new(vec![subject], direction) }
}

/// What is in a thing that was asked for.
struct Inside {
    /// Who made it all, or the thing itself if nothing is in it.
    maker: u64,
    /// The things in it that were dispensed or sold.
    ended: Vec<u64>,
    is_whole: bool,
}

impl Inside {
    fn of(history: &mut StoreHistory<'_>, subject: u64) -> Result<Inside, StoreError> {
        let maker = history.state_of(subject)?.maker;
        let kind = KeyKind::from_number(history.kind(subject)?);
        if !kind.is_some_and(is_container) {
            return Ok(Inside { maker, ended: Vec::new(), is_whole: true });
        }
        let closure = close(history, &query(subject, Direction::Forward))?;
        let things = contents(&closure, subject);
        let makers: BTreeSet<u64> =
            closure.nodes.iter().filter(|node| things.contains(&node.subject)).map(|node| node.state.maker).collect();
        // Of what several have made none decides for all.
        let maker = match makers.iter().copied().collect::<Vec<_>>().as_slice() {
            [] => maker,
            [one] => *one,
            _ => NONE,
        };
        let mut ended = BTreeSet::new();
        for event in closure.events.iter().take(EVENTS_MAX) {
            if is_misusable(history, event.place)? {
                ended.extend(named_by(&event.record).map(|(thing, _)| thing).filter(|thing| things.contains(thing)));
            }
        }
        let is_whole = closure.cuts.is_empty() && closure.events.len() <= EVENTS_MAX && ended.len() <= THINGS_MAX;
        Ok(Inside { maker, ended: ended.into_iter().take(THINGS_MAX).collect(), is_whole })
    }
}

/// Whether a thing is there to hold others, and its maker is not theirs.
fn is_container(kind: KeyKind) -> bool {
    matches!(kind, KeyKind::LogisticUnit | KeyKind::Container | KeyKind::Instance)
}

/// What was ever in a container, and in containers in it.
fn contents(closure: &Closure, container: u64) -> BTreeSet<u64> {
    let containers: BTreeSet<u64> = closure
        .nodes
        .iter()
        .filter(|node| KeyKind::from_number(node.kind).is_some_and(is_container))
        .map(|node| node.subject)
        .collect();
    let held = closure.edges.iter().filter(|edge| edge.relation == Relation::Containment);
    let mut by_parent: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    held.for_each(|Edge { from, to, .. }| by_parent.entry(*to).or_default().push(*from));
    let (mut things, mut open) = (BTreeSet::new(), vec![container]);
    while let Some(one) = open.pop() {
        for child in by_parent.remove(&one).unwrap_or_default() {
            match containers.contains(&child) {
                true => open.push(child),
                false => drop(things.insert(child)),
            }
        }
    }
    things
}

/// The things that an event is about, with its author's standing towards each.
fn named_by(record: &StoredRecord) -> impl Iterator<Item = (u64, u8)> {
    let runs = record.runs.iter().filter(|run| run.role == Role::Epc as u8);
    runs.flat_map(|run| (run.first..run.first.saturating_add(run.count.into())).map(|thing| (thing, run.standing)))
}

fn event_of(history: &mut StoreHistory<'_>, place: Place) -> Result<Option<Event>, StoreError> {
    Ok(history.payload(place)?.and_then(|payload| profiled(&payload)))
}

/// Whether an event dispenses or sells.
fn is_misusable(history: &mut StoreHistory<'_>, place: Place) -> Result<bool, StoreError> {
    let kind = event_of(history, place)?.as_ref().and_then(|event| declared_type(event).ok().flatten());
    Ok(kind.is_some_and(is_use))
}

fn is_use(kind: &RecordType) -> bool {
    matches!(kind.code, "D8.DISPENSE" | "F10.SELL")
}

/// The hash by which others name an event.
fn event_hash(event: &Event) -> Hash {
    Hash(EventHash::of(event, Profile::default(), &IgnoredFields::default()).digest)
}

/// Takes what befell one thing, in the order in which the ledger has it.
struct Fold<'a> {
    directory: &'a Directory,
    /// The thing and who made it.
    thing: (u64, u64),
    is_of_class: bool,
    /// It, and what it was in.
    around: BTreeSet<u64>,
    /// Who was named as carrier or as who has it on the way, by one with a right to it, and when first.
    carriers: BTreeMap<u64, i64>,
    /// Series of readings by the hashes of their events, and which one each excursion names.
    series: BTreeMap<Hash, Vec<(i64, i64)>>,
    named: Vec<Option<Hash>>,
    found: Excursions,
}

impl<'a> Fold<'a> {
    fn of(
        history: &mut StoreHistory<'_>,
        directory: &'a Directory,
        thing: (u64, u64),
    ) -> Result<Excursions, StoreError> {
        let closure = close(history, &query(thing.0, Direction::History))?;
        let withdrawn: BTreeSet<Place> = closure.errors.iter().map(|error| error.event).collect();
        let mut events: Vec<_> = closure.events.iter().filter(|event| !withdrawn.contains(&event.place)).collect();
        events.sort_by_key(|event| event.place);
        let is_whole = closure.cuts.is_empty() && events.len() <= EVENTS_MAX;
        events.truncate(EVENTS_MAX);
        let is_of_class = KeyKind::from_number(history.kind(thing.0)?).is_some_and(is_class_level);
        let around = closure.nodes.iter().map(|node| node.subject).collect();
        let found = Excursions { is_whole, ..Excursions::default() };
        let (carriers, series, named) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        let mut fold = Fold { directory, thing, is_of_class, around, carriers, series, named, found };
        let name = SubjectKey::parse(history.key_bytes(thing.0)?).map(|key| key.to_uri()).unwrap_or_default();
        for event in events {
            // What declares an event erroneous says it again, and does not say it.
            if event.record.runs.iter().any(|run| run.role == Role::Own as u8) {
                continue;
            }
            if let Some(said) = event_of(history, event.place)? {
                let hash = event.record.record(event.place.height, event.place.index).hash();
                fold.take((hash, &event.record), &said, &name);
            }
        }
        // A series is often recorded after what it shows.
        for (excursion, named) in fold.found.excursions.iter_mut().zip(fold.named) {
            let series = named.and_then(|series| fold.series.get(&series));
            excursion.readings = series.and_then(|series| within(series, excursion.from, excursion.to));
        }
        Ok(fold.found)
    }

    fn take(&mut self, (hash, record): (Hash, &StoredRecord), event: &Event, name: &str) {
        let Some(author) = self.directory.organisation(record.author) else { return };
        let of_it = named_by(record).filter(|(thing, _)| self.around.contains(thing));
        let standing = of_it.map(|(_, standing)| standing).max().unwrap_or(0);
        let is_by_right = standing > Standing::Bystander as u8;
        if event.biz_step.as_deref() == Some("shipping") && is_by_right {
            self.name_carriers(record, event);
        }
        if event.sensor_element_list.is_some() {
            self.series.insert(event_hash(event), readings(event));
        }
        let Some(kind) = declared_type(event).ok().flatten() else { return };
        let carries = self.carriers.get(&record.author).is_some_and(|since| *since <= record.event_time);
        match kind.code {
            "D7a.EXCURSION" if is_by_right || carries => self.begin((hash, record), (event, kind), &author.uri),
            "D7b.EXCURSION_DECISION" => self.decide((hash, record), (event, kind), &author.uri),
            _ if is_use(kind) && is_by_right && named_by(record).any(|(thing, _)| thing == self.thing.0) => {
                let mut unusable = self.found.excursions.iter().filter(|one| !one.is_in_part && !one.is_usable());
                if unusable.any(|one| one.from <= record.event_time) {
                    let (by, at, thing) = (author.uri.clone(), record.event_time, name.to_owned());
                    self.found.misuses.push(Misuse { record: hash, by, at, thing });
                }
            }
            _ => {}
        }
    }

    fn name_carriers(&mut self, record: &StoredRecord, event: &Event) {
        let named = text(event, "carrier").and_then(|uri| self.directory.number_of(uri));
        let on_the_way = event.destination_list.iter().flatten().filter(|one| {
            // Who owns it at the end has it when it has arrived.
            one.kind.as_deref() == Some("possessing_party")
        });
        let keys = on_the_way.filter_map(|one| SubjectKey::from_uri(one.value.as_deref()?).ok());
        let parties = keys.filter_map(|key| self.directory.organisation_of_party(&key, record.block_time));
        for number in named.into_iter().chain(parties) {
            self.carriers.entry(number).or_insert(record.event_time);
        }
    }

    fn begin(&mut self, (hash, record): (Hash, &StoredRecord), (event, kind): (&Event, &RecordType), by: &str) {
        let number = |name| word(event, kind, name).and_then(|text| text.parse::<i64>().ok());
        let read = || {
            let (from, to) = (time_ms(event, kind, "from")?, time_ms(event, kind, "to")?);
            let minutes = u64::try_from(number("minutes")?).ok()?;
            Some(Excursion {
                record: hash,
                event: event_hash(event),
                by: by.to_owned(),
                custodian: word(event, kind, "custodian").unwrap_or_default().to_owned(),
                from,
                to,
                minutes,
                min: number("min_dC")?,
                max: number("max_dC")?,
                readings: None,
                // Of a lot each has its own: only who made all of it speaks of all.
                is_in_part: self.is_of_class
                    && !(record.author == self.thing.1 && named_by(record).any(|(thing, _)| thing == self.thing.0)),
                decision: None,
            })
        };
        if let Some(excursion) = read() {
            self.found.excursions.push(excursion);
            self.named.push(word(event, kind, "series_ref").and_then(Hash::from_hex));
        }
    }

    fn decide(&mut self, (hash, record): (Hash, &StoredRecord), (event, kind): (&Event, &RecordType), by: &str) {
        let authority = self.directory.organisation(record.author);
        let is_authority = authority.is_some_and(|one| one.role == OrganisationRole::Authority);
        let is_maker = self.thing.1 != NONE && record.author == self.thing.1;
        let number = |name| word(event, kind, name).and_then(|text| text.parse::<u64>().ok());
        let target = word(event, kind, "excursion_ref").and_then(Hash::from_hex);
        let verdict = word(event, kind, "decision").and_then(Verdict::from_name);
        let (Some(target), Some(verdict), Some(used)) = (target, verdict, number("used_min")) else { return };
        // All that the ledger knows of up to this excursion.
        let mut known = 0u64;
        for excursion in self.found.excursions.iter_mut().filter(|_| is_maker || is_authority) {
            known = known.saturating_add(excursion.minutes);
            if excursion.event != target {
                continue;
            }
            // After a rejection it is good no more, whoever says so.
            let is_over = excursion.decision.as_ref().is_some_and(|before| before.verdict == Verdict::Reject);
            if is_over {
                return;
            }
            let budget = number("budget_min");
            let contradiction = match (budget, verdict) {
                _ if used < known => Some(Contradiction::UsedTooFew),
                (Some(budget), Verdict::Release) if used > budget => Some(Contradiction::ReleasedAboveBudget),
                (Some(budget), Verdict::Reject) if used <= budget => Some(Contradiction::RejectedWithinBudget),
                _ => None,
            };
            let (by, prior) = (by.to_owned(), used.saturating_sub(excursion.minutes));
            excursion.decision = Some(Decision { record: hash, by, verdict, prior, used, budget, contradiction });
        }
    }
}

/// The temperatures that an event's sensors have read: when, and in tenths of a degree Celsius.
fn readings(event: &Event) -> Vec<(i64, i64)> {
    let of = |element: &SensorElement| {
        let time = element.metadata.iter().flat_map(|metadata| &metadata.fields);
        let common = time.clone().find(|(field, _)| field.name == "time").and_then(|(_, text)| milliseconds(text));
        let read = element.reports.iter().filter_map(move |report| {
            let field =
                |name: &str| report.fields.iter().find(|(field, _)| field.name == name).map(|(_, text)| &**text);
            if field("type") != Some("Temperature") || field("uom") != Some("CEL") {
                return None;
            }
            let time = field("time").and_then(milliseconds).or(common)?;
            Some((time, thousandths(field("value")?)?.div_euclid(100)))
        });
        read.collect::<Vec<_>>()
    };
    event.sensor_element_list.iter().flatten().flat_map(of).collect()
}

/// The readings from one time to another, which is that of the first one that was good again.
fn within(series: &[(i64, i64)], from: i64, to: i64) -> Option<Readings> {
    let read: Vec<i64> = series.iter().filter(|(at, _)| (from..to).contains(at)).map(|(_, tenths)| *tenths).collect();
    let (min, max) = (read.iter().min()?, read.iter().max()?);
    Some(Readings { samples: read.len() as u64, min: *min, max: *max })
}
