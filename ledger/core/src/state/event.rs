//! Applies one event: judges it against the state, numbers what is new, and appends it to the logs of all
//! that it names.

use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;

use super::effect::{Event, Named, makes};
use super::erased::{Said, StoredEffect, StoredQuantity};
use super::shares::{inherit_standing, keep_shares, share_of};
use super::standing::{Author, Holding, Ownership, holding, released};
use super::subject::{NONE, StoredEntry, StoredRecord, SubjectState, UNREGISTERED};
use super::verify::Tags;
use super::working::{EventPlace, Working, stored};
use crate::codec::encode;
use crate::derive::{Derived, Quantity, RULES, Step};
use crate::hash::{Hash, Tag};
use crate::key::{KeyKind, SubjectKey};
use crate::kv::{StoreError, Table};
use crate::log::LogNode;
use crate::names::{Name, names_root};
use crate::organisation::{Key, OrganisationRole};
use crate::record::{LinkRun, Record, Role, Standing, flag, mask};
use crate::submission::record_type;
use crate::trace::numbers::NumberMap;

/// Why an event is refused by receipt (`proofs.md` §6, 2xx).
pub mod refusal {
    /// A duplicate of the author's own event.
    pub const DUPLICATE: u16 = 201;
    /// The key is revoked, or retired and out of grace.
    pub const KEY: u16 = 202;
    /// The author has commissioned it already.
    pub const COMMISSIONED_AGAIN: u16 = 203;
    /// The owner of the prefix lets nobody else record.
    pub const STRICT_OWNER: u16 = 204;
    /// More links as a bystander than an organisation may make in a day.
    pub const BYSTANDER_QUOTA: u16 = 205;
    /// An error declaration without a target, or by one who may not declare it.
    pub const ERROR_TARGET: u16 = 206;
    /// No right to this type of record.
    pub const RECORD_TYPE: u16 = 208;
    /// A record of an organisation or of governance that can't be read.
    pub const UNREADABLE: u16 = 209;
}

/// What an event is applied with, beside the state.
pub struct Context<'a> {
    /// Who wrote it.
    pub author: Author<'a>,
    /// With which key.
    pub key: &'a Key,
    /// What it is.
    pub record_type: u16,
    /// The block's height.
    pub height: u64,
    /// Its place in the block.
    pub index: u32,
    /// Its salted digest.
    pub digest: Hash,
}

/// A subject as the event names it, resolved against the state.
pub(super) struct Resolved {
    pub(super) role: Role,
    pub(super) key: usize,
    pub(super) number: Option<u64>,
    pub(super) kind: KeyKind,
    pub(super) standing: Standing,
    pub(super) ownership: Ownership,
    pub(super) holding: Holding,
    pub(super) quantity: Option<Quantity>,
    /// Its state before the event, if it is not new.
    pub(super) state: Option<Rc<SubjectState>>,
    /// Who emptied the parent it was in, if it was let out so.
    pub(super) released: Option<u64>,
}

/// An event can be declared erroneous so many times: again to name what corrects it, but a declaration tells all
/// that its target named, however small it is itself.
const ERRORS_MAX: u8 = 4;

/// The row that counts how often an event was declared erroneous.
fn errors_row(own: u64) -> Vec<u8> {
    [b"error/".as_slice(), &own.to_be_bytes()].concat()
}

fn errors_declared(working: &mut Working<'_>, own: u64) -> Result<u8, StoreError> {
    Ok(working.row(&errors_row(own))?.and_then(|row| row.first().copied()).unwrap_or(0))
}

/// What an error declaration declares erroneous.
struct Target {
    place: EventPlace,
    record: StoredRecord,
}

/// What an event says by its payload.
pub fn said<'a>(context: &Context<'_>, derived: &'a Derived, tags: &'a Tags) -> Said<'a> {
    let directory = context.author.directory;
    let registered = derived.receivers.iter().find_map(|key| directory.organisation_of_party(key, context.author.time));
    let next = match (registered, derived.receivers.is_empty()) {
        (Some(organisation), _) => organisation,
        (None, false) => UNREGISTERED,
        (None, true) => NONE,
    };
    Said { derived, tags, next }
}

