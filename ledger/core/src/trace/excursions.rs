//! When a thing, or what it was in, was too warm or too cold (D7a), and what was decided of that (D7b): from what befell it,
//! by the trace that everybody makes.
//!
//! Who has a thing, or carries it for one who has, says that there was an excursion. Whether the thing is still good only who
//! made it decides, or an authority; until then, and after a rejection for good, it can't be used. What was done with it all the
//! same is told. None of this weighs in anybody's credit: what a carrier owed is its contract's.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use suyuan_epcis::hash::{EventHash, IgnoredFields, Profile};
use suyuan_epcis::model::Event;

use crate::hash::Hash;
use crate::key::{KeyKind, SubjectKey};
use crate::kv::{Read, StoreError};
use crate::named::named;
use crate::organisation::{Directory, OrganisationRole};
use crate::profile::{RecordType, declared_type, profiled, text, time_ms, word};
use crate::record::{Role, Standing};
use crate::series::{Reading, readings};
use crate::state::standing::is_class_level;
use crate::state::subject::{NONE, StoredRecord};
use crate::trace::closure::{Closure, Direction, Edge, Query, Relation, Shown, close};
use crate::trace::history::{History, Place};
use crate::trace::store::StoreHistory;

/// So many subjects on the way through what a thing was in, or what is in it.
const NODES_MAX: usize = 1 << 12;
/// So many events of a thing are read, and so many things in one that is asked for.
const EVENTS_MAX: usize = 1 << 12;
const THINGS_MAX: usize = 1 << 8;
/// So many steps from what holds to what is held.
const STEPS_MAX: usize = 1 << 14;

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
    /// Whether whoever said it has declared that erroneous. What was decided of holds all the same.
    pub is_withdrawn: bool,
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
    /// Whether it is known that it can be used: not of a thing of which not all is read.
    pub fn is_usable(&self) -> bool {
        self.is_whole && !self.is_unusable()
    }

    /// Whether it is known that it can't be used.
    pub fn is_unusable(&self) -> bool {
        self.excursions.iter().any(|one| !one.is_in_part && !one.is_usable())
    }
}

/// From when until when: the end is no part of it.
pub(super) type Span = (i64, i64);

pub(super) const ALWAYS: Span = (i64::MIN, i64::MAX);

/// Whether a time meets that of an excursion, which lasts at least a moment.
fn meets(span: Span, (from, to): Span) -> bool {
    from < span.1 && span.0 < to.max(from.saturating_add(1))
}

/// Reads the excursions of a subject up to a height.
pub fn of(store: &dyn Read, directory: &Directory, subject: u64, at_height: u64) -> Result<Excursions, StoreError> {
    let before = Place { height: at_height.saturating_add(1), index: 0 };
    let mut history = StoreHistory::before(store, before);
    let inside = Inside::of(&mut history, subject)?;
    let mut found = Fold::of(&mut history, directory, subject, inside.makers)?;
    found.is_whole &= inside.is_whole;
    for thing in inside.ended {
        let makers = Makers { own: maker(&mut history, thing)?, contents: Vec::new() };
        let mut of_thing = Fold::of(&mut history, directory, thing, makers)?;
        found.is_whole &= of_thing.is_whole;
        found.misuses.append(&mut of_thing.misuses);
    }
    found.misuses.sort_by_key(|misuse| (misuse.at, misuse.record));
    found.misuses.dedup();
    Ok(found)
}

fn query(subject: u64, direction: Direction) -> Query {
    Query { nodes_max: NODES_MAX, ..Query::new(vec![subject], direction) }
}

/// Who has made a thing: the first that acted as its owner. The state would say who it is now, whatever the height.
pub(super) fn maker(history: &mut StoreHistory<'_>, subject: u64) -> Result<u64, StoreError> {
    let log = history.log_of(subject)?;
    let arena = history.arena();
    let first = arena.log_entries(log).iter().find(|entry| entry.standing == Standing::Owner as u8);
    Ok(first.and_then(|entry| arena.record(entry.event)).map_or(NONE, |record| record.author))
}

