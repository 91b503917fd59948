//! Which recalls reach a thing: what everybody who scans it is to be told, and for what it is not to be sold.
//!
//! A recall (F11, or S13 of equipment) reaches what it names; the items of a lot that it names, and lots and items of a
//! class; what was in a logistic unit that it names, or is in another container then; and what contains any of these
//! now, be it as a part that is installed, or by a transformation that only packs. What was made of recalled things is
//! another thing: that is told as [`Reach::Ingredient`], and forbids nothing, since only who made it knows whether the
//! recall concerns it. A lot is not reached by what is said of some of it: of one item, or of a case.
//!
//! It counts if it is by who made the thing that it names (its first owner, or who owns its key then), or by an
//! authority. One that is declared erroneous is none. One that is closed counts still: what was not recovered stays
//! recalled. It ends where who announced it, or an authority, takes the disposition `recalled` from the thing for good
//! (`persistentDisposition`, unset).

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use suyuan_epcis::model::Event;

use crate::credit::recalls::{ANNOUNCEMENTS, ITEMS_MAX, RecallLevel, is_id};
use crate::hash::Hash;
use crate::key::{KeyKind, SubjectKey};
use crate::kv::{Read, StoreError};
use crate::named::named;
use crate::organisation::{Directory, OrganisationRole};
use crate::profile::{RecordType, declared_type, text, word};
use crate::record::{Role, Standing, mask};
use crate::state::reader::Reader;
use crate::state::standing::is_class_level;
use crate::state::subject::StoredRecord;
use crate::trace::closure::{Closure, Direction, Edge, Query, Relation, close};
use crate::trace::excursions::{ALWAYS, Span, errors, event_of, has_right, lots, maker, named_by};
use crate::trace::history::{History, Place};
use crate::trace::store::StoreHistory;

/// So many subjects on the way through what is in a thing, what it was made of, and what it was in.
const NODES_MAX: usize = 1 << 12;
/// So many steps on these ways.
const STEPS_MAX: usize = 1 << 16;
/// So many events of those whose word counts are read, those that recall first; and so many transformations.
pub const EVENTS_MAX: usize = 1 << 12;
/// They are looked at so often, over all things.
const LOOKED_AT_MAX: usize = 1 << 18;
/// So many recalls are told, the nearest first.
pub const RECALLS_MAX: usize = 1 << 6;

const CLOSING: &str = "F11b.RECALL_CLOSE";

named! {
    /// How a recall reaches a thing, the nearest first.
    pub enum Reach {
        /// It names it.
        Named "named",
        /// It names its lot.
        Lot "lot",
        /// It names its class.
        Class "class",
        /// It names what the thing was in.
        Container "container",
        /// It reaches what is in the thing.
        Contents "contents",
        /// It reaches what the thing was made of: a warning.
        Ingredient "ingredient",
    }
}

/// A recall that reaches a thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecallOf {
    /// Its id, as whoever recalls has named it.
    pub id: String,
    /// How dangerous; none if the announcement does not say.
    pub level: Option<RecallLevel>,
    /// Who recalls: the organisation's URI.
    pub by: String,
    /// Whether that is an authority.
    pub is_order: bool,
    /// The block's time of the announcement, in milliseconds since 1970.
    pub at: i64,
    /// Where the announcement is.
    pub place: Place,
    /// The hash of its record.
    pub record: Hash,
    /// What it names, by its URI.
    pub names: String,
    /// How that reaches the thing.
    pub reach: Reach,
    /// The block's time of the first report that closes it.
    pub closed: Option<i64>,
    /// The block's time of the event that ends it.
    pub lifted: Option<i64>,
}

impl RecallOf {
    /// Whether the thing is not to be sold, dispensed or shipped for it.
    pub fn forbids_use(&self) -> bool {
        self.lifted.is_none() && self.reach != Reach::Ingredient
    }
}

/// The recalls that reach a thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recalled {
    /// At most [`RECALLS_MAX`], in the order of how they reach it, then of their announcements.
    pub recalls: Vec<RecallOf>,
    /// Whether that is all: not if too much befell it.
    pub is_whole: bool,
}

impl Recalled {
    /// The nearest recall for which it is not to be sold, dispensed or shipped.
    pub fn forbidding(&self) -> Option<&RecallOf> {
        self.recalls.iter().find(|one| one.forbids_use())
    }