/// Applies an event, or says with which code it is refused. A refused event leaves no trace in the state.
pub fn apply(
    working: &mut Working<'_>,
    context: &Context<'_>,
    said: &Said<'_>,
) -> Result<Result<Hash, u16>, StoreError> {
    let Said { derived, tags, .. } = *said;
    let earlier = working.event(tags.event)?;
    if earlier.is_some() && derived.error.is_none() {
        return Ok(Err(refusal::DUPLICATE));
    }
    let target = match (&derived.error, earlier) {
        (None, _) => None,
        (Some(_), None) => return Ok(Err(refusal::ERROR_TARGET)),
        (Some(_), Some(place)) if errors_declared(working, place.own)? >= ERRORS_MAX => {
            return Ok(Err(refusal::DUPLICATE));
        }
        (Some(_), Some(place)) => Some(Target { place, record: working.record(place)? }),
    };
    // An error declaration repeats its target: it founds and moves nothing, and names what the target named.
    let links = match (&target, resolve(working, context, said)?) {
        (Some(_), _) => Vec::new(),
        (None, Ok(links)) => links,
        (None, Err(code)) => return Ok(Err(code)),
    };
    let event = describe(context, working.next_event() + 1, said, &links);
    for link in &links {
        if event.commissions_again(&named(link)) {
            return Ok(Err(refusal::COMMISSIONED_AGAIN));
        }
    }
    if let Err(code) = spend_quota(working, context, &links)? {
        return Ok(Err(code));
    }
    Ok(Ok(keep(working, context, &event, said, links, target)?))
}

/// The tag of an event: its author and its id, so that nobody can pre-empt another's.
pub fn event_tag(author: u64, event_id: &str) -> Hash {
    match SubjectKey::event(author, event_id) {
        Some(key) => key.tag(),
        // An id longer than a part of a key may be: its hash stands for it.
        None => Tag::Key.hash_parts(&[&author.to_le_bytes(), &Tag::Key.hash(event_id.as_bytes()).0]),
    }
}

fn named(link: &Resolved) -> Named<'_> {
    let Resolved { role, kind, standing, holding, quantity, .. } = *link;
    Named { role, kind, standing, state: link.state.as_deref(), holding, quantity }
}

/// Finds out who each subject is and by what right the author names it.
fn resolve(
    working: &mut Working<'_>,
    context: &Context<'_>,
    said: &Said<'_>,
) -> Result<Result<Vec<Resolved>, u16>, StoreError> {
    let derived = said.derived;
    let mut numbers = Vec::with_capacity(derived.keys.len());
    for tag in &said.tags.keys {
        numbers.push(working.number_of(*tag)?);
    }
    // Things named together mostly have few logs, each of many neighbours.
    let mut by_log: NumberMap<u64, (Rc<SubjectState>, Holding, Option<u64>)> = NumberMap::default();
    let mut rights: Option<(&str, Option<Standing>, Ownership)> = None;
    let mut links = Vec::with_capacity(derived.links.len());
    for link in &derived.links {
        let place = link.key as usize;
        let (Some(key), Some(number)) = (derived.keys.get(place), numbers.get(place).copied()) else { continue };
        // What a right to follows from is the GTIN, of which items named together mostly have one.
        let gtin = key.gtin().unwrap_or_default();
        let (by_right, ownership) = match rights {
            Some((known, by_right, ownership)) if known == gtin && !gtin.is_empty() => (by_right, ownership),
            _ => context.author.by_right(key),
        };
        rights = Some((gtin, by_right, ownership));
        // What is recorded already may be received, moved and observed by those who hold it.
        let is_made = makes(derived, link.role) || (number.is_none() && derived.step != Step::Receiving);
        if by_right.is_none() && is_made && ownership == (Ownership::Foreign { strict: true }) {
            return Ok(Err(refusal::STRICT_OWNER));
        }
        let log = number.map(|number| working.log_of(number)).transpose()?;
        if let Some(log) = log
            && !by_log.contains_key(&log)
        {
            let state = working.state_of_log(log)?;
            let held = holding(working, &state)?;
            let released = released(working, &state)?;
            by_log.insert(log, (Rc::new(state), held, released));
        }
        let known = log.and_then(|log| by_log.get(&log));
        let standing = match (by_right, known, number) {
            (Some(standing), _, _) => standing,
            (None, Some((state, held, _)), Some(number)) => {
                let share = share_of(working, key.kind(), number, context)?;
                context.author.towards(state, *held, share, ownership)
            }
            _ => context.author.towards_new(ownership),
        };
        let nobody = Holding { holder: NONE, next: NONE, unconfirmed: false };
        let holding = known.map_or(nobody, |(_, holding, _)| *holding);
        let released = known.and_then(|(_, _, released)| *released);
        let (role, kind, quantity) = (link.role, key.kind(), link.quantity);
        let state = known.map(|(state, _, _)| Rc::clone(state));
        links.push(Resolved {
            role,
            key: place,
            number,
            kind,
            standing,
            ownership,
            holding,
            quantity,
            state,
            released,
        });
    }
    inherit_standing(working, derived, &mut links)?;
    Ok(Ok(links))
}

