//! What is wrong with the use of one thing's code (D12), from the events about it: it was brought into the world or given out
//! twice, handled after its end, taken in or given out where nobody sent it, or never made.
//!
//! Events count in the ledger's order: a time is its author's to choose. Of two that exclude each other the one of less right is
//! the exception, whichever came first: a stranger who copies a code makes nobody else's use a second one. Nothing here weighs
//! in anybody's credit.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use suyuan_epcis::model::Event;

use crate::derive::Step;
use crate::hash::Hash;
use crate::key::{KeyKind, SubjectKey};
use crate::kv::{Read, StoreError};
use crate::named::named;
use crate::organisation::Directory;
use crate::profile::{declared_type, event_of, text, word};
use crate::record::{Role, Standing, mask};
use crate::state::effect::is_commissioned;
use crate::state::subject::{NONE, StoredRecord, UNREGISTERED};
use crate::trace::closure::{Direction, Query, Shown, close};
use crate::trace::excursions::{errors, event_hash, has_right, is_error};
use crate::trace::history::{History, Place};
use crate::trace::spans::Spans;
use crate::trace::store::StoreHistory;

/// So many subjects on the way through what a thing was in.
const NODES_MAX: usize = 1 << 12;
/// So many events by those with a right to the thing are read, and as many by strangers.
const EVENTS_MAX: usize = 1 << 12;
/// So many of each stranger, so that none hides what others do.
const STRANGERS_EVENTS_MAX: u32 = 1 << 6;
/// A thing has no more names.
const NAMES_MAX: usize = 16;

named! {
    /// What is wrong.
    pub enum Kind {
        /// Brought into the world, or given out, by another event too.
        Duplicate "duplicate",
        /// Handled after it was decommissioned, destroyed, used up, dispensed or sold.
        AfterDecommission "after_decommission",
        /// Taken in or given out by one to whom nobody that had it sent it.
        UnexpectedPlace "unexpected_place",
        /// Handled though nobody with the right to has made it.
        Unknown "unknown",
    }
}

/// Something wrong with the use of a code: found, or declared by somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// What.
    pub kind: Kind,
    /// The hash of the record of the event that is the exception, or that declares one.
    pub record: Hash,
    /// The hash of the record that it does not go with: the first use, the end, the shipment elsewhere.
    pub against: Option<Hash>,
    /// Who recorded it: the organisation's URI.
    pub by: String,
    /// When it happened as that one says, in milliseconds since 1970.
    pub at: i64,
    /// The time of its block, in milliseconds since 1970.
    pub recorded: i64,
    /// Whether that one had no right to the thing: neither made it, nor had it by a chain of shipments.
    pub by_stranger: bool,
    /// Whether somebody only declares it (D12).
    pub is_declared: bool,
    /// Who noticed it, as a declaration says.
    pub detected_by: Option<String>,
}

/// What is wrong with the use of a code.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exceptions {
    /// In the order in which their events were recorded.
    pub exceptions: Vec<Exception>,
    /// Whether all was read that those with a right to the thing recorded.
    pub is_whole: bool,
    /// Whether all was read that strangers recorded.
    pub is_whole_of_strangers: bool,
}

impl Exceptions {
    /// Whether it is known that nothing is wrong but what is merely declared. What strangers record without end does not make
    /// that unknown: they could have anybody's goods doubted.
    pub fn is_sound(&self) -> bool {
        self.is_whole && self.exceptions.iter().all(|one| one.is_declared)
    }
}

/// Whether a key is of one thing alone, so that it can be used once.
pub fn is_of_one_thing(kind: KeyKind) -> bool {
    use KeyKind::{Container, Device, DrugCode, Instance, Item, LogisticUnit, Other, Upui};
    matches!(kind, Item | Upui | LogisticUnit | Instance | DrugCode | Device | Container | Other)
}

