//! The extensions of an event in the ledger's own namespace.

use std::collections::BTreeMap;

use suyuan_epcis::model::{Event, Extension, Object, Value};

use super::field::elements;
use super::table::RecordType;
use crate::derive::time::milliseconds;

/// The namespace of record types, product classes and key data elements; usual prefix `suyuan:`.
pub const NAMESPACE: &str = "https://suyuan.example/ns/";

/// The end of the year 9999.
const TIME_MAX_MS: i64 = 253_402_300_799_999;

/// The extension that names an event's record type.
pub(super) const RECORD_TYPE: &str = "recordType";
/// The extension that names the class of its products.
pub(super) const PRODUCT_CLASS: &str = "productClass";

/// The values of each extension, of the event and its master data, by local name. Several of one name are the
/// elements of one list.
pub(super) struct Extensions<'a>(BTreeMap<&'a str, Vec<&'a Value>>);

impl<'a> Extensions<'a> {
    pub fn of(event: &'a Event) -> Self {
        let all = event.extensions.iter().chain(event.ilmd.iter().flatten());
        let mut values: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
        for Extension { name, value } in all.filter(|extension| &*extension.name.namespace == NAMESPACE) {
            values.entry(&name.local).or_default().push(value);
        }
        Extensions(values)
    }

    /// The values under `name`; none if there is no such extension, or only `null`.
    pub fn values(&self, name: &str) -> Option<&[&'a Value]> {
        let values = self.0.get(name)?;
        (!values.iter().all(|value| matches!(value, Value::Null))).then_some(values)
    }
}

/// The text of the key data element `name`, if it is of the type that records of this type have there.
pub(crate) fn word<'a>(event: &'a Event, record_type: &RecordType, name: &str) -> Option<&'a str> {
    let field = record_type.fields.iter().find(|field| field.name == name)?;
    let values = Extensions::of(event);
    match values.values(name)? {
        [value] if field.kind.accepts(&[value]) => scalar(value),
        _ => None,
    }
}

/// The time that the key data element `name` says, in milliseconds since 1970, in either of its forms.
pub(crate) fn time_ms(event: &Event, record_type: &RecordType, name: &str) -> Option<i64> {
    moment(word(event, record_type, name)?)
}

fn moment(text: &str) -> Option<i64> {
    let number = || text.parse().ok().filter(|time| (0..=TIME_MAX_MS).contains(time));
    milliseconds(text).or_else(number)
}

/// Whether an event says anything under a name.
pub(crate) fn says(event: &Event, name: &str) -> bool {
    Extensions::of(event).values(name).is_some()
}

/// The two whole numbers that the key data element `name` says, the lesser one first.
pub(crate) fn pair(event: &Event, record_type: &RecordType, name: &str) -> Option<(i64, i64)> {
    let field = record_type.fields.iter().find(|field| field.name == name)?;
    let values = Extensions::of(event);
    let values = values.values(name).filter(|values| field.kind.accepts(values))?;
    let number = |value: &Value| scalar(value)?.parse().ok();
    Some((number(values.first()?)?, number(values.last()?)?))
}

/// The spans of time that the key data element `name` lists, each with `from` and `to`, in milliseconds since 1970; none of a list
/// that has something else too.
pub(crate) fn spans(event: &Event, record_type: &RecordType, name: &str) -> Vec<(i64, i64)> {
    let is_there = record_type.fields.iter().any(|field| field.name == name);
    let values = Extensions::of(event);
    let listed = values.values(name).filter(|_| is_there).unwrap_or_default().iter();
    let one = |value: &Value| match value {
        Value::Object(object) => {
            let time = |name| moment(member(object, name).and_then(scalar)?);
            Some((time("from")?, time("to")?))
        }
        _ => None,
    };
    listed.flat_map(|value| elements(value)).map(one).collect::<Option<_>>().unwrap_or_default()
}

/// How much the key data element `name` says, in thousandths of its unit, and the unit; none for pieces.
pub(crate) fn thousandths<'a>(event: &'a Event, name: &str) -> Option<(i64, Option<&'a str>)> {
    match Extensions::of(event).values(name)? {
        [Value::Object(object)] => {
            let number = scalar(member(object, "milli")?)?.parse().ok()?;
            Some((number, member(object, "uom").and_then(scalar)))
        }
        _ => None,
    }
}

/// The text of the extension `name` if it is one scalar.
pub(crate) fn text<'a>(event: &'a Event, name: &str) -> Option<&'a str> {
    let is_it = |extension: &&Extension| &*extension.name.namespace == NAMESPACE && &*extension.name.local == name;
    scalar(&event.extensions.iter().find(is_it)?.value)
}

/// The text of a scalar.
pub(super) fn scalar(value: &Value) -> Option<&str> {
    match value {
        Value::Scalar(text, _) => Some(text),
        Value::Null | Value::Object(_) | Value::List(_) => None,
    }
}

/// The member `name` of a structure, in the ledger's namespace or in none.
pub(super) fn member<'a>(object: &'a Object, name: &str) -> Option<&'a Value> {
    let ours =
        |extension: &&Extension| &*extension.name.local == name && matches!(&*extension.name.namespace, "" | NAMESPACE);
    object.members.iter().find(ours).map(|extension| &extension.value)
}
