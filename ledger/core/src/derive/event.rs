//! Reads the members of an event that name subjects or move states.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::json::{NUMBER_CHARACTERS_MAX, Read, Reader, number_length};
use super::{
    Action, DeriveError, Derived, ErrorDeclared, EventType, Link, PARTIES_MAX, Quantity, SUBJECTS_MAX, Step, time,
    words,
};
use crate::key::{KeyError, KeyKind, Named, SubjectKey};
use crate::record::{Role, mask};

/// What has been read of an event.
#[derive(Default)]
struct Gathered {
    event_id: Option<String>,
    event_time: Option<i64>,
    event_type: Option<EventType>,
    /// The action, or the text that is none.
    action: Option<Result<Action, String>>,
    step: Option<Step>,
    dispensing: bool,
    dispensed: bool,
    recalled: bool,
    recall_lifted: bool,
    error: Option<ErrorDeclared>,
    opening_balance: bool,
    /// Whether the record's type is that of a record that links identifiers.
    is_identity_link: bool,
    /// Lot numbers of `ilmd`.
    lots: Vec<String>,
    /// What `suyuan:alias` names.
    aliases: Vec<SubjectKey>,
    receivers: Vec<SubjectKey>,
    senders: Vec<SubjectKey>,
    subjects: Subjects,
}

/// The subjects and links.
#[derive(Default)]
struct Subjects {
    keys: Vec<SubjectKey>,
    /// Indices of `keys` in the order of the keys: they are found by bisection.
    order: Vec<u32>,
    /// Of each key a bit for each role.
    roles: Vec<u32>,
    links: Vec<Link>,
    /// Whether a pair of role and key stands in `links` twice.
    repeated: bool,
}

pub(super) fn derive(payload: &[u8]) -> Read<Derived> {
    let mut reader = Reader::new(payload)?;
    if reader.peek() != Some(b'{') {
        return Err(DeriveError::new(101, "no object".to_owned()));
    }
    let mut gathered = Gathered::default();
    reader.object(|reader, name| gathered.member(reader, name))?;
    reader.end()?;
    gathered.finish()
}

impl Gathered {
    fn member(&mut self, reader: &mut Reader<'_>, name: &str) -> Read<()> {
        match name {
            "type" => self.event_type = Some(event_type(&reader.string()?)),
            "eventTime" => self.event_time = Some(event_time(&reader.string()?)?),
            "eventID" => self.event_id = Some(event_id(reader.string()?)?),
            "action" => self.action = Some(action(&reader.string()?)),
            "bizStep" => {
                let value = reader.string()?;
                (self.step, self.dispensing) = (Some(words::step(&value)), words::is_dispensing(&value));
            }
            "disposition" => {
                let value = reader.string()?;
                let word = words::disposition(&value);
                self.recalled |= word == "recalled";
                self.dispensed = word == "dispensed";
            }
            "persistentDisposition" => return self.persistent_disposition(reader),
            "epcList" => return self.epcs(reader, Role::Epc),
            "childEPCs" => return self.epcs(reader, Role::Child),
            "inputEPCList" => return self.epcs(reader, Role::Input),
            "outputEPCList" => return self.epcs(reader, Role::Output),
            "quantityList" => return self.quantities(reader, Role::Epc),
            "childQuantityList" => return self.quantities(reader, Role::Child),
            "inputQuantityList" => return self.quantities(reader, Role::Input),
            "outputQuantityList" => return self.quantities(reader, Role::Output),
            "parentID" => return self.subjects.add(Role::Parent, named(&reader.string()?)?, None),
            "transformationID" => {
                let process = SubjectKey::process(&reader.string()?).map_err(key_error)?;
                return self.subjects.link(Role::Process, process, None);
            }
            "ilmd" if reader.peek() == Some(b'{') => {
                return reader.object(|reader, name| lot_number(reader, name, &mut self.lots));
            }
            "sourceList" => return parties(reader, "source", &mut self.senders),
            "destinationList" => return parties(reader, "destination", &mut self.receivers),
            "errorDeclaration" => self.error = Some(error_declaration(reader)?),
            name if name.starts_with("suyuan:") => return self.own_member(reader, name),
            _ => return reader.skip(),
        }
        Ok(())
    }