/// Reads what is wrong with the use of a subject up to a height; none if it is no thing by itself, as a lot or a class.
pub fn of(
    store: &dyn Read,
    directory: &Directory,
    subject: u64,
    at_height: u64,
) -> Result<Option<Exceptions>, StoreError> {
    let before = Place { height: at_height.saturating_add(1), index: 0 };
    let mut history = StoreHistory::before(store, before);
    if !is_thing(&mut history, subject)? {
        return Ok(None);
    }
    let (names, has_all_names) = names(&mut history, subject)?;
    let seen = Seen::of(&mut history, &names)?;
    let mut is_expected_made = false;
    for name in &names {
        is_expected_made |= KeyKind::from_number(history.kind(*name)?).is_some_and(is_commissioned);
    }
    let (mut said, is_all) = seen.read(&mut history, (directory, &names), false)?;
    let (of_strangers, is_whole_of_strangers) = seen.read(&mut history, (directory, &names), true)?;
    said.extend(of_strangers);
    said.sort_by_key(|one| one.place);
    let exceptions = Life::of(directory, names, said).exceptions(is_expected_made);
    let is_whole = has_all_names && seen.is_whole && is_all;
    Ok(Some(Exceptions { exceptions, is_whole, is_whole_of_strangers }))
}

fn is_thing(history: &mut StoreHistory<'_>, subject: u64) -> Result<bool, StoreError> {
    Ok(KeyKind::from_number(history.kind(subject)?).is_some_and(is_of_one_thing))
}

/// All names of a thing, and whether these are all. Names are of one thing if the owner of all says so, of this thing alone.
fn names(history: &mut StoreHistory<'_>, subject: u64) -> Result<(BTreeSet<u64>, bool), StoreError> {
    let (mut names, mut open) = (BTreeSet::from([subject]), vec![subject]);
    while let Some(name) = open.pop() {
        let log = history.log_of(name)?;
        let arena = history.arena();
        let records = || arena.log_entries(log).iter().filter_map(|entry| arena.record(entry.event));
        let withdrawn: BTreeSet<u64> = records().flat_map(|record| errors(record)).collect();
        let linking = records().filter(|record| record.mask & Role::Alias.bit() != 0 && !is_error(record));
        let mut others = BTreeSet::new();
        for record in linking.filter(|record| !withdrawn.contains(&record.own)) {
            let of = |role: Role| record.runs.iter().filter(move |run| run.role == role as u8);
            let count: u64 = of(Role::Epc).map(|run| u64::from(run.count)).sum();
            let both = || of(Role::Epc).chain(of(Role::Alias));
            if count == 1 && both().all(|run| run.standing >= Standing::Owner as u8) {
                let subjects = both().flat_map(|run| run.first..run.first.saturating_add(run.count.into()));
                others.extend(subjects.take(NAMES_MAX.saturating_add(1)));
            }
        }
        for other in others {
            if !names.contains(&other) && is_thing(history, other)? {
                if names.len() >= NAMES_MAX {
                    return Ok((names, false));
                }
                names.insert(other);
                open.push(other);
            }
        }
    }
    Ok((names, true))
}

/// The events about a thing, and those by which what it was in was shipped and received.
struct Seen {
    /// By where they are, with the author's standing, and whether they name the thing itself.
    events: BTreeMap<Place, (Arc<StoredRecord>, u8, bool)>,
    /// The own numbers of the events that were declared erroneous.
    withdrawn: BTreeSet<u64>,
    is_whole: bool,
}

impl Seen {
    fn of(history: &mut StoreHistory<'_>, names: &BTreeSet<u64>) -> Result<Seen, StoreError> {
        let start = names.iter().copied().collect();
        let closure = close(history, &Query { nodes_max: NODES_MAX, ..Query::new(start, Direction::History) })?;
        let mut seen = Seen { events: BTreeMap::new(), withdrawn: BTreeSet::new(), is_whole: closure.cuts.is_empty() };
        for node in &closure.nodes {
            match &node.shown {
                _ if names.contains(&node.subject) => seen.add(history, node.subject, None)?,
                Shown::Windows(spans) => seen.add(history, node.subject, Some(spans))?,
                Shown::Full | Shown::Notice => {}
            }
        }
        let withdrawn = std::mem::take(&mut seen.withdrawn);
        seen.events.retain(|_, (record, ..)| !withdrawn.contains(&record.own));
        Ok(seen)
    }

