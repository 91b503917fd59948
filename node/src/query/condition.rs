//! One condition of a query: whether an event meets it, and what can be told before the event is read.

use std::cmp::Ordering;

use suyuan_epcis::cbv::{self, Vocabulary};
use suyuan_epcis::decimal;
use suyuan_epcis::model::{Event, EventType, Location, PersistentDisposition, QuantityElement, Typed};
use suyuan_epcis::time::Stamp;
use suyuan_ledger::state::subject::StoredRecord;

use super::matcher::{Matcher, Named};

/// One condition.
#[derive(Debug)]
pub(super) enum Condition {
    /// The event is of one of these types.
    Type(Vec<String>),
    /// A time is this one or later (`from`), or before it.
    Time { of: TimeOf, from: bool, stamp: Stamp },
    /// A word is one of these, as the model holds words.
    Word(WordOf, Vec<String>),
    /// The place is one of these.
    Place(PlaceOf, Vec<Named>),
    /// The process is one of these.
    Process(Vec<Named>),
    /// A transaction, source or destination of this type is one of these.
    Typed { of: TypedOf, kind: String, values: Vec<Named> },
    /// One of the lists names one of these.
    Match(ListOf, Vec<Matcher>),
    /// A quantity compares so with this number.
    Quantity(Comparison, String),
    /// Its id is one of these.
    EventId(Vec<String>),
    /// It declares an error.
    ErrorDeclared,
    /// The error that it declares is corrected by one of these.
    Corrective(Vec<String>),
}

/// A time of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimeOf {
    Event,
    Record,
    Declaration,
}

/// A word of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WordOf {
    Action,
    BizStep,
    Disposition,
    Set,
    Unset,
    ErrorReason,
}

/// A place of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PlaceOf {
    ReadPoint,
    BizLocation,
}

/// A list of values with types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TypedOf {
    BizTransaction,
    Source,
    Destination,
}

/// Lists that name things or classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ListOf {
    Epc,
    Parent,
    Input,
    Output,
    Any,
    EpcClass,
    InputClass,
    OutputClass,
    AnyClass,
}

/// How numbers compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

impl WordOf {
    /// The vocabulary of its words.
    pub(super) fn vocabulary(self) -> Option<&'static Vocabulary> {
        match self {
            WordOf::Action => None,
            WordOf::BizStep => Some(&cbv::BIZ_STEP),
            WordOf::Disposition | WordOf::Set | WordOf::Unset => Some(&cbv::DISPOSITION),
            WordOf::ErrorReason => Some(&cbv::ERROR_REASON),
        }
    }
}

impl TypedOf {
    /// The vocabulary of its types.
    pub(super) fn vocabulary(self) -> &'static Vocabulary {
        match self {
            TypedOf::BizTransaction => &cbv::BIZ_TRANSACTION,
            TypedOf::Source | TypedOf::Destination => &cbv::SOURCE_DESTINATION,
        }
    }
}

impl Comparison {
    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Comparison::Equal => ordering.is_eq(),
            Comparison::Greater => ordering.is_gt(),
            Comparison::GreaterOrEqual => ordering.is_ge(),
            Comparison::Less => ordering.is_lt(),
            Comparison::LessOrEqual => ordering.is_le(),
        }
    }
}

/// The types by the numbers that records keep of them (`state/erased.rs` of the ledger).
const STORED_TYPES: [EventType; 5] = [
    EventType::Object,
    EventType::Aggregation,
    EventType::Association,
    EventType::Transaction,
    EventType::Transformation,
];

impl Condition {
    /// Whether an event with this record can meet it: `false` is sure, `true` is not.
    pub(super) fn may_hold(&self, record: &StoredRecord) -> bool {
        match self {
            Condition::Type(names) => {
                let number = usize::from(record.effect.event_type);
                let stored = number.checked_sub(1).and_then(|place| STORED_TYPES.get(place));
                stored.is_none_or(|stored| names.iter().any(|name| name == stored.name()))
            }
            Condition::Time { of: TimeOf::Record, from, stamp } => {
                (compare_milliseconds(record.block_time, stamp) != Ordering::Less) == *from
            }
            // A record's event time is cut off to the millisecond: of the same millisecond nothing is sure.
            Condition::Time { of: TimeOf::Event, from: true, stamp } => record.event_time >= milliseconds(stamp),
            Condition::Time { of: TimeOf::Event, from: false, stamp } => record.event_time <= milliseconds(stamp),
            _ => true,
        }
    }

    /// Words of which one stands in the payload, if no character of it is escaped; none if nothing can be told.
    pub(super) fn words(&self) -> Option<Vec<&str>> {
        match self {
            Condition::Word(_, words) | Condition::EventId(words) | Condition::Corrective(words) => {
                Some(words.iter().map(String::as_str).collect())
            }
            Condition::Place(_, values) | Condition::Typed { values, .. } => {
                values.iter().map(Named::only_text).collect()
            }
            Condition::ErrorDeclared => Some(vec!["errorDeclaration"]),
            _ => None,
        }
    }

