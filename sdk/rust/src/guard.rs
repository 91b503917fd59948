//! Keeps natural persons out of what is recorded: asks of every text of an event whether it is shaped like a
//! person's number (`domain/02` §2.6). What parses as an identifier is never asked.
//!
//! The judgement of events asks it of extensions; here it is asked of every other text too, since what is
//! recorded is kept by every member. What is found is never repeated: that would spread it.

use suyuan_epcis::epc::constrained_canonical;
use suyuan_epcis::hash::EventHash;
use suyuan_epcis::identifier::guard::{Kind, natural_person_shape, private_email_shape};
use suyuan_epcis::identifier::{ContainerNumber, DrugTraceCode, EquipmentCode, Lei, Uscc};
use suyuan_epcis::json::tree::Json;
use suyuan_epcis::problem::Path;

/// What was found, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What the text has the shape of.
    pub kind: Kind,
    /// JSON pointer from the event.
    pub pointer: String,
}

/// The first text or extension's number of an event that is shaped like a natural person's number.
pub fn find(event: &Json) -> Option<Found> {
    value(event, false, &Path::root(""))
}

fn value(json: &Json, in_extension: bool, path: &Path<'_>) -> Option<Found> {
    let found = |kind| Found { kind, pointer: path.pointer() };
    match json {
        // An identifier's digits mean something else; an address of a person is none.
        Json::Text(text) if is_identifier(text) => private_email_shape(text).map(found),
        Json::Text(text) => natural_person_shape(text).map(found),
        // Numbers of the standard's own fields are quantities and measurements.
        Json::Number(text) if in_extension => natural_person_shape(text).map(found),
        Json::List(elements) => {
            elements.iter().enumerate().find_map(|(index, element)| value(element, in_extension, &path.index(index)))
        }
        Json::Object(members) => members.iter().find_map(|(name, member)| {
            // What the prefixes stand for is no data.
            if name == "@context" {
                return None;
            }
            // A name may say something too; it is not repeated either.
            if let Some(kind) = natural_person_shape(name) {
                return Some(found(kind));
            }
            let here = path.key(name);
            value(member, in_extension || name.contains(':') || name == "ilmd", &here)
        }),
        Json::Number(_) | Json::Null | Json::Boolean(_) => None,
    }
}

/// Whether a text parses as an identifier of things, organisations or events.
fn is_identifier(text: &str) -> bool {
    let after = |lead: &str| text.strip_prefix(lead);
    // CBV 2.0 §8: identifiers that a GLN's owner makes.
    after("urn:epcglobal:cbv:").is_some()
        || constrained_canonical(text).is_some()
        || EventHash::parse_ni(text).is_some()
        || after("urn:uuid:").is_some_and(is_uuid)
        || after("urn:uscc:").is_some_and(|code| Uscc::parse(code).is_ok())
        || after("urn:lei:").is_some_and(|code| Lei::parse(code).is_ok())
        || after("urn:cn:drugtrace:").is_some_and(|code| DrugTraceCode::parse(code).is_ok())
        || after("urn:cn:speq:").is_some_and(|code| EquipmentCode::parse(code).is_ok())
        || after("urn:iso6346:").is_some_and(|code| ContainerNumber::parse(code).is_ok())
}

/// RFC 9562 §4: 8-4-4-4-12 hexadecimal digits.
fn is_uuid(text: &str) -> bool {
    let lengths = [8, 4, 4, 4, 12];
    let mut groups = text.split('-');
    lengths.iter().all(|length| {
        groups.next().is_some_and(|group| group.len() == *length && group.bytes().all(|byte| byte.is_ascii_hexdigit()))
    }) && groups.next().is_none()
}

#[cfg(test)]
mod tests {
    use suyuan_epcis::json::tree;

    use super::*;

    /// Goal: persons' numbers are found wherever they are written, identifiers never. Method: a table of
    /// events with the place of what is found.
    #[test]
    fn finds() {
        let table = [
            (r#"{"ex:driver":"13812345678"}"#, Some("/ex:driver")),
            (r#"{"ex:driver":13812345678}"#, Some("/ex:driver")),
            (r#"{"ilmd":{"by":["a","王 11010519491231002X"]}}"#, Some("/ilmd/by/1")),
            (r#"{"bizLocation":{"id":"https://firm.example/p/13812345678"}}"#, Some("/bizLocation/id")),
            (r#"{"a/b":"tel:+8613812345678"}"#, Some("/a~1b")),
            (r#"{"ex:truck":"粤B·D12345"}"#, Some("/ex:truck")),
            (r#"{"ilmd":{"ex:13812345678":"driver"}}"#, Some("/ilmd")),
            (r#"{"ex:by":["quality@dairy.example","li@qq.com"]}"#, Some("/ex:by/1")),
            (r#"{"bizTransaction":"urn:epcglobal:cbv:bt:9521001000017:li@qq.com"}"#, Some("/bizTransaction")),
            (r#"{"quantityList":[{"quantity":13812345678}]}"#, None),
            (r#"{"epcList":["urn:epc:id:sgtin:9521001.000101.13812345678"]}"#, None),
            (r#"{"epcList":["https://id.gs1.org/01/09521001001014/21/13812345678"]}"#, None),
            (r#"{"eventID":"urn:uuid:00000000-0000-4000-8000-a13812345678"}"#, None),
            (r#"{"eventID":"urn:uuid:13812345678"}"#, Some("/eventID")),
            (r#"{"bizTransaction":"urn:epcglobal:cbv:bt:9521001000017:13812345678"}"#, None),
            (r#"{"ex:maker":"urn:uscc:91440115DEMA00013J"}"#, None),
            (r#"{"@context":[{"ex":"https://ns.example/13812345678/"}]}"#, None),
            (r#"{"eventTime":"2026-11-21T00:00:00.000Z","ok":true,"n":null}"#, None),
        ];
        for (text, pointer) in table {
            let found = find(&tree::parse(text.as_bytes(), 32).unwrap());
            assert_eq!(found.as_ref().map(|found| found.pointer.as_str()), pointer, "{text}");
        }
    }
}