    /// Adds what is said of the thing itself, or of what it was in while it was.
    fn add(&mut self, history: &mut StoreHistory<'_>, subject: u64, spans: Option<&Spans>) -> Result<(), StoreError> {
        const PART: [Role; 5] = [Role::Epc, Role::Input, Role::Output, Role::Parent, Role::Child];
        let log = history.log_of(subject)?;
        let arena = history.arena();
        for entry in arena.log_entries(log) {
            let Some(record) = arena.record(entry.event) else { continue };
            if is_error(record) {
                self.withdrawn.extend(errors(record));
                continue;
            }
            let takes_part = match spans {
                None => PART.iter().any(|role| *role as u8 == entry.role),
                Some(spans) => {
                    let moves =
                        matches!(record.effect.step(), Some(Step::Shipping | Step::Receiving | Step::VoidShipping));
                    let is_then = |(from, to): (i64, i64)| (from..=to).contains(&record.event_time);
                    moves && entry.role == Role::Epc as u8 && spans.iter().any(is_then)
                }
            };
            if takes_part {
                let place = arena.place_of(entry.event);
                let known = self.events.entry(place).or_insert_with(|| (Arc::clone(record), 0, false));
                (known.1, known.2) = (known.1.max(entry.standing), known.2 || spans.is_none());
            }
        }
        Ok(())
    }

    /// Reads what strangers say, or what the others do, from the first on; and whether that is all.
    fn read(
        &self,
        history: &mut StoreHistory<'_>,
        context: (&Directory, &BTreeSet<u64>),
        by_strangers: bool,
    ) -> Result<(Vec<Said>, bool), StoreError> {
        let of_these = |standing: u8| (standing == Standing::Bystander as u8) == by_strangers;
        let (mut said, mut is_all, mut read) = (Vec::new(), true, BTreeMap::<u64, u32>::new());
        for (place, (record, standing, is_direct)) in self.events.iter().filter(|(_, event)| of_these(event.1)) {
            let of_author = read.entry(record.author).or_default();
            *of_author = of_author.saturating_add(1);
            if said.len() >= EVENTS_MAX || (by_strangers && *of_author > STRANGERS_EVENTS_MAX) {
                is_all = false;
                continue;
            }
            let event = history.payload(*place)?.and_then(|payload| event_of(&payload));
            let of_whom = (*standing, *is_direct);
            said.push(Said::new((*place, record), event.as_ref(), of_whom, context));
        }
        Ok((said, is_all))
    }
}

/// What an event does with a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    /// Brings it into the world.
    Make,
    /// Says that it was there before its holder joined.
    Open,
    Ship,
    VoidShipment,
    Receive,
    /// Takes it back, or sends it back.
    Return,
    /// Packs it, or builds it into something.
    Pack,
    /// Packs something in it.
    Fill,
    /// Uses it up in making something else.
    Consume,
    /// Dispenses some of it.
    GivePart,
    /// Dispenses or sells it.
    Give,
    /// Decommissions or destroys it.
    End,
    /// Says that something is wrong.
    Declare,
    /// Prepares a code that is made later.
    Encode,
    /// Anything else: nothing that a thing at its end is not for.
    Observe,
}

impl Act {
    /// Without a payload, because it was erased, what was sold and what came back is not told apart.
    fn of(record: &StoredRecord, event: Option<&Event>, names: &BTreeSet<u64>) -> Act {
        let names_it = |role: Role| {
            let mut runs = record.runs.iter().filter(|run| run.role == role as u8);
            runs.any(|run| names.range(run.first..run.first.saturating_add(run.count.into())).next().is_some())
        };
        let does = |bit: u32| record.mask & bit != 0;
        let words = |event: &Event| [event.biz_step.clone(), event.disposition.clone()].map(Option::unwrap_or_default);
        let [step, disposition] = event.map(words).unwrap_or_default();
        let kind = event.and_then(|event| declared_type(event).ok().flatten()).map_or("", |kind| kind.code);
        let is_given = matches!(disposition.as_str(), "dispensed" | "retail_sold");
        let effect = &record.effect;
        match (step.as_str(), effect.step()) {
            _ if kind == "D12.EXCEPTION" => Act::Declare,
            ("encoding" | "reserving", _) => Act::Encode,
            _ if kind == "D9.RETURN" || disposition == "returned" => Act::Return,
            _ if names_it(Role::Output) => Act::Make,
            _ if names_it(Role::Input) => Act::Consume,
            _ if names_it(Role::Child) && does(mask::ADD) => Act::Pack,
            _ if names_it(Role::Parent) && does(mask::ADD) => Act::Fill,
            ("retail_selling", _) => Act::Give,
            ("dispensing", _) if does(mask::DELETE) || is_given || kind == "D8.DISPENSE" => Act::Give,
            ("dispensing", _) => Act::GivePart,
            (_, Some(Step::Ending)) if is_given || kind == "D8.DISPENSE" => Act::Give,
            (_, Some(Step::Ending)) => Act::End,
            (_, Some(Step::Shipping)) => Act::Ship,
            (_, Some(Step::Receiving)) => Act::Receive,
            (_, Some(Step::VoidShipping)) => Act::VoidShipment,
            _ if effect.is_opening_balance() => Act::Open,
            // What is approved or taken into use is there already.
            _ if matches!(kind, "S1.DESIGN" | "S5.USE_REGISTER") => Act::Observe,
            _ if names_it(Role::Epc) && effect.is_of_objects() && does(mask::ADD) => Act::Make,
            _ => Act::Observe,
        }
    }
}