/// Who made a thing, or what is in it.
struct Makers {
    own: u64,
    /// Who made what was in it, and when that was there.
    contents: Vec<(u64, Span)>,
}

impl Makers {
    /// Who decides of an excursion: who made all that was there then, or the thing itself if nothing was.
    fn decides(&self, time: Span) -> u64 {
        let there = self.contents.iter().filter(|(_, span)| meets(*span, time));
        let makers: BTreeSet<u64> = there.map(|(maker, _)| *maker).collect();
        // Of what several have made none decides for all.
        match makers.into_iter().collect::<Vec<_>>().as_slice() {
            [] => self.own,
            [one] => *one,
            _ => NONE,
        }
    }

    fn all(&self) -> impl Iterator<Item = u64> {
        std::iter::once(self.own).chain(self.contents.iter().map(|(maker, _)| *maker))
    }
}

/// What is in a thing that was asked for.
struct Inside {
    makers: Makers,
    /// The things in it that were dispensed or sold.
    ended: Vec<u64>,
    is_whole: bool,
}

impl Inside {
    fn of(history: &mut StoreHistory<'_>, subject: u64) -> Result<Inside, StoreError> {
        let mut makers = Makers { own: maker(history, subject)?, contents: Vec::new() };
        let kind = KeyKind::from_number(history.kind(subject)?);
        if !kind.is_some_and(is_container) {
            return Ok(Inside { makers, ended: Vec::new(), is_whole: true });
        }
        let closure = close(history, &query(subject, Direction::Forward))?;
        let (held, is_all) = contents(&closure, subject);
        for (thing, span) in &held {
            makers.contents.push((maker(history, *thing)?, *span));
        }
        let things: BTreeSet<u64> = held.iter().map(|(thing, _)| *thing).collect();
        let of_things = |record: &StoredRecord| {
            let named = named_by(record).filter(|(_, standing)| *standing > Standing::Bystander as u8);
            named.map(|(thing, _)| thing).filter(|thing| things.contains(thing)).collect::<Vec<_>>()
        };
        let mut ended = BTreeSet::new();
        let mut read = 0usize;
        for event in &closure.events {
            let named = of_things(&event.record);
            read = read.saturating_add(usize::from(!named.is_empty()));
            if read > EVENTS_MAX {
                break;
            }
            if !named.is_empty() && is_misusable(history, event.place)? {
                ended.extend(named);
            }
        }
        let is_whole = is_all && closure.cuts.is_empty() && read <= EVENTS_MAX && ended.len() <= THINGS_MAX;
        Ok(Inside { makers, ended: ended.into_iter().take(THINGS_MAX).collect(), is_whole })
    }
}

/// Whether a thing is there to hold others, and its maker is not theirs.
fn is_container(kind: KeyKind) -> bool {
    matches!(kind, KeyKind::LogisticUnit | KeyKind::Container | KeyKind::Instance)
}

