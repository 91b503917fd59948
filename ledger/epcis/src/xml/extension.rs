//! Turns elements of any namespace into the model's trees: user extensions.

use super::namespace;
use super::tree::{Attribute, Element};
use crate::model::{Extension, Object, Scalar, Value};
use crate::name::Name;

/// An element as an extension.
pub(crate) fn extension(element: Element<'_>) -> Extension {
    Extension { name: element.name(), value: value(element) }
}

/// An element of the standard that does not fit where it stands: kept under its bare name.
pub(crate) fn misfit(element: Element<'_>) -> Extension {
    Extension { name: Name::local(element.local()), value: value(element) }
}

/// An attribute as an extension.
pub(crate) fn attribute(attribute: Attribute<'_>) -> Extension {
    Extension { name: attribute.name(), value: Value::Scalar(attribute.value().into(), Scalar::Text) }
}

/// What an element holds. Attributes of XML Schema instance documents speak to schema processors
/// (`xsi:type`, `xsi:schemaLocation`) and are not part of the value. The depth of elements is
/// limited while reading, so the recursion is too.
pub(crate) fn value(element: Element<'_>) -> Value {
    value_without(element, "")
}

/// Likewise, without the attribute `omitted`.
pub(crate) fn value_without(element: Element<'_>, omitted: &str) -> Value {
    let attributes: Vec<(Name, Box<str>)> = element
        .attributes()
        .filter(|attribute| !is_schema_instance(*attribute))
        .filter(|attribute| omitted.is_empty() || attribute.local() != omitted || !attribute.namespace().is_empty())
        .map(|attribute| (attribute.name(), attribute.value().into()))
        .collect();
    let text = element.text();
    let has_elements = element.has_elements();
    if !has_elements && text.is_empty() && attributes.is_empty() && is_nil(element) {
        return Value::Null;
    }
    if !has_elements && attributes.is_empty() {
        return Value::Scalar(text.into(), Scalar::Text);
    }
    let text = (!text.is_empty()).then(|| text.into());
    Value::Object(Object { attributes, text, members: element.elements().map(extension).collect() })
}

/// Whether the attribute is one of `xsi:`.
pub(crate) fn is_schema_instance(attribute: Attribute<'_>) -> bool {
    attribute.namespace() == namespace::XSI
}

/// Whether the element says `xsi:nil="true"`.
pub(crate) fn is_nil(element: Element<'_>) -> bool {
    element.attributes().any(|attribute| {
        is_schema_instance(attribute) && attribute.local() == "nil" && matches!(attribute.value(), "true" | "1")
    })
}