    /// Members of this project's own vocabulary.
    fn own_member(&mut self, reader: &mut Reader<'_>, name: &str) -> Read<()> {
        match name {
            "suyuan:openingBalance" => {
                // XML has no truth values: what was converted from it is a string.
                match reader.peek() {
                    Some(b't') => {
                        reader.word("true")?;
                        self.opening_balance = true;
                    }
                    Some(b'"') => self.opening_balance |= reader.string()? == "true",
                    _ => return reader.skip(),
                }
                Ok(())
            }
            "suyuan:recordType" => {
                let value = reader.string()?;
                self.opening_balance |= value == "TRC.OPENING_BALANCE";
                self.is_identity_link = value == "ID.LINK";
                Ok(())
            }
            "suyuan:crossReference" => {
                let subjects = &mut self.subjects;
                one_or_more(reader, |uri| subjects.link(Role::CrossReference, named(uri)?.key, None))
            }
            "suyuan:alias" => {
                let aliases = &mut self.aliases;
                one_or_more(reader, |uri| {
                    if aliases.len() == SUBJECTS_MAX {
                        return Err(too_many());
                    }
                    aliases.push(named(uri)?.key);
                    Ok(())
                })
            }
            _ => reader.skip(),
        }
    }

    fn persistent_disposition(&mut self, reader: &mut Reader<'_>) -> Read<()> {
        let (recalled, recall_lifted) = (&mut self.recalled, &mut self.recall_lifted);
        reader.object(|reader, name| {
            let found: &mut bool = match name {
                "set" => recalled,
                "unset" => recall_lifted,
                _ => return reader.skip(),
            };
            one_or_more(reader, |value| {
                *found |= words::disposition(value) == "recalled";
                Ok(())
            })
        })
    }

    fn epcs(&mut self, reader: &mut Reader<'_>, role: Role) -> Read<()> {
        reader.list(|reader| self.subjects.add(role, named(&reader.string()?)?, None))
    }

    fn quantities(&mut self, reader: &mut Reader<'_>, role: Role) -> Read<()> {
        reader.list(|reader| {
            let (class, quantity) = quantity_element(reader)?;
            self.subjects.add(role, class, quantity)
        })
    }

    fn finish(mut self) -> Read<Derived> {
        let missing = |name: &str| DeriveError::new(105, "missing".to_owned()).under(name);
        let event_type = self.event_type.ok_or_else(|| missing("type"))?;
        let event_time = self.event_time.ok_or_else(|| missing("eventTime"))?;
        let event_id = self.event_id.ok_or_else(|| missing("eventID"))?;
        let action = match (event_type, self.action) {
            (EventType::Transformation, _) => None,
            (EventType::Other, action) => action.and_then(Result::ok),
            (_, None) => return Err(missing("action")),
            (_, Some(Err(text))) => return Err(DeriveError::new(105, text).under("action")),
            (_, Some(Ok(action))) => Some(action),
        };
        self.subjects.add_lots(&self.lots)?;
        if self.is_identity_link {
            for alias in self.aliases {
                self.subjects.link(Role::Alias, alias, None).map_err(|error| error.under("suyuan:alias"))?;
            }
        }
        let roles = self.subjects.finish()?;
        let step = match self.step.unwrap_or(Step::Other) {
            _ if event_type == EventType::Object && action == Some(Action::Delete) => Step::Ending,
            Step::Other if self.dispensing && self.dispensed => Step::Ending,
            step => step,
        };
        Ok(Derived {
            event_id,
            event_time,
            event_type,
            action,
            step,
            recalled: self.recalled,
            recall_lifted: self.recall_lifted,
            keys: self.subjects.keys,
            links: self.subjects.links,
            receivers: self.receivers,
            senders: self.senders,
            error: self.error,
            opening_balance: self.opening_balance,
            mask: roles | mask_of(event_type, action, roles),
        })
    }
}

/// The bits above those of roles.
fn mask_of(event_type: EventType, action: Option<Action>, roles: u32) -> u32 {
    let mut bits = match action {
        Some(Action::Add) => mask::ADD,
        Some(Action::Delete) => mask::DELETE,
        Some(Action::Observe) | None => 0,
    };
    let contains = matches!(event_type, EventType::Aggregation | EventType::Association);
    if event_type == EventType::Association {
        bits |= mask::ASSOCIATION;
    }
    // EPCIS 2.0 §7.4.3: DELETE that names no children takes out all of them.
    let names_parent_alone = roles & (Role::Parent.bit() | Role::Child.bit()) == Role::Parent.bit();
    if contains && action == Some(Action::Delete) && names_parent_alone {
        bits |= mask::UNPACK_ALL;
    }
    bits
}

impl Subjects {
    /// What a URI names in `role`, and its lot as a lot.
    fn add(&mut self, role: Role, named: Named, quantity: Option<Quantity>) -> Read<()> {
        self.link(role, named.key, quantity)?;
        match named.lot {
            Some(lot) => self.link(Role::Lot, lot, None),
            None => Ok(()),
        }
    }