/// What was ever in a container, and in containers in it, with when it was; and whether that is all.
fn contents(closure: &Closure, container: u64) -> (BTreeSet<(u64, Span)>, bool) {
    let containers: BTreeSet<u64> = closure
        .nodes
        .iter()
        .filter(|node| KeyKind::from_number(node.kind).is_some_and(is_container))
        .map(|node| node.subject)
        .collect();
    let times: BTreeMap<Place, i64> =
        closure.events.iter().map(|event| (event.place, event.record.event_time)).collect();
    let held = closure.edges.iter().filter(|edge| edge.relation == Relation::Containment);
    let mut by_parent: BTreeMap<u64, Vec<(u64, Span)>> = BTreeMap::new();
    held.for_each(|Edge { from, to, event, until, .. }| {
        let begun = times.get(event).copied().unwrap_or(i64::MIN);
        let ended = until.and_then(|until| times.get(&until).copied()).unwrap_or(i64::MAX);
        by_parent.entry(*to).or_default().push((*from, (begun, ended)));
    });
    let (mut things, mut open, mut steps) = (BTreeSet::new(), vec![(container, ALWAYS)], 0usize);
    while let Some((one, (from, to))) = open.pop() {
        for (child, (begun, ended)) in by_parent.get(&one).into_iter().flatten() {
            steps = steps.saturating_add(1);
            // Records may say that two things are in each other.
            if steps > STEPS_MAX {
                return (things, false);
            }
            let span = (from.max(*begun), to.min(*ended));
            match containers.contains(child) {
                _ if span.0 >= span.1 => {}
                true => open.push((*child, span)),
                false => drop(things.insert((*child, span))),
            }
        }
    }
    (things, true)
}

/// The things that an event is about, with its author's standing towards each.
pub(super) fn named_by(record: &StoredRecord) -> impl Iterator<Item = (u64, u8)> {
    let runs = record.runs.iter().filter(|run| run.role == Role::Epc as u8);
    runs.flat_map(|run| (run.first..run.first.saturating_add(run.count.into())).map(|thing| (thing, run.standing)))
}