/// Counts what a bystander links in a day (205).
fn spend_quota(
    working: &mut Working<'_>,
    context: &Context<'_>,
    links: &[Resolved],
) -> Result<Result<(), u16>, StoreError> {
    const DAY_MS: i64 = 86_400_000;
    let spent = links.iter().filter(|link| link.standing == Standing::Bystander).count() as u64;
    if spent == 0 {
        return Ok(Ok(()));
    }
    let day = context.author.time.div_euclid(DAY_MS);
    let name = [b"quota/".as_slice(), &context.author.organisation.number.to_be_bytes()].concat();
    let before: (i64, u64) = match working.row(&name)? {
        Some(value) => stored(Table::Row, value)?,
        None => (day, 0),
    };
    let total = if before.0 == day { before.1.saturating_add(spent) } else { spent };
    if total > u64::from(context.author.directory.parameters().bystander_links_a_day) {
        return Ok(Err(refusal::BYSTANDER_QUOTA));
    }
    working.set_row(&name, encode(&(day, total)))?;
    Ok(Ok(()))
}

fn describe<'a>(context: &Context<'_>, own: u64, said: &Said<'a>, links: &[Resolved]) -> Event<'a> {
    let parent = links.iter().find(|link| link.role == Role::Parent);
    let nobody = Holding { holder: NONE, next: NONE, unconfirmed: false };
    Event {
        derived: said.derived,
        author: context.author.organisation.number,
        own,
        next: said.next,
        parent: parent_of(links),
        parent_holding: parent.map_or(nobody, |parent| parent.holding),
    }
}