/// To whom a shipment goes, as far as that can be known.
struct Destination {
    /// The organisations that it names: whom it is for, where it goes to, who carries it.
    to: BTreeSet<u64>,
    /// Whether these are all whom it is for.
    is_known: bool,
}

impl Destination {
    fn of(record: &StoredRecord, event: Option<&Event>, directory: &Directory) -> Destination {
        let next = record.effect.next;
        let mut found = Destination { to: BTreeSet::new(), is_known: ![NONE, UNREGISTERED].contains(&next) };
        found.to.extend(Some(next).filter(|_| found.is_known));
        let Some(event) = event else { return found };
        let number = |name: &str| text(event, name).map(|uri| directory.number_of(uri));
        let mut parties: Vec<Option<u64>> = ["consignee", "to"].into_iter().filter_map(number).collect();
        let mut places = Vec::new();
        for one in event.destination_list.iter().flatten() {
            let key = one.value.as_deref().and_then(|uri| SubjectKey::from_uri(uri).ok());
            let organisation = key.and_then(|key| directory.organisation_of_party(&key, record.block_time));
            if one.kind.as_deref() == Some("location") { places.push(organisation) } else { parties.push(organisation) }
        }
        // Whom a party names decides; a place can be another's warehouse.
        let decide = if parties.is_empty() { &places } else { &parties };
        found.is_known = !decide.is_empty() && decide.iter().all(Option::is_some);
        found.to.extend(parties.iter().chain(&places).flatten());
        found.to.extend(number("carrier").flatten());
        found
    }
}

/// An event that was read.
struct Said {
    place: Place,
    record: Arc<StoredRecord>,
    standing: u8,
    /// Whether it names the thing itself, and not what it was in.
    is_direct: bool,
    act: Act,
    /// The event's own hash: said again, it is the same event.
    event: Option<Hash>,
    destination: Option<Destination>,
    declared: Option<(Kind, Option<String>)>,
    judged: Judged,
}

/// By how much right somebody handles a thing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Right {
    /// A stranger.
    #[default]
    None,
    /// One who says that it has the thing, or made it, though others may have it.
    Claims,
    /// One who has it.
    Has,
}

/// What an event's author may do, by all that is said of the thing.
#[derive(Debug, Clone, Copy, Default)]
struct Judged {
    right: Right,
    is_stranger: bool,
    /// Whether it takes the thing in or gives it out where nobody who had it had shipped it.
    is_misplaced: bool,
}

impl Said {
    fn new(
        (place, record): (Place, &Arc<StoredRecord>),
        event: Option<&Event>,
        (standing, is_direct): (u8, bool),
        (directory, names): (&Directory, &BTreeSet<u64>),
    ) -> Said {
        let act = Act::of(record, event, names);
        let is_shipment = record.effect.step() == Some(Step::Shipping);
        let declared = event.filter(|_| act == Act::Declare).and_then(|event| {
            let kind = declared_type(event).ok().flatten()?;
            let detected_by = word(event, kind, "detected_by").map(str::to_owned);
            Some((Kind::from_name(word(event, kind, "kind")?)?, detected_by))
        });
        Said {
            place,
            record: Arc::clone(record),
            standing,
            is_direct,
            act,
            event: event.map(event_hash),
            judged: Judged::default(),
            destination: is_shipment.then(|| Destination::of(record, event, directory)),
            declared,
        }
    }

    fn author(&self) -> u64 {
        self.record.author
    }

    fn hash(&self) -> Hash {
        self.record.record(self.place.height, self.place.index).hash()
    }

    fn is_gift(&self) -> bool {
        matches!(self.act, Act::Give | Act::GivePart)
    }

    fn is_bystander(&self) -> bool {
        self.standing == Standing::Bystander as u8
    }

    fn is_by_owner(&self) -> bool {
        self.standing >= Standing::Owner as u8
    }