    fn link(&mut self, role: Role, key: SubjectKey, quantity: Option<Quantity>) -> Read<()> {
        let index = self.index(key)?;
        let Some(roles) = usize::try_from(index).ok().and_then(|index| self.roles.get_mut(index)) else {
            return Ok(());
        };
        let again = *roles & role.bit() != 0;
        *roles |= role.bit();
        // The same thing named twice says nothing new, but where it can have a quantity: these are added up
        // at the end.
        if again && !matches!(role, Role::Epc | Role::Child | Role::Input | Role::Output) {
            return Ok(());
        }
        self.repeated |= again;
        self.links.push(Link { role, key: index, quantity });
        Ok(())
    }

    /// The index of a key, which is added if it is new.
    fn index(&mut self, key: SubjectKey) -> Read<u32> {
        let of = |index: &u32| usize::try_from(*index).ok().and_then(|index| self.keys.get(index));
        // Serials mostly ascend.
        let place = match self.order.last() {
            Some(last) if of(last) < Some(&key) => self.order.len(),
            _ => match self.order.binary_search_by(|index| of(index).cmp(&Some(&key))) {
                Ok(place) => return Ok(self.order.get(place).copied().unwrap_or_default()),
                Err(place) => place,
            },
        };
        if self.keys.len() == SUBJECTS_MAX {
            return Err(too_many());
        }
        let index = u32::try_from(self.keys.len()).map_err(|_| too_many())?;
        self.keys.push(key);
        self.roles.push(0);
        self.order.insert(place, index);
        Ok(index)
    }

    /// Gives each item in the lists of things and of outputs the lots of its GTIN.
    fn add_lots(&mut self, lots: &[String]) -> Read<()> {
        if lots.is_empty() {
            return Ok(());
        }
        let mut gtins = BTreeSet::new();
        let mut found = Vec::new();
        for link in self.links.iter().filter(|link| matches!(link.role, Role::Epc | Role::Output)) {
            let key = usize::try_from(link.key).ok().and_then(|index| self.keys.get(index));
            let item = key.filter(|key| matches!(key.kind(), KeyKind::Item | KeyKind::Upui));
            let Some((item, gtin)) = item.and_then(|item| Some((item, item.gtin()?))) else { continue };
            if gtins.insert(gtin) {
                for lot in lots.iter().filter_map(|lot| item.with_lot(lot)) {
                    if found.len() == SUBJECTS_MAX {
                        return Err(too_many().under("ilmd"));
                    }
                    found.push(lot);
                }
            }
        }
        found.into_iter().try_for_each(|lot| self.link(Role::Lot, lot, None).map_err(|error| error.under("ilmd")))
    }

    /// Makes each pair of role and key stand once, and gives the bits of all roles.
    fn finish(&mut self) -> Read<u32> {
        if self.repeated {
            self.merge();
        }
        let own_parent = Role::Parent.bit() | Role::Child.bit();
        if self.roles.iter().any(|roles| roles & own_parent == own_parent) {
            return Err(DeriveError::new(112, "among its own children".to_owned()).under("parentID"));
        }
        Ok(self.roles.iter().fold(0, |all, roles| all | roles))
    }

    /// Keeps the first link of each role and key, with the sum of their quantities.
    fn merge(&mut self) {
        let mut sorted: Vec<(usize, Link)> = self.links.drain(..).enumerate().collect();
        sorted.sort_unstable_by_key(|(place, link)| (link.role, link.key, *place));
        sorted.dedup_by(|(_, again), (_, first)| {
            let same = (again.role, again.key) == (first.role, first.key);
            if same {
                first.quantity = match (first.quantity, again.quantity) {
                    (Some(one), Some(two)) => Some(one.plus(two)),
                    // One of them is of unknown quantity, and so is the sum.
                    (Some(known), None) | (None, Some(known)) => Some(Quantity { thousandths: None, ..known }),
                    (None, None) => None,
                };
            }
            same
        });
        sorted.sort_unstable_by_key(|(place, _)| *place);
        self.links.extend(sorted.into_iter().map(|(_, link)| link));
    }
}

fn too_many() -> DeriveError {
    DeriveError::new(104, format!("more than {SUBJECTS_MAX} subjects"))
}

fn key_error(error: KeyError) -> DeriveError {
    match error {
        KeyError::Empty => DeriveError::new(105, "empty".to_owned()),
        KeyError::TooLong => DeriveError::new(102, "longer than a key can be".to_owned()),
        KeyError::WidePattern => DeriveError::new(104, "wider than a class".to_owned()),
    }
}

fn named(uri: &str) -> Read<Named> {
    SubjectKey::named_by(uri).map_err(key_error)
}

fn event_type(name: &str) -> EventType {
    match name {
        "ObjectEvent" => EventType::Object,
        "AggregationEvent" => EventType::Aggregation,
        "AssociationEvent" => EventType::Association,
        "TransactionEvent" => EventType::Transaction,
        "TransformationEvent" => EventType::Transformation,
        _ => EventType::Other,
    }
}