    /// Whether it was made of what is recalled.
    pub fn is_made_of_recalled(&self) -> bool {
        self.recalls.iter().any(|one| one.lifted.is_none() && one.reach == Reach::Ingredient)
    }
}

/// Business steps that bring things on the market or into use.
const STEPS_OF_USE: [&str; 3] = ["retail_selling", "dispensing", "shipping"];
/// Dispositions of what is shipped because it is not to be used.
const DISPOSITIONS_OF_RETURN: [&str; 8] =
    ["damaged", "destroyed", "disposed", "expired", "needs_replacement", "non_sellable_other", "recalled", "returned"];

/// Whether an event puts things on the market or into use: sells, dispenses, or ships them otherwise than back. A shipment
/// that names a recall (`recall_id`) is part of it.
pub fn is_use(event: &Event) -> bool {
    let step = event.biz_step.as_deref();
    step.is_some_and(|step| STEPS_OF_USE.contains(&step)) && !is_back(event) && event.error_declaration.is_none()
}

/// Whether an event ships things because they are not to be used.
fn is_back(event: &Event) -> bool {
    event.biz_step.as_deref() == Some("shipping") && is_of_return(event)
}

/// Whether an event is about things that are not to be used, by its disposition or the recall that it names.
pub(crate) fn is_of_return(event: &Event) -> bool {
    let lasting = event.persistent_disposition.iter().flat_map(|one| one.set.iter().flatten());
    let mut dispositions = event.disposition.iter().chain(lasting);
    text(event, "recall_id").is_some() || dispositions.any(|one| DISPOSITIONS_OF_RETURN.contains(&one.as_str()))
}

/// The recalls that reach a thing, as recorded up to a height. A thing of which nothing is recorded is reached by those of
/// its class.
pub fn recalled(
    store: &dyn Read,
    directory: &Directory,
    key: &SubjectKey,
    at_height: u64,
) -> Result<Recalled, StoreError> {
    let before = Place { height: at_height.saturating_add(1), index: 0 };
    let reader = Reader::new(store);
    let mut search = Search {
        history: StoreHistory::before(store, before),
        directory,
        found: BTreeMap::new(),
        said: BTreeMap::new(),
        read: 0,
        looked_at: 0,
        packs: BTreeMap::new(),
        is_whole: true,
    };
    if let Some(thing) = reader.number_of(key.tag())? {
        search.around(thing)?;
    } else if let Some(class) = key.class().map(|class| reader.number_of(class.tag())).transpose()?.flatten() {
        search.look_at(class, Reach::Class, &[ALWAYS])?;
    }
    search.finish()
}

/// An event of one whose word counts.
type Said = (Place, Arc<StoredRecord>, Option<Event>);

/// An announcement that was found, and its author.
struct Found {
    recall: RecallOf,
    author: u64,
    announced: Arc<StoredRecord>,
}

impl Found {
    /// Those that count before those that are over, the nearest first.
    fn order(&self) -> (bool, Reach) {
        (self.recall.lifted.is_some(), self.recall.reach)
    }
}

/// Looks for the recalls of one thing.
struct Search<'a> {
    history: StoreHistory<'a>,
    directory: &'a Directory,
    /// By where they are announced: one may reach a thing in several ways.
    found: BTreeMap<Place, Found>,
    /// What is said of subjects, by their logs' places in the arena: things that lived alike have one log.
    said: BTreeMap<u32, Arc<Vec<Said>>>,
    /// How many events were read, and how often they were looked at: things that lived alike share them.
    read: usize,
    looked_at: usize,
    /// Whether transformations only pack.
    packs: BTreeMap<Place, bool>,
    is_whole: bool,
}