    /// Whether it says with the right to that there is such a thing: who packs what is its own knows of it.
    fn makes_by_right(&self) -> bool {
        self.is_by_owner() && matches!(self.act, Act::Make | Act::Pack | Act::Fill)
    }

    /// Whether one author says the same event again.
    fn repeats(&self, other: &Said) -> bool {
        self.author() == other.author() && self.event.is_some() && self.event == other.event
    }

    /// Whether it is no earlier than another that was recorded before it, by the times that both say.
    fn follows(&self, earlier: &Said) -> bool {
        self.record.event_time >= earlier.record.event_time
    }

    /// Whether it ships to an organisation.
    fn ships_to(&self, organisation: u64) -> bool {
        self.destination.as_ref().is_some_and(|destination| destination.to.contains(&organisation))
    }
}

/// Whether an organisation has a thing, by what is said of shipments before an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hold {
    /// It has not shipped it away, or it was shipped back to it, or not received by whom it had shipped it to.
    Has,
    /// It says that it has taken it in again, though others had received it and did not ship it back.
    Claims,
    /// It has shipped it away.
    Sent,
    /// That was received.
    Gone,
}

/// All that is said of a thing, in the ledger's order.
struct Life<'a> {
    directory: &'a Directory,
    names: BTreeSet<u64>,
    said: Vec<Said>,
    /// The shipments that were not void, by their places in what is said.
    sent: Vec<usize>,
    /// Those of them by whom had it.
    followed: Vec<usize>,
    /// Who made it, or had it shipped to them by one who had it.
    holders: BTreeSet<u64>,
    /// Whether it is known where all that these shipped went.
    is_known: bool,
}