pub(super) fn event_of(history: &mut StoreHistory<'_>, place: Place) -> Result<Option<Event>, StoreError> {
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
pub(crate) fn event_hash(event: &Event) -> Hash {
    Hash(EventHash::of(event, Profile::default(), &IgnoredFields::default()).digest)
}

/// What is read of a thing: of itself, of what it was in, and of its lot.
struct Sources {
    /// The thing, and what it was in, with when it was.
    around: BTreeMap<u64, Vec<Span>>,
    /// Its lots, and who made each: of all in a lot nobody else but an authority speaks.
    lots: BTreeMap<u64, u64>,
    /// All events about these, and those that declare such events erroneous.
    events: BTreeMap<Place, Arc<StoredRecord>>,
    is_whole: bool,
}

impl Sources {
    fn of(history: &mut StoreHistory<'_>, thing: u64) -> Result<Sources, StoreError> {
        let closure = close(history, &query(thing, Direction::History))?;
        let mut around: BTreeMap<u64, Vec<Span>> = BTreeMap::new();
        for node in &closure.nodes {
            let spans = match &node.shown {
                Shown::Windows(spans) if node.subject != thing => spans.iter().collect(),
                _ => vec![ALWAYS],
            };
            around.insert(node.subject, spans);
        }
        let lots = lots(history, thing)?;
        let mut events = BTreeMap::new();
        for subject in around.keys().chain(lots.keys()) {
            // What is said of a container later can be of when the thing was in it: its whole log is read.
            let log = history.log_of(*subject)?;
            let arena = history.arena();
            for entry in arena.log_entries(log) {
                if [Role::Epc as u8, Role::Error as u8].contains(&entry.role)
                    && let Some(record) = arena.record(entry.event)
                {
                    events.insert(arena.place_of(entry.event), Arc::clone(record));
                }
            }
        }
        Ok(Sources { around, lots, events, is_whole: closure.cuts.is_empty() })
    }

    /// What an author's standing is towards what an event is about.
    fn standing(&self, record: &StoredRecord) -> u8 {
        let of_it = named_by(record).filter(|(thing, _)| self.around.contains_key(thing));
        of_it.map(|(_, standing)| standing).max().unwrap_or(0)
    }
}

/// The lots that an item is of, as those with a right to it say, and who made them.
pub(super) fn lots(history: &mut StoreHistory<'_>, thing: u64) -> Result<BTreeMap<u64, u64>, StoreError> {
    let (log, class) = (history.log_of(thing)?, history.class_of(thing)?);
    let is_lot = KeyKind::from_number(history.kind(thing)?).is_some_and(is_class_level);
    let mut named = BTreeSet::new();
    let arena = history.arena();
    for entry in arena.log_entries(log).iter().filter(|entry| !is_lot && has_right(entry.standing)) {
        let runs = arena.record(entry.event).into_iter().flat_map(|record| &record.runs);
        let of_lots = runs.filter(|run| run.role == Role::Lot as u8);
        named.extend(of_lots.flat_map(|run| run.first..run.first.saturating_add(run.count.into())));
    }
    let mut lots = BTreeMap::new();
    for lot in named {
        if class.is_some() && history.class_of(lot)? == class {
            lots.insert(lot, maker(history, lot)?);
        }
    }
    Ok(lots)
}

/// Whether this standing is enough to say what befell a thing.
pub(super) fn has_right(standing: u8) -> bool {
    standing >= Standing::Holder as u8
}

pub(super) fn is_error(record: &StoredRecord) -> bool {
    record.runs.iter().any(|run| run.role == Role::Own as u8)
}

/// The own numbers of the events that one declares erroneous.
pub(super) fn errors(record: &StoredRecord) -> impl Iterator<Item = u64> {
    let runs = record.runs.iter().filter(|run| run.role == Role::Own as u8);
    runs.flat_map(|run| run.first..run.first.saturating_add(run.count.into()))
}

/// An event that was read.
struct Said {
    place: Place,
    record: Arc<StoredRecord>,
    event: Event,
}

/// When a carrier had a thing: from a shipment until it was received.
struct Leg {
    carrier: u64,
    from: i64,
    to: i64,
    /// Where the shipment was declared erroneous.
    withdrawn: Option<Place>,
}

/// An excursion with what it takes to follow it.
struct Case {
    excursion: Excursion,
    /// The event's own number.
    own: u64,
    series: Option<Hash>,
    /// Who decides beside an authority.
    maker: u64,
    /// Those that were not withdrawn, with their events' own numbers.
    decisions: Vec<(u64, Decision)>,
    was_decided: bool,
}

impl Case {
    /// The decision that counts: a rejection, or the last one.
    fn settle(&mut self) {
        let rejected = self.decisions.iter().find(|(_, one)| one.verdict == Verdict::Reject);
        self.excursion.decision = rejected.or(self.decisions.last()).map(|(_, one)| one.clone());
    }

    fn withdraw(&mut self, own: u64) {
        self.excursion.is_withdrawn |= self.own == own;
        let Some(at) = self.decisions.iter().position(|(decided, _)| *decided == own) else { return };
        let (_, withdrawn) = self.decisions.remove(at);
        let is_rejected = self.decisions.iter().any(|(_, one)| one.verdict == Verdict::Reject);
        // What was released before it was rejected is not good again: it is to be decided anew.
        if withdrawn.verdict == Verdict::Reject && !is_rejected {
            self.decisions.clear();
        }
        self.settle();
    }

    /// Whether it still counts: of what was decided nobody takes back that it happened.
    fn counts(&self) -> bool {
        !self.excursion.is_withdrawn || self.was_decided
    }
}

/// Takes what befell one thing, in the order in which the ledger has it.
struct Fold<'a> {
    directory: &'a Directory,
    thing: u64,
    makers: Makers,
    is_of_class: bool,
    sources: Sources,
    legs: Vec<Leg>,
    /// Where events were declared erroneous, by their own numbers.
    withdrawn: BTreeMap<u64, Place>,
    /// Series of readings by the hashes of their events.
    series: BTreeMap<Hash, Vec<Reading>>,
    cases: Vec<Case>,
    misuses: Vec<Misuse>,
}