/// Numbers what is new, makes the record, and appends it to all logs.
fn keep(
    working: &mut Working<'_>,
    context: &Context<'_>,
    event: &Event<'_>,
    said: &Said<'_>,
    mut links: Vec<Resolved>,
    target: Option<Target>,
) -> Result<Hash, StoreError> {
    let (flags, bits) = judge(context, event, &links);
    let new = number_new(working, context, said, &mut links)?;
    // As runs order them: what follows must not depend on the order of the payload, which may be erased.
    links.sort_unstable_by_key(|link| (link.role, link.standing, link.number));
    let event = Event { parent: parent_of(&links), ..*event };
    let mut runs = link_runs(&links);
    let confirmed = confirmed_receipts(&event, &links);
    runs.extend(event_runs(Role::Confirm, &confirmed));
    if let Some(target) = &target {
        runs.extend(event_runs(Role::Own, &[target.place.own]));
        runs.extend(error_runs(&target.record));
    }
    runs.sort_unstable();
    let mut names: Vec<Name> = new.iter().map(|(number, _, tag)| Name { number: *number, tag: *tag }).collect();
    names.sort_unstable_by_key(|name| name.number);
    let mut stored = StoredRecord {
        record_type: context.record_type,
        block_time: context.author.time,
        event_time: event.derived.event_time,
        rules: RULES,
        author: event.author,
        own: event.own - 1,
        flags,
        mask: roles_mask(&runs) | event.derived.mask & !ROLE_BITS | bits,
        event_digest: context.digest,
        names: names_root(&names),
        runs,
        founded: Vec::new(),
        effect: StoredEffect::new(said, stored_quantities(&links)),
    };
    let record = stored.record(context.height, context.index);
    let hash = record.hash();
    stored.founded = working.found(new, SubjectState::founded(hash, event.author), (context.height, context.index));
    let parent = event.parent.checked_sub(1);
    let emptied_before = parent.map(|parent| working.state_of(parent)).transpose()?.map_or(0, |state| state.emptied);
    append_all(working, context, &event, &links, &record, hash)?;
    if let Some(target) = &target {
        let declared = errors_declared(working, target.place.own)?.saturating_add(1);
        working.set_row(&errors_row(target.place.own), vec![declared])?;
        append_errors(working, &stored.runs, &record, hash, target)?;
    }
    keep_shares(working, &event, &links, emptied_before)?;
    working.add_event(said.tags.event, target.is_none(), context.height, context.index, stored);
    Ok(hash)
}

fn stored_quantities(links: &[Resolved]) -> Vec<StoredQuantity> {
    let of = |link: &Resolved| {
        let Quantity { thousandths, unit } = link.quantity?;
        Some(StoredQuantity { role: link.role as u8, subject: link.number?, thousandths, unit })
    };
    links.iter().filter_map(of).collect()
}

/// The bits of a mask that are roles.
const ROLE_BITS: u32 = (1 << 16) - 1;

fn roles_mask(runs: &[LinkRun]) -> u32 {
    runs.iter().filter_map(|run| Role::from_number(run.role)).fold(0, |mask, role| mask | role.bit())
}

fn parent_of(links: &[Resolved]) -> u64 {
    links.iter().find(|link| link.role == Role::Parent).and_then(|link| link.number).map_or(0, |number| number + 1)
}

/// The flags and the bits of the mask that depend on the state.
fn judge(context: &Context<'_>, event: &Event<'_>, links: &[Resolved]) -> (u64, u32) {
    let (mut flags, mut bits) = (0, 0);
    for link in links {
        let named = named(link);
        let foreign = matches!(link.ownership, Ownership::Foreign { .. });
        flags |= event.flags(&named, foreign, link.ownership == Ownership::Unbound);
        bits |= event.mask(&named);
    }
    let parameters = context.author.directory.parameters();
    let late = context.author.time.saturating_sub(event.derived.event_time) > parameters.capture_limit_ms;
    if late && !event.derived.opening_balance {
        flags |= flag::LATE_CAPTURE;
    }
    if context.key.is_suspect_at(context.author.time) {
        flags |= flag::KEY_SUSPECT;
    }
    (flags, bits)
}