impl<'a> Life<'a> {
    fn of(directory: &'a Directory, names: BTreeSet<u64>, said: Vec<Said>) -> Life<'a> {
        let (sent, followed, holders) = (not_void(&said), Vec::new(), BTreeSet::new());
        let mut life = Life { directory, names, said, sent, followed, holders, is_known: true };
        life.follow();
        let judged: Vec<Judged> = life.said.iter().map(|said| life.judge(said)).collect();
        life.said.iter_mut().zip(judged).for_each(|(said, judged)| said.judged = judged);
        life
    }

    /// Finds who had it: who made it, and on from each to whom that one shipped it.
    fn follow(&mut self) {
        let mut by_author: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
        for at in &self.sent {
            let Some(said) = self.said.get(*at) else { continue };
            // What others have received nobody ships once more.
            if self.hold(said) != Hold::Gone {
                by_author.entry(said.author()).or_default().push(*at);
            }
        }
        // Of what its owner has made nobody else had some before it joined.
        let by_owner = || self.said.iter().filter(|said| said.makes_by_right());
        let opened = self.said.iter().filter(|said| said.act == Act::Open && by_owner().next().is_none());
        let mut open: Vec<u64> = by_owner().chain(opened).map(Said::author).collect();
        while let Some(holder) = open.pop() {
            if !self.holders.insert(holder) {
                continue;
            }
            for at in by_author.remove(&holder).unwrap_or_default() {
                let Some(destination) = self.said.get(at).and_then(|said| said.destination.as_ref()) else { continue };
                self.is_known &= destination.is_known;
                open.extend(&destination.to);
                self.followed.push(at);
            }
        }
        self.followed.sort_unstable();
    }

    fn at<'s>(&'s self, places: &'s [usize]) -> impl DoubleEndedIterator<Item = &'s Said> {
        places.iter().filter_map(|at| self.said.get(*at))
    }

    /// Whether an event's author has the thing then. To whom it was shipped can say so first: only what somebody ships away
    /// goes by the ledger's order.
    fn hold(&self, said: &Said) -> Hold {
        let owner = said.author();
        let is_away = |one: &&Said| one.place < said.place && one.author() == owner && !one.ships_to(owner);
        let Some(away) = self.at(&self.sent).rev().find(is_away) else { return Hold::Has };
        let is_back = |one: &Said| one.place > away.place && one.author() != owner && one.ships_to(owner);
        if self.at(&self.sent).any(|one| is_back(one) && has_right(one.standing)) {
            return Hold::Has;
        }
        let received = || self.said.iter().filter(|one| matches!(one.act, Act::Receive | Act::Return));
        let claims = received().any(|one| one.author() == owner && away.place < one.place && one.place < said.place);
        let arrived = received().any(|one| {
            let is_later = one.record.event_time >= away.record.event_time;
            one.author() != owner && away.ships_to(one.author()) && is_later
        });
        match (claims, arrived) {
            (true, true) => Hold::Claims,
            (true, false) => Hold::Has,
            (false, true) => Hold::Gone,
            (false, false) => Hold::Sent,
        }
    }

    fn judge(&self, said: &Said) -> Judged {
        let (hold, is_holder) = (self.hold(said), self.holders.contains(&said.author()));
        let is_stranger = said.is_bystander() && !(is_holder && hold == Hold::Has);
        // Only if it is known of every shipment where it went. When that was recorded does not matter.
        let is_known = self.is_known && !self.followed.is_empty();
        let may_have = is_holder || said.is_by_owner();
        let is_misplaced = is_known
            && match said.act {
                Act::Receive => !may_have,
                Act::Give | Act::GivePart => !may_have || matches!(hold, Hold::Sent | Hold::Gone),
                _ => false,
            };
        let right = match is_holder && hold == Hold::Has {
            true => Right::Has,
            false if said.is_bystander() => Right::None,
            false if is_misplaced || hold == Hold::Claims || !has_right(said.standing) => Right::Claims,
            false => Right::Has,
        };
        Judged { right, is_stranger, is_misplaced }
    }

    fn exceptions(&self, is_expected_made: bool) -> Vec<Exception> {
        let mut found = Vec::new();
        self.made_twice(&mut found);
        Uses { life: self, found: &mut found, given: Vec::new(), ends: Vec::new(), is_coming_back: false }.read();
        for said in self.said.iter().filter(|said| said.judged.is_misplaced) {
            let before = self.at(&self.followed).rev().find(|one| one.place < said.place);
            let shipment = before.or(self.at(&self.followed).next());
            found.push(self.exception(Kind::UnexpectedPlace, said, shipment));
        }
        if is_expected_made {
            self.never_made(&mut found);
        }
        for said in &self.said {
            let Some((kind, detected_by)) = &said.declared else { continue };
            let detected_by = detected_by.clone();
            found.push((
                said.place,
                Exception { is_declared: true, detected_by, ..self.exception(*kind, said, None).1 },
            ));
        }
        found.sort_by_key(|(place, one)| (*place, one.is_declared, one.kind));
        found.into_iter().map(|(_, one)| one).collect()
    }

    fn exception(&self, kind: Kind, said: &Said, against: Option<&Said>) -> (Place, Exception) {
        let by = self.directory.organisation(said.author()).map(|one| one.uri.clone()).unwrap_or_default();
        let exception = Exception {
            kind,
            record: said.hash(),
            against: against.map(Said::hash),
            by,
            at: said.record.event_time,
            recorded: said.record.block_time,
            by_stranger: said.judged.is_stranger,
            is_declared: false,
            detected_by: None,
        };
        (said.place, exception)
    }

    /// What was made twice under one name, or founded twice as what was there before.
    fn made_twice(&self, found: &mut Vec<(Place, Exception)>) {
        let founded = self.said.iter().filter(|said| said.act == Act::Open).collect();
        let made = self.names.iter().map(|name| {
            let names_it = |said: &&Said| said.act == Act::Make && is_named(&said.record, *name);
            self.said.iter().filter(names_it).collect()
        });
        for all in made.chain([founded]) {
            let all: Vec<&Said> = all;
            // Whoever makes it with the right to is who made it, even if another had said so first.
            let right = |said: &Said| said.standing.min(Standing::Owner as u8);
            let Some(most) = all.iter().map(|said| right(said)).max() else { continue };
            let Some(first) = all.iter().find(|said| right(said) == most) else { continue };
            let others = all.iter().filter(|said| said.place != first.place && !said.repeats(first));
            found.extend(others.map(|said| self.exception(Kind::Duplicate, said, Some(first))));
        }
    }

    /// What was handled though nobody with the right to has made it: the first event of each who did.
    fn never_made(&self, found: &mut Vec<(Place, Exception)>) {
        if self.said.iter().any(|said| said.act == Act::Open || said.makes_by_right()) {
            return;
        }
        let about = self.said.iter().filter(|said| said.is_direct && !matches!(said.act, Act::Declare | Act::Encode));
        let mut authors = BTreeSet::new();
        let first = about.filter(|said| authors.insert(said.author()));
        found.extend(first.map(|said| self.exception(Kind::Unknown, said, None)));
    }
}

/// The shipments that were not void, by their places: whoever says that one was none means its last.
fn not_void(said: &[Said]) -> Vec<usize> {
    let mut by_author: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for (at, one) in said.iter().enumerate() {
        let shipments = by_author.entry(one.author()).or_default();
        match one.act {
            Act::VoidShipment => drop(shipments.pop()),
            _ if one.destination.is_some() => shipments.push(at),
            _ => {}
        }
    }
    let mut sent: Vec<usize> = by_author.into_values().flatten().collect();
    sent.sort_unstable();
    sent
}

fn is_named(record: &StoredRecord, subject: u64) -> bool {
    let making = [Role::Epc as u8, Role::Output as u8];
    let mut runs = record.runs.iter().filter(|run| making.contains(&run.role));
    runs.any(|run| (run.first..run.first.saturating_add(run.count.into())).contains(&subject))
}

/// Goes through how a thing was used, from its first event to its last.
struct Uses<'a> {
    life: &'a Life<'a>,
    found: &'a mut Vec<(Place, Exception)>,
    /// Those that gave it out since it last came back.
    given: Vec<&'a Said>,
    /// Those that ended it.
    ends: Vec<&'a Said>,
    /// Whether it is on the way back.
    is_coming_back: bool,
}

