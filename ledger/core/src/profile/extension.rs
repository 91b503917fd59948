//! The extensions of an event in the ledger's own namespace.

use std::collections::BTreeMap;

use suyuan_epcis::model::{Event, Extension, Object, Value};

/// The namespace of record types, product classes and key data elements; usual prefix `suyuan:`.
pub const NAMESPACE: &str = "https://suyuan.example/ns/";

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

/// The text of the extension `name` if it is one scalar.
pub(super) fn text<'a>(event: &'a Event, name: &str) -> Option<&'a str> {
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