    /// Whether an event meets it.
    pub(super) fn holds(&self, event: &Event, record: &StoredRecord) -> bool {
        match self {
            Condition::Type(names) => names.iter().any(|name| name == event.event_type.name()),
            Condition::Time { of, from, stamp } => {
                let time = match of {
                    TimeOf::Event => event.event_time.as_deref().and_then(Stamp::parse),
                    TimeOf::Record => return self.may_hold(record),
                    TimeOf::Declaration => declaration_time(event),
                };
                time.is_some_and(|time| (time >= *stamp) == *from)
            }
            Condition::Word(of, words) => words_of(*of, event).iter().any(|word| words.iter().any(|one| one == word)),
            Condition::Place(of, values) => {
                let place = match of {
                    PlaceOf::ReadPoint => &event.read_point,
                    PlaceOf::BizLocation => &event.biz_location,
                };
                let id = place.as_ref().and_then(|Location { id, .. }| id.as_deref());
                id.is_some_and(|id| values.iter().any(|value| value.matches(id)))
            }
            Condition::Process(values) => {
                let id = event.transformation_id.as_deref();
                id.is_some_and(|id| values.iter().any(|value| value.matches(id)))
            }
            Condition::Typed { of, kind, values } => typed_of(*of, event).iter().flatten().any(|typed| {
                let Typed { kind: found, value, .. } = typed;
                found.as_deref() == Some(kind)
                    && value.as_deref().is_some_and(|found| values.iter().any(|value| value.matches(found)))
            }),
            Condition::Match(of, matchers) => {
                let mut found = false;
                each_named(*of, event, &mut |text| found |= matchers.iter().any(|matcher| matcher.matches(text)));
                found
            }
            Condition::Quantity(comparison, number) => quantities(event).any(|element| {
                let compared = element.quantity.as_ref().and_then(|found| decimal::compare(&found.0, number));
                compared.is_some_and(|ordering| comparison.holds(ordering))
            }),
            Condition::EventId(ids) => event.event_id.as_ref().is_some_and(|id| ids.contains(id)),
            Condition::ErrorDeclared => event.error_declaration.is_some(),
            Condition::Corrective(ids) => {
                let named = event.error_declaration.iter().flat_map(|declared| declared.corrective_event_ids.iter());
                named.flatten().any(|id| ids.contains(id))
            }
        }
    }
}

/// Milliseconds since 1970, cut off towards the past.
pub(super) fn milliseconds(stamp: &Stamp) -> i64 {
    stamp.seconds.saturating_mul(1_000).saturating_add(i64::from(stamp.nanoseconds / 1_000_000))
}

fn compare_milliseconds(time: i64, stamp: &Stamp) -> Ordering {
    // A time of whole milliseconds is before a stamp that is later within its millisecond.
    let rest = stamp.nanoseconds % 1_000_000;
    time.cmp(&milliseconds(stamp)).then(if rest > 0 { Ordering::Less } else { Ordering::Equal })
}

fn declaration_time(event: &Event) -> Option<Stamp> {
    event.error_declaration.as_ref()?.declaration_time.as_deref().and_then(Stamp::parse)
}

fn words_of(of: WordOf, event: &Event) -> Vec<&str> {
    let set = |pick: fn(&PersistentDisposition) -> &Option<Vec<String>>| {
        let list = event.persistent_disposition.as_ref().and_then(|dispositions| pick(dispositions).as_ref());
        list.into_iter().flatten().map(String::as_str).collect()
    };
    let single = match of {
        WordOf::Action => &event.action,
        WordOf::BizStep => &event.biz_step,
        WordOf::Disposition => &event.disposition,
        WordOf::Set => return set(|dispositions| &dispositions.set),
        WordOf::Unset => return set(|dispositions| &dispositions.unset),
        WordOf::ErrorReason => {
            let reason = event.error_declaration.as_ref().and_then(|declared| declared.reason.as_deref());
            return reason.into_iter().collect();
        }
    };
    single.as_deref().into_iter().collect()
}

fn typed_of(of: TypedOf, event: &Event) -> &Option<Vec<Typed>> {
    match of {
        TypedOf::BizTransaction => &event.biz_transaction_list,
        TypedOf::Source => &event.source_list,
        TypedOf::Destination => &event.destination_list,
    }
}

fn quantities(event: &Event) -> impl Iterator<Item = &QuantityElement> {
    let lists =
        [&event.quantity_list, &event.child_quantity_list, &event.input_quantity_list, &event.output_quantity_list];
    lists.into_iter().flatten().flatten()
}

/// Calls `visit` with all that these lists name.
fn each_named(of: ListOf, event: &Event, visit: &mut dyn FnMut(&str)) {
    let any = of == ListOf::Any;
    let epcs = [
        (of == ListOf::Epc || any, &event.epc_list),
        (of == ListOf::Epc || any, &event.child_epcs),
        (of == ListOf::Input || any, &event.input_epc_list),
        (of == ListOf::Output || any, &event.output_epc_list),
    ];
    epcs.iter().filter(|(wanted, _)| *wanted).flat_map(|(_, list)| list.iter()).flatten().for_each(|epc| visit(epc));
    if of == ListOf::Parent || any {
        event.parent_id.iter().for_each(|parent| visit(parent));
    }
    let any = of == ListOf::AnyClass;
    let classes = [
        (of == ListOf::EpcClass || any, &event.quantity_list),
        (of == ListOf::EpcClass || any, &event.child_quantity_list),
        (of == ListOf::InputClass || any, &event.input_quantity_list),
        (of == ListOf::OutputClass || any, &event.output_quantity_list),
    ];
    let elements = classes.iter().filter(|(wanted, _)| *wanted).flat_map(|(_, list)| list.iter()).flatten();
    elements.filter_map(|element| element.epc_class.as_deref()).for_each(visit);
}