/// Numbers the subjects that are new, those named first, then their classes; gives number, key and tag.
fn number_new(
    working: &mut Working<'_>,
    context: &Context<'_>,
    said: &Said<'_>,
    links: &mut [Resolved],
) -> Result<Vec<(u64, SubjectKey, Hash)>, StoreError> {
    let derived = said.derived;
    let mut is_new = vec![false; derived.keys.len()];
    for link in links.iter().filter(|link| link.number.is_none()) {
        if let Some(new) = is_new.get_mut(link.key) {
            *new = true;
        }
    }
    let mut numbers: Vec<Option<u64>> = vec![None; derived.keys.len()];
    let mut new = Vec::new();
    let mut classes: Vec<(SubjectKey, Hash)> = Vec::new();
    // Things of one event can be of as many classes as there are things; mostly they are of one.
    let (mut known_classes, mut named_here) = (HashSet::new(), HashSet::new());
    let mut last_class: Option<(SubjectKey, Hash)> = None;
    let named = derived.keys.iter().zip(&said.tags.keys).zip(&mut numbers).zip(is_new);
    for (((key, tag), number), _) in named.filter(|(_, is_new)| *is_new) {
        let class = key.class().map(|class| match &last_class {
            Some((last, tag)) if *last == class => (class, *tag),
            _ => {
                let tag = class.tag();
                (class, tag)
            }
        });
        let taken = take_number(working, context, key.kind(), class.as_ref().map_or(Hash::ZERO, |(_, tag)| *tag))?;
        *number = Some(taken);
        named_here.insert(*tag);
        new.push((taken, key.clone(), *tag));
        if let Some((class, tag)) = class {
            let is_last = last_class.as_ref().is_some_and(|(_, last)| *last == tag);
            if !is_last && known_classes.insert(tag) {
                classes.push((class.clone(), tag));
            }
            last_class = Some((class, tag));
        }
    }
    for (class, tag) in classes {
        if !named_here.contains(&tag) && working.number_of(tag)?.is_none() {
            let above = class.class().map_or(Hash::ZERO, |above| above.tag());
            let number = take_number(working, context, class.kind(), above)?;
            new.push((number, class, tag));
        }
    }
    for link in links.iter_mut().filter(|link| link.number.is_none()) {
        link.number = numbers.get(link.key).copied().flatten();
    }
    Ok(new)
}

/// The next number of the extent of this lane, kind and class, so that what is commissioned together lies together
/// (`ranges.md`).
fn take_number(
    working: &mut Working<'_>,
    context: &Context<'_>,
    kind: KeyKind,
    class: Hash,
) -> Result<u64, StoreError> {
    const EXTENT_MIN: u64 = 16;
    const EXTENT_MAX: u64 = 4_096;
    let count = working.roots.subject_count;
    let extent = working.extent((context.key.id, kind as u8, class))?;
    if extent.next == extent.end {
        extent.size = extent.size.saturating_mul(2).clamp(EXTENT_MIN, EXTENT_MAX);
        extent.next = count.next_multiple_of(extent.size);
        extent.end = extent.next + extent.size;
    }
    let number = extent.next;
    extent.next += 1;
    let end = extent.end;
    working.roots.subject_count = count.max(end);
    Ok(number)
}

/// The runs of links to subjects, maximal and ascending.
fn link_runs(links: &[Resolved]) -> Vec<LinkRun> {
    let mut singles: Vec<(u8, u8, u64)> =
        links.iter().filter_map(|link| Some((link.role as u8, link.standing as u8, link.number?))).collect();
    singles.sort_unstable();
    LinkRun::maximal(&singles)
}

/// Runs of links to events, by their own numbers.
fn event_runs(role: Role, own: &[u64]) -> Vec<LinkRun> {
    let singles: Vec<(u8, u8, u64)> = own.iter().map(|own| (role as u8, Standing::Bystander as u8, *own)).collect();
    LinkRun::maximal(&singles)
}

/// What a target named, in the role of an error: each subject once.
fn error_runs(target: &StoredRecord) -> Vec<LinkRun> {
    let mut numbers: Vec<(u8, u8, u64)> = target
        .runs
        .iter()
        .filter(|run| Role::from_number(run.role).is_some_and(|role| !role.names_events()))
        .flat_map(|run| run.first..run.first + u64::from(run.count))
        .map(|number| (Role::Error as u8, Standing::Holder as u8, number))
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    LinkRun::maximal(&numbers)
}

/// The unconfirmed receipts that this shipment confirms: the receiver whom it names has recorded them already.
fn confirmed_receipts(event: &Event<'_>, links: &[Resolved]) -> Vec<u64> {
    if event.derived.step != Step::Shipping {
        return Vec::new();
    }
    let shipped = links.iter().filter(|link| link.role == Role::Epc && link.standing >= Standing::Holder);
    let claims = shipped.filter_map(|link| link.state.as_deref()).filter(|state| state.holder == event.next);
    let mut confirmed: Vec<u64> = claims.filter_map(|state| state.claim.checked_sub(1)).collect();
    confirmed.sort_unstable();
    confirmed.dedup();
    confirmed
}