impl Search<'_> {
    fn around(&mut self, thing: u64) -> Result<(), StoreError> {
        let mut things: Vec<(Reach, u64)> =
            self.inside(thing)?.into_iter().map(|(subject, reach)| (reach, subject)).collect();
        things.sort_unstable();
        let containers = self.outside(thing)?;
        // What is near is read first: there may be too much to read all.
        let (own, others) = things.split_at(things.partition_point(|(reach, _)| *reach <= Reach::Class));
        for (reach, subject) in own {
            self.look_at(*subject, *reach, &[ALWAYS])?;
        }
        for (container, spans) in containers {
            self.look_at(container, Reach::Container, &spans)?;
        }
        for (reach, subject) in others {
            self.look_at(*subject, *reach, &[ALWAYS])?;
        }
        Ok(())
    }

    fn close(&mut self, thing: u64, direction: Direction) -> Result<Closure, StoreError> {
        let query = Query { nodes_max: NODES_MAX, ..Query::new(vec![thing], direction) };
        let closure = close(&mut self.history, &query)?;
        self.is_whole &= closure.cuts.is_empty();
        Ok(closure)
    }

    /// The thing, its lots and classes; what is in it now, and what it was made of, with theirs.
    fn inside(&mut self, thing: u64) -> Result<BTreeMap<u64, Reach>, StoreError> {
        let closure = self.close(thing, Direction::Back)?;
        let records = records(&closure);
        let mut into: BTreeMap<u64, Vec<&Edge>> = BTreeMap::new();
        closure.edges.iter().for_each(|edge| into.entry(edge.to).or_default().push(edge));
        let (mut reached, mut steps) = (BTreeMap::new(), 0usize);
        // When it was there: what it was made of held what it held at that time.
        let start = (thing, Reach::Named, i64::MAX);
        // Records may say that two things are in each other.
        let (mut seen, mut open) = (BTreeSet::from([start]), vec![start]);
        let mut lots_of: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
        while let Some((one, reach, at)) = open.pop() {
            note(&mut reached, one, reach);
            if let Some(class) = self.history.class_of(one)? {
                note(&mut reached, class, reach.max(Reach::Class));
            }
            // To look for them takes its whole log.
            let known = match lots_of.entry(one) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(free) => free.insert(lots(&mut self.history, one)?.into_keys().collect()),
            };
            steps = steps.saturating_add(1 + known.len() + into.get(&one).map_or(0, Vec::len));
            if steps > STEPS_MAX {
                self.is_whole = false;
                break;
            }
            let mut next: Vec<(u64, Reach, i64)> = known.iter().map(|lot| (*lot, reach.max(Reach::Lot), at)).collect();
            for edge in into.get(&one).into_iter().flatten() {
                let Some(record) = records.get(&edge.event) else { continue };
                match edge.relation {
                    Relation::Containment | Relation::Association
                        if holds(edge, &records, at) && is_by_right(record, Role::Parent, one) =>
                    {
                        next.push((edge.from, reach.max(Reach::Contents), at));
                    }
                    Relation::Transformation => {
                        let is_in = is_by_right(record, Role::Output, one) && self.only_packs(edge.event)?;
                        let way = if is_in { Reach::Contents } else { Reach::Ingredient };
                        next.push((edge.from, reach.max(way), record.event_time));
                    }
                    _ => {}
                }
            }
            open.extend(next.into_iter().filter(|one| seen.insert(*one)));
        }
        Ok(reached)
    }

    /// What the thing was in, and when.
    fn outside(&mut self, thing: u64) -> Result<BTreeMap<u64, Vec<Span>>, StoreError> {
        let mut containers: BTreeMap<u64, Vec<Span>> = BTreeMap::new();
        // What some of a lot was in says nothing of all of it.
        if KeyKind::from_number(self.history.kind(thing)?).is_none_or(is_class_level) {
            return Ok(containers);
        }
        let closure = self.close(thing, Direction::History)?;
        let records = records(&closure);
        let mut from: BTreeMap<u64, Vec<&Edge>> = BTreeMap::new();
        let held = closure.edges.iter().filter(|edge| edge.relation == Relation::Containment);
        held.for_each(|edge| from.entry(edge.from).or_default().push(edge));
        let (mut open, mut steps) = (vec![(thing, ALWAYS)], 0usize);
        while let Some((one, within)) = open.pop() {
            for edge in from.get(&one).into_iter().flatten() {
                steps = steps.saturating_add(1);
                if steps > STEPS_MAX {
                    self.is_whole = false;
                    return Ok(containers);
                }
                let (begun, ended) = span(edge, &records);
                let there = (within.0.max(begun), within.1.min(ended));
                let is_by_right = records.get(&edge.event).is_some_and(|one| is_by_right(one, Role::Child, edge.from));
                if there.0 < there.1 && is_by_right {
                    containers.entry(edge.to).or_default().push(there);
                    open.push((edge.to, there));
                }
            }
        }
        Ok(containers)
    }

    /// Whether a transformation leaves what goes into it as it is.
    fn only_packs(&mut self, place: Place) -> Result<bool, StoreError> {
        if let Some(known) = self.packs.get(&place) {
            return Ok(*known);
        }
        if self.packs.len() >= EVENTS_MAX {
            self.is_whole = false;
            return Ok(false);
        }
        let event = event_of(&mut self.history, place)?;
        let step = event.as_ref().and_then(|event| event.biz_step.as_deref());
        let packs = matches!(step, Some("packing" | "repackaging"));
        self.packs.insert(place, packs);
        Ok(packs)
    }

    fn is_authority(&self, author: u64) -> bool {
        self.directory.organisation(author).is_some_and(|one| one.role == OrganisationRole::Authority)
    }

    /// The events about a subject by those who may recall it, in their order, without those that are declared erroneous.
    /// What strangers record is not read: they could hide the rest behind it.
    fn said_of(&mut self, subject: u64) -> Result<Arc<Vec<Said>>, StoreError> {
        let log = self.history.log_of(subject)?;
        if let Some(known) = self.said.get(&log) {
            return Ok(Arc::clone(known));
        }
        let maker = maker(&mut self.history, subject)?;
        let (mut heard, mut withdrawn) = (Vec::new(), BTreeSet::new());
        let arena = self.history.arena();
        for entry in arena.log_entries(log) {
            let Some(record) = arena.record(entry.event) else { continue };
            if entry.role == Role::Error as u8 {
                withdrawn.extend(errors(record));
            }
            let may_recall =
                entry.standing == Standing::Owner as u8 || record.author == maker || self.is_authority(record.author);
            if entry.role == Role::Epc as u8 && may_recall {
                heard.push((arena.place_of(entry.event), Arc::clone(record)));
            }
        }
        heard.retain(|(_, record)| !withdrawn.contains(&record.own));
        heard.sort_by_key(|(place, record)| (record.mask & mask::RECALL == 0, *place));
        let mut said = Vec::with_capacity(heard.len());
        for (place, record) in heard {
            let event = match self.read < EVENTS_MAX {
                true => event_of(&mut self.history, place)?,
                false => None,
            };
            // What an erased event said of a recall nobody knows.
            let is_erased =
                event.is_none() && record.mask & mask::RECALL != 0 && self.history.payload(place)?.is_none();
            self.is_whole &= self.read < EVENTS_MAX && !is_erased;
            self.read = self.read.saturating_add(1);
            said.push((place, record, event));
        }
        said.sort_by_key(|(place, ..)| *place);
        let said = Arc::new(said);
        self.said.insert(log, Arc::clone(&said));
        Ok(said)
    }

    /// Takes the recalls that name a subject; of a container those of the times when the thing was in it.
    fn look_at(&mut self, subject: u64, reach: Reach, spans: &[Span]) -> Result<(), StoreError> {
        let said = self.said_of(subject)?;
        if said.is_empty() {
            return Ok(());
        }
        let names = SubjectKey::parse(self.history.key_bytes(subject)?).map(|key| key.to_uri()).unwrap_or_default();
        // A logistic unit is used once: whatever was in it is meant.
        let is_unit = KeyKind::from_number(self.history.kind(subject)?) == Some(KeyKind::LogisticUnit);
        let is_there = |at: i64| spans.iter().any(|(from, to)| *from <= at && (at < *to || is_unit));
        let mut found: Vec<Found> = Vec::new();
        // Those that are not over, by author and id.
        let mut known: BTreeSet<(u64, &str)> = BTreeSet::new();
        for (place, record, event) in said.iter() {
            let lifts = record.effect.lifts_recall();
            self.looked_at = self.looked_at.saturating_add(if lifts { 1 + found.len() } else { 1 });
            if self.looked_at > LOOKED_AT_MAX {
                self.is_whole = false;
                break;
            }
            if lifts {
                let by_authority = self.is_authority(record.author);
                let own = found.iter_mut().filter(|one| by_authority || one.author == record.author);
                own.for_each(|one| one.recall.lifted = one.recall.lifted.or(Some(record.block_time)));
                known.retain(|(author, _)| !by_authority && *author != record.author);
            }
            let Some((event, kind)) = event.as_ref().and_then(|event| Some((event, recall_type(event)?))) else {
                continue;
            };
            let Some(id) = text(event, "recall_id").filter(|id| is_id(id)) else { continue };
            let Some(author) = self.directory.organisation(record.author) else { continue };
            // Said again, it is the same recall, unless that is over.
            if kind.code == CLOSING || !is_there(record.event_time) || !known.insert((record.author, id)) {
                continue;
            }
            let recall = RecallOf {
                id: id.to_owned(),
                level: word(event, kind, "level").and_then(RecallLevel::from_name),
                by: author.uri.clone(),
                is_order: author.role == OrganisationRole::Authority,
                at: record.block_time,
                place: *place,
                record: record.record(place.height, place.index).hash(),
                names: names.clone(),
                reach,
                closed: None,
                lifted: None,
            };
            found.push(Found { recall, author: record.author, announced: Arc::clone(record) });
        }
        for one in found {
            let nearer = self.found.get(&one.recall.place).is_none_or(|known| one.order() < known.order());
            if nearer {
                self.found.insert(one.recall.place, one);
            }
        }
        Ok(())
    }

    /// When a recall was first closed: by who announced it or an authority, of one of the things that it names.
    fn closed(&mut self, found: &Found) -> Result<Option<i64>, StoreError> {
        let things: Vec<u64> = named_by(&found.announced).map(|(thing, _)| thing).take(ITEMS_MAX).collect();
        let (mut first, mut looked_at): (Option<i64>, _) = (None, BTreeSet::new());
        for thing in things {
            // Things that lived alike have one log.
            if !looked_at.insert(self.history.log_of(thing)?) {
                continue;
            }
            for (place, record, event) in self.said_of(thing)?.iter() {
                let is_theirs = record.author == found.author || self.is_authority(record.author);
                let Some(event) = event.as_ref().filter(|_| is_theirs && *place > found.recall.place) else { continue };
                let is_closing = recall_type(event).is_some_and(|kind| kind.code == CLOSING);
                if is_closing && text(event, "recall_id") == Some(&found.recall.id) {
                    first = Some(first.map_or(record.block_time, |first| first.min(record.block_time)));
                }
            }
        }
        Ok(first)
    }

    fn finish(mut self) -> Result<Recalled, StoreError> {
        let mut found: Vec<Found> = std::mem::take(&mut self.found).into_values().collect();
        found.sort_by_key(|one| (one.recall.reach, one.recall.place));
        self.is_whole &= found.len() <= RECALLS_MAX;
        found.truncate(RECALLS_MAX);
        let mut recalls = Vec::with_capacity(found.len());
        for one in found {
            let closed = self.closed(&one)?;
            recalls.push(RecallOf { closed, ..one.recall });
        }
        Ok(Recalled { recalls, is_whole: self.is_whole })
    }
}