fn event_time(text: &str) -> Read<i64> {
    time::milliseconds(text).ok_or_else(|| DeriveError::new(105, "no time with offset".to_owned()))
}

/// An eventID is a part of the event's own key.
fn event_id(text: Cow<'_, str>) -> Read<String> {
    match text.len() {
        0 => Err(key_error(KeyError::Empty)),
        length if length > usize::from(u16::MAX) => Err(key_error(KeyError::TooLong)),
        _ => Ok(text.into_owned()),
    }
}

fn action(text: &str) -> Result<Action, String> {
    match text {
        "ADD" => Ok(Action::Add),
        "OBSERVE" => Ok(Action::Observe),
        "DELETE" => Ok(Action::Delete),
        _ => Err("no action".to_owned()),
    }
}

/// A string, or a list of strings.
fn one_or_more(reader: &mut Reader<'_>, mut each: impl FnMut(&str) -> Read<()>) -> Read<()> {
    match reader.peek() {
        Some(b'[') => reader.list(|reader| each(&reader.string()?)),
        _ => each(&reader.string()?),
    }
}

fn quantity_element(reader: &mut Reader<'_>) -> Read<(Named, Option<Quantity>)> {
    let (mut class, mut number, mut unit) = (None, None, None);
    reader.object(|reader, name| {
        match name {
            "epcClass" => class = Some(named(&reader.string()?)?),
            // Some systems write numbers as strings.
            "quantity" if reader.peek() == Some(b'"') => {
                let text = reader.string()?;
                let is_number =
                    text.len() <= NUMBER_CHARACTERS_MAX && number_length(text.as_bytes()) == Some(text.len());
                if !is_number {
                    return Err(DeriveError::new(105, "no number".to_owned()));
                }
                number = Some(text);
            }
            // What XML has as `xsi:nil`: unspecified.
            "quantity" if reader.peek() == Some(b'n') => reader.word("null")?,
            "quantity" => number = Some(Cow::Borrowed(reader.number()?)),
            "uom" => unit = Some(reader.string()?),
            _ => return reader.skip(),
        }
        Ok(())
    })?;
    let class = class.ok_or_else(|| DeriveError::new(105, "missing".to_owned()).under("epcClass"))?;
    Ok((class, number.map(|number| Quantity::new(&number, unit.as_deref()))))
}

/// Takes the lot number if the member of `ilmd` is one: `lotNumber` under any prefix or namespace.
fn lot_number(reader: &mut Reader<'_>, name: &str, lots: &mut Vec<String>) -> Read<()> {
    let local = name.rsplit([':', '#', '/']).next().unwrap_or(name);
    if local != "lotNumber" {
        return reader.skip();
    }
    match reader.peek() {
        Some(b'"') => lots.push(reader.string()?.into_owned()),
        // A lot that looks like a number is often written as one.
        Some(b'-' | b'0'..=b'9') => {
            let text = reader.number()?;
            if text.bytes().all(|byte| byte.is_ascii_digit()) {
                lots.push(text.to_owned());
            }
        }
        Some(b'[') => {
            return reader.list(|reader| match reader.peek() {
                Some(b'"') => {
                    lots.push(reader.string()?.into_owned());
                    Ok(())
                }
                _ => reader.skip(),
            });
        }
        _ => return reader.skip(),
    }
    Ok(())
}

/// Owners and possessors in a list of sources or destinations; `member` is where each is named.
fn parties(reader: &mut Reader<'_>, member: &str, found: &mut Vec<SubjectKey>) -> Read<()> {
    reader.list(|reader| {
        let (mut is_party, mut party) = (false, None);
        reader.object(|reader, name| {
            match name {
                "type" => is_party = words::is_party(&reader.string()?),
                name if name == member => party = Some(named(&reader.string()?)?.key),
                _ => return reader.skip(),
            }
            Ok(())
        })?;
        if let Some(party) = party.filter(|party| is_party && !found.contains(party)) {
            if found.len() == PARTIES_MAX {
                return Err(DeriveError::new(104, format!("more than {PARTIES_MAX} parties")));
            }
            found.push(party);
        }
        Ok(())
    })
}

fn error_declaration(reader: &mut Reader<'_>) -> Read<ErrorDeclared> {
    let mut declared = ErrorDeclared { did_not_occur: false, corrective: Vec::new() };
    reader.object(|reader, name| {
        match name {
            "reason" => declared.did_not_occur = words::error_reason(&reader.string()?) == "did_not_occur",
            "correctiveEventIDs" => {
                return reader.list(|reader| {
                    declared.corrective.push(reader.string()?.into_owned());
                    Ok(())
                });
            }
            _ => return reader.skip(),
        }
        Ok(())
    })?;
    Ok(declared)
}
