//! The Standard Business Document Header in its least form: sender, receiver and instance
//! identifier, the three things that the JSON binding says of it.

use super::lexical::trim;
use super::namespace;
use super::tree::Element;
use crate::document::Header;
use crate::model::{Extension, Object, Scalar, Value};
use crate::name::Name;

/// The element's local name.
pub(crate) const HEADER: &str = "StandardBusinessDocumentHeader";

/// The least header that says what `header` says; the XSD demands every one of these elements.
pub(crate) fn write(header: &Header) -> Extension {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    node(
        HEADER,
        vec![
            leaf("HeaderVersion", "1.0"),
            node("Sender", vec![leaf("Identifier", &text(&header.sender))]),
            node("Receiver", vec![leaf("Identifier", &text(&header.receiver))]),
            node(
                "DocumentIdentification",
                vec![
                    leaf("Standard", "EPCglobal"),
                    leaf("TypeVersion", "2.0"),
                    leaf("InstanceIdentifier", &text(&header.instance_identifier)),
                    leaf("Type", "Events"),
                    leaf("CreationDateAndTime", &text(&header.creation_date)),
                ],
            ),
        ],
    )
}

/// Takes the three things from `read` if it is what [`write`](fn@write) writes of them, exactly.
pub(crate) fn take(read: &Extension, header: &mut Header) -> bool {
    let find = |path: &[&str]| -> Option<String> {
        let mut at = read;
        for name in path {
            let Value::Object(object) = &at.value else { return None };
            at = object.members.iter().find(|member| &*member.name.local == *name)?;
        }
        match &at.value {
            Value::Scalar(text, _) => Some(text.to_string()).filter(|text| !text.is_empty()),
            _ => None,
        }
    };
    let mut candidate = Header::new(header.syntax, header.kind);
    candidate.creation_date = header.creation_date.clone();
    candidate.sender = find(&["Sender", "Identifier"]);
    candidate.receiver = find(&["Receiver", "Identifier"]);
    candidate.instance_identifier = find(&["DocumentIdentification", "InstanceIdentifier"]);
    if write(&candidate) != *read {
        return false;
    }
    header.sender = candidate.sender;
    header.receiver = candidate.receiver;
    header.instance_identifier = candidate.instance_identifier;
    true
}

/// Whether the element is a Standard Business Document Header.
pub(crate) fn is(element: Element<'_>) -> bool {
    element.local() == HEADER && element.namespace() == namespace::SBDH
}

fn name(local: &str) -> Name {
    Name { namespace: namespace::SBDH.into(), prefix: "sbdh".into(), local: local.into() }
}

fn leaf(local: &str, text: &str) -> Extension {
    Extension { name: name(local), value: Value::Scalar(trim(text).into(), Scalar::Text) }
}

fn node(local: &str, members: Vec<Extension>) -> Extension {
    let object = Object { attributes: Vec::new(), text: None, members };
    Extension { name: name(local), value: Value::Object(object) }
}