/// The record type of an event that announces or closes a recall.
fn recall_type(event: &Event) -> Option<&'static RecordType> {
    let kind = declared_type(event).ok().flatten()?;
    (kind.code == CLOSING || ANNOUNCEMENTS.contains(&kind.code)).then_some(kind)
}

fn note(reached: &mut BTreeMap<u64, Reach>, thing: u64, reach: Reach) {
    reached.entry(thing).and_modify(|known| *known = reach.min(*known)).or_insert(reach);
}

fn records(closure: &Closure) -> BTreeMap<Place, Arc<StoredRecord>> {
    closure.events.iter().map(|event| (event.place, Arc::clone(&event.record))).collect()
}

/// Whether a child is in its parent then. Who says so with a right to the parent may also say that it was taken out,
/// whatever its right to the child.
fn holds(edge: &Edge, records: &BTreeMap<Place, Arc<StoredRecord>>, at: i64) -> bool {
    let taken_out = edge.until_claimed.and_then(|place| records.get(&place));
    let taken_out = taken_out.filter(|record| is_by_right(record, Role::Parent, edge.to));
    let (from, to) = span(edge, records);
    let is_ended = edge.until.is_some() && to <= at || taken_out.is_some_and(|record| record.event_time <= at);
    from <= at && !is_ended
}

/// From when until when an edge holds, by event time.
fn span(edge: &Edge, records: &BTreeMap<Place, Arc<StoredRecord>>) -> Span {
    let at = |place: &Place| records.get(place).map(|record| record.event_time);
    let until = edge.until.and_then(|until| at(&until));
    (at(&edge.event).unwrap_or(i64::MIN), until.unwrap_or(i64::MAX))
}

/// Whether an event names a thing in a role by one whose word is enough for that.
fn is_by_right(record: &StoredRecord, role: Role, thing: u64) -> bool {
    record.runs.iter().any(|run| {
        let is_it = (run.first..run.first.saturating_add(run.count.into())).contains(&thing);
        is_it && run.role == role as u8 && has_right(run.standing)
    })
}