impl<'a> Fold<'a> {
    fn of(
        history: &mut StoreHistory<'_>,
        directory: &'a Directory,
        thing: u64,
        makers: Makers,
    ) -> Result<Excursions, StoreError> {
        let sources = Sources::of(history, thing)?;
        let is_of_class = KeyKind::from_number(history.kind(thing)?).is_some_and(is_class_level);
        let mut withdrawn = BTreeMap::new();
        for (place, record) in &sources.events {
            for own in errors(record) {
                withdrawn.entry(own).or_insert(*place);
            }
        }
        let (legs, series, cases, misuses) = (Vec::new(), BTreeMap::new(), Vec::new(), Vec::new());
        let mut fold = Fold { directory, thing, makers, is_of_class, sources, legs, withdrawn, series, cases, misuses };
        let (said, is_whole) = fold.read(history)?;
        let name = SubjectKey::parse(history.key_bytes(thing)?).map(|key| key.to_uri()).unwrap_or_default();
        let mut said = said.into_iter().peekable();
        for (place, record) in std::mem::take(&mut fold.sources.events) {
            // What declares an event erroneous says it again, and does not say it.
            if is_error(&record) {
                errors(&record).for_each(|own| fold.cases.iter_mut().for_each(|case| case.withdraw(own)));
            }
            if let Some(one) = said.next_if(|one| one.place == place) {
                fold.take(&one, &name);
            }
        }
        fold.cases.retain(Case::counts);
        // A series is often recorded after what it shows.
        for Case { excursion, series, .. } in &mut fold.cases {
            let series = series.and_then(|series| fold.series.get(&series));
            excursion.readings = series.and_then(|series| within(series, excursion.from, excursion.to));
        }
        let excursions = fold.cases.into_iter().map(|case| case.excursion).collect();
        Ok(Excursions { excursions, misuses: fold.misuses, is_whole: is_whole && fold.sources.is_whole })
    }

    /// Reads what is said by those whose word counts, in order, and whether that is all. What strangers record is not even
    /// read: they could hide the rest behind it.
    fn read(&mut self, history: &mut StoreHistory<'_>) -> Result<(Vec<Said>, bool), StoreError> {
        let deciding: BTreeSet<u64> = self.makers.all().chain(self.sources.lots.values().copied()).collect();
        let is_heard = |record: &StoredRecord| {
            let is_authority = || {
                let author = self.directory.organisation(record.author);
                author.is_some_and(|one| one.role == OrganisationRole::Authority)
            };
            self.sources.standing(record) > 0 || deciding.contains(&record.author) || is_authority()
        };
        let events = self.sources.events.iter().filter(|(_, record)| !is_error(record));
        let (heard, others): (Vec<_>, Vec<_>) = events.partition(|(_, record)| is_heard(record));
        let mut said = Vec::new();
        for (place, record) in heard.iter().take(EVENTS_MAX) {
            said.extend(event_of(history, **place)?.map(|event| Said {
                place: **place,
                record: Arc::clone(record),
                event,
            }));
        }
        let legs = self.legs_of(&said);
        let carriers: BTreeSet<u64> = legs.iter().map(|leg| leg.carrier).collect();
        let of_carriers: Vec<_> = others.into_iter().filter(|(_, record)| carriers.contains(&record.author)).collect();
        for (place, record) in of_carriers.iter().take(EVENTS_MAX) {
            said.extend(event_of(history, **place)?.map(|event| Said {
                place: **place,
                record: Arc::clone(record),
                event,
            }));
        }
        let is_whole = heard.len() <= EVENTS_MAX && of_carriers.len() <= EVENTS_MAX;
        said.sort_by_key(|one| one.place);
        self.legs = legs;
        Ok((said, is_whole))
    }