impl Uses<'_> {
    fn read(mut self) {
        let life = self.life;
        for said in life.said.iter().filter(|said| said.is_direct) {
            match said.act {
                Act::Give | Act::GivePart if !self.given.iter().any(|one| said.repeats(one)) => {
                    self.after_end(said);
                    self.given.push(said);
                }
                Act::Ship | Act::Pack => {
                    self.after_end(said);
                    self.is_coming_back &= said.act != Act::Ship;
                }
                Act::Consume => {
                    self.after_end(said);
                    self.ends.push(said);
                }
                Act::Receive if !self.is_coming_back => self.after_end(said),
                Act::End => self.ends.push(said),
                Act::Return => self.come_back(said),
                _ => {}
            }
        }
        self.given_twice();
    }

    /// Only who gave it out takes it back so that it can be given out again.
    fn come_back(&mut self, said: &Said) {
        self.is_coming_back |= !said.judged.is_stranger;
        let giving = first_by_right(&self.given);
        if giving.is_some_and(|giving| giving.author() == said.author() && said.follows(giving)) {
            self.given_twice();
            self.given.clear();
        }
    }

    /// Tells what was given out more than once: by others than the one who had the right to, and by that one again.
    fn given_twice(&mut self) {
        let Some(first) = first_by_right(&self.given) else { return };
        let is_whole = |said: &&&Said| said.author() == first.author() && said.act == Act::Give;
        let whole = self.given.iter().find(is_whole);
        for said in &self.given {
            let against = match said.author() == first.author() {
                false => Some(first),
                // Of an opened pack its holder gives out several times, until that is all.
                true => whole.copied().filter(|whole| said.place > whole.place),
            };
            self.found.extend(against.map(|one| self.life.exception(Kind::Duplicate, said, Some(one))));
        }
    }

    /// Tells that a thing is handled after its end, unless those who ended it had less right than who handles it.
    fn after_end(&mut self, said: &Said) {
        let least = said.judged.right.max(Right::Claims);
        let ended = self.ends.iter().copied().find(|end| end.judged.right >= least && said.follows(end));
        let given = first_by_right(&self.given).filter(|given| {
            let is_out = given.act == Act::Give && given.judged.right >= least && said.follows(given);
            is_out && !said.is_gift() && !is_sent_out(said, given)
        });
        if let Some(end) = ended.or(given) {
            self.found.push(self.life.exception(Kind::AfterDecommission, said, Some(end)));
        }
    }
}

/// The one with most right, of these the first.
fn first_by_right<'a>(said: &[&'a Said]) -> Option<&'a Said> {
    let most = said.iter().map(|one| one.judged.right).max()?;
    said.iter().copied().find(|one| one.judged.right == most)
}

/// Whether a thing is packed and sent by who has sold it, to no organisation of the ledger: so goods go to their buyers.
fn is_sent_out(said: &Said, given: &Said) -> bool {
    let goes_nowhere = said.destination.as_ref().is_none_or(|destination| destination.to.is_empty());
    said.author() == given.author() && matches!(said.act, Act::Pack | Act::Ship) && goes_nowhere
}