/// Appends the record to the logs of all subjects, role by role.
fn append_all(
    working: &mut Working<'_>,
    context: &Context<'_>,
    event: &Event<'_>,
    links: &[Resolved],
    record: &Record,
    hash: Hash,
) -> Result<(), StoreError> {
    type Group = (Role, Standing, KeyKind, Option<(Option<i64>, [u8; 4])>, Option<u64>);
    let mut groups: BTreeMap<Group, Vec<(u64, u64)>> = BTreeMap::new();
    for link in links {
        let quantity = link.quantity.map(|quantity| (quantity.thousandths, quantity.unit));
        if let Some(number) = link.number {
            groups.entry((link.role, link.standing, link.kind, quantity, link.released)).or_default().push((number, 1));
        }
    }
    for ((role, standing, kind, quantity, released), mut numbers) in groups {
        numbers.sort_unstable();
        let numbers = joined(&numbers);
        let entry =
            StoredEntry { height: context.height, index: context.index, role: role as u8, standing: standing as u8 };
        let node = LogNode::entry(record, hash, role, standing);
        let quantity = quantity.map(|(thousandths, unit)| Quantity { thousandths, unit });
        let confirmed = event.derived.step == Step::Shipping && role == Role::Epc;
        let next = event.next;
        working.append(&numbers, entry, node, &|state| {
            if let Some(holder) = released
                && standing >= Standing::Unconfirmed
            {
                state.release(holder);
            }
            if confirmed && standing >= Standing::Holder && state.claim != 0 && state.holder == next {
                // The shipment came after its receipt: the receiver holds it already.
                state.claim = 0;
            } else {
                event.change(role, kind, standing, quantity, state);
            }
        })?;
    }
    Ok(())
}

fn joined(numbers: &[(u64, u64)]) -> Vec<(u64, u64)> {
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for (number, _) in numbers {
        match ranges.last_mut() {
            Some((first, count)) if *first + *count == *number => *count += 1,
            _ => ranges.push((*number, 1)),
        }
    }
    ranges
}

/// Tells the subjects of a target that it was declared erroneous, and takes back what it did to them.
fn append_errors(
    working: &mut Working<'_>,
    runs: &[LinkRun],
    record: &Record,
    hash: Hash,
    target: &Target,
) -> Result<(), StoreError> {
    let standing = Standing::Holder;
    let numbers: Vec<(u64, u64)> =
        runs.iter().filter(|run| run.role == Role::Error as u8).map(|run| (run.first, u64::from(run.count))).collect();
    let entry =
        StoredEntry { height: record.height, index: record.index, role: Role::Error as u8, standing: standing as u8 };
    let node = LogNode::entry(record, hash, Role::Error, standing);
    let own = target.place.own + 1;
    let of = |bit: u32| target.record.mask & bit != 0;
    let commissioned = of(Role::Output.bit()) || (of(Role::Epc.bit()) && of(mask::ADD));
    working.append(&numbers, entry, node, &|state| {
        if state.packed == own {
            (state.parent, state.packed) = (0, 0);
        }
        if state.emptied == own {
            state.emptied = 0;
        }
        if state.claim == own {
            (state.holder, state.claim) = (NONE, 0);
        }
        if commissioned && state.maker == target.record.author {
            (state.life, state.maker, state.balance) = (super::subject::life::UNKNOWN, NONE, 0);
        }
        if of(mask::END_OF_LIFE) && state.life == super::subject::life::ENDED {
            state.life = super::subject::life::ACTIVE;
        }
        if of(mask::RECALL) {
            state.recall = 0;
        }
    })
}

/// Whether this author may write this type of record at all.
pub fn may_write(role: OrganisationRole, record_type: u16) -> bool {
    match record_type {
        record_type::EPCIS | record_type::ORGANISATION | record_type::CONTRACT | record_type::CREDIT => true,
        // Which of them governs, the directory says.
        record_type::GOVERNANCE => role != OrganisationRole::Member,
        _ => false,
    }
}