    fn legs_of(&self, said: &[Said]) -> Vec<Leg> {
        let by_right = |step: &'static str| {
            let with_step = said.iter().filter(move |one| one.event.biz_step.as_deref() == Some(step));
            with_step.filter(|one| has_right(self.sources.standing(&one.record)))
        };
        let received = by_right("receiving").filter(|one| !self.withdrawn.contains_key(&one.record.own));
        let received: BTreeSet<i64> = received.map(|one| one.record.event_time).collect();
        let mut legs = Vec::new();
        for Said { record, event, .. } in by_right("shipping") {
            let from = record.event_time;
            let to = received.range(from.saturating_add(1)..).next().copied().unwrap_or(i64::MAX);
            let withdrawn = self.withdrawn.get(&record.own).copied();
            let carriers = self.carriers(record, event);
            legs.extend(carriers.into_iter().map(|carrier| Leg { carrier, from, to, withdrawn }));
        }
        legs
    }

    /// Whom a shipment names as carrier, or as who has it on the way.
    fn carriers(&self, record: &StoredRecord, event: &Event) -> Vec<u64> {
        let named = text(event, "carrier").and_then(|uri| self.directory.number_of(uri));
        let on_the_way = event.destination_list.iter().flatten().filter(|one| {
            // Who owns it at the end has it when it has arrived.
            one.kind.as_deref() == Some("possessing_party")
        });
        let keys = on_the_way.filter_map(|one| SubjectKey::from_uri(one.value.as_deref()?).ok());
        let parties = keys.filter_map(|key| self.directory.organisation_of_party(&key, record.block_time));
        named.into_iter().chain(parties).collect()
    }

    fn take(&mut self, said: &Said, name: &str) {
        let Said { place, record, event } = said;
        let Some(author) = self.directory.organisation(record.author) else { return };
        let hash = record.record(place.height, place.index).hash();
        let is_withdrawn = self.withdrawn.contains_key(&record.own);
        if event.sensor_element_list.is_some() && !is_withdrawn {
            self.series.insert(event_hash(event), readings(event));
        }
        let Some(kind) = declared_type(event).ok().flatten() else { return };
        let names_it =
            |standing: u8| named_by(record).any(|(thing, towards)| thing == self.thing && towards >= standing);
        match kind.code {
            "D7a.EXCURSION" => self.begin(hash, said, kind, &author.uri),
            "D7b.EXCURSION_DECISION" => self.decide((hash, record), (event, kind), &author.uri),
            _ if is_use(kind) && !is_withdrawn && names_it(Standing::Unconfirmed as u8) => {
                // When it was used only its user says: the block's time bounds how early.
                let at = record.event_time.max(record.block_time);
                let of_all = self.cases.iter().filter(|case| case.counts() && !case.excursion.is_in_part);
                let mut unusable = of_all.map(|case| &case.excursion).filter(|one| !one.is_usable());
                if unusable.any(|one| one.from <= at) {
                    let (by, at, thing) = (author.uri.clone(), record.event_time, name.to_owned());
                    self.misuses.push(Misuse { record: hash, by, at, thing });
                }
            }
            _ => {}
        }
    }

    /// Who decides of an excursion that is said by one who may say it; none if its author may not.
    fn may_say(&self, Said { place, record, .. }: &Said, time: Span) -> Option<u64> {
        let is_there = |thing: &u64| {
            self.sources.around.get(thing).is_some_and(|spans| spans.iter().any(|span| meets(*span, time)))
        };
        let mut there = named_by(record).filter(|(thing, _)| is_there(thing)).peekable();
        let carries = self.legs.iter().any(|leg| {
            let is_within = leg.carrier == record.author && leg.from <= time.0 && time.1 <= leg.to;
            is_within && leg.withdrawn.is_none_or(|withdrawn| *place < withdrawn)
        });
        if there.peek().is_some() && (carries || there.any(|(_, standing)| has_right(standing))) {
            return Some(self.makers.decides(time));
        }
        let of_lots = named_by(record).filter_map(|(lot, standing)| Some((*self.sources.lots.get(&lot)?, standing)));
        let mut by_right = of_lots.filter(|(maker, standing)| {
            *standing == Standing::Authority as u8 || (*maker != NONE && *maker == record.author)
        });
        by_right.next().map(|(maker, _)| maker)
    }

    fn begin(&mut self, hash: Hash, said: &Said, kind: &RecordType, by: &str) {
        let Said { record, event, .. } = said;
        let number = |name| word(event, kind, name).and_then(|text| text.parse::<i64>().ok());
        let read = || {
            let (from, to) = (time_ms(event, kind, "from")?, time_ms(event, kind, "to")?);
            let maker = self.may_say(said, (from, to))?;
            let is_of_all = record.author == self.makers.own && named_by(record).any(|(thing, _)| thing == self.thing);
            let excursion = Excursion {
                record: hash,
                event: event_hash(event),
                by: by.to_owned(),
                custodian: word(event, kind, "custodian").unwrap_or_default().to_owned(),
                from,
                to,
                minutes: u64::try_from(number("minutes")?).ok()?,
                min: number("min_dC")?,
                max: number("max_dC")?,
                readings: None,
                // Of a lot each has its own: only who made all of it speaks of all.
                is_in_part: self.is_of_class && !is_of_all,
                is_withdrawn: false,
                decision: None,
            };
            let series = word(event, kind, "series_ref").and_then(Hash::from_hex);
            Some(Case { excursion, own: record.own, series, maker, decisions: Vec::new(), was_decided: false })
        };
        let Some(case) = read() else { return };
        // Said again, it is the same one.
        let is_same = |known: &Case| known.excursion.event == case.excursion.event && !known.excursion.is_withdrawn;
        if !self.cases.iter().any(is_same) {
            self.cases.push(case);
        }
    }

    fn decide(&mut self, (hash, record): (Hash, &StoredRecord), (event, kind): (&Event, &RecordType), by: &str) {
        let author = self.directory.organisation(record.author);
        let is_authority = author.is_some_and(|one| one.role == OrganisationRole::Authority);
        let number = |name| word(event, kind, name).and_then(|text| text.parse::<u64>().ok());
        let target = word(event, kind, "excursion_ref").and_then(Hash::from_hex);
        let verdict = word(event, kind, "decision").and_then(Verdict::from_name);
        let (Some(target), Some(verdict), Some(used)) = (target, verdict, number("used_min")) else { return };
        // All that the ledger knows of up to this excursion.
        let mut known = 0u64;
        for case in &mut self.cases {
            let is_target = case.excursion.event == target;
            if is_target || case.counts() {
                known = known.saturating_add(case.excursion.minutes);
            }
            let is_maker = case.maker != NONE && record.author == case.maker;
            if !is_target || !(is_maker || is_authority) {
                continue;
            }
            // After a rejection it is good no more, whoever says so.
            let is_over = case.decisions.iter().any(|(_, before)| before.verdict == Verdict::Reject);
            if is_over && verdict == Verdict::Release {
                continue;
            }
            let budget = number("budget_min");
            let contradiction = match (budget, verdict) {
                _ if used < known => Some(Contradiction::UsedTooFew),
                (Some(budget), Verdict::Release) if used > budget => Some(Contradiction::ReleasedAboveBudget),
                (Some(budget), Verdict::Reject) if used <= budget => Some(Contradiction::RejectedWithinBudget),
                _ => None,
            };
            let (by, prior) = (by.to_owned(), used.saturating_sub(case.excursion.minutes));
            let decision = Decision { record: hash, by, verdict, prior, used, budget, contradiction };
            case.was_decided = true;
            case.decisions.push((record.own, decision));
            case.settle();
        }
    }
}

/// The readings from one time to another, which is that of the first one that was good again.
fn within(series: &[Reading], from: i64, to: i64) -> Option<Readings> {
    let within = series.iter().filter(|reading| (from..to).contains(&reading.at));
    let read: Vec<i64> = within.map(|reading| reading.tenths).collect();
    let (min, max) = (read.iter().min()?, read.iter().max()?);
    Some(Readings { samples: read.len() as u64, min: *min, max: *max })
}
