//! Compares identifiers as the query interface does (EPCIS 2.0 §8.2.7.1.1): one thing may be written as an EPC URN
//! or as a Digital Link of any host, and a pattern or a class stands for all that is of it.

use suyuan_epcis::epc::EpcPattern;
use suyuan_epcis::problem::Reason;
use suyuan_ledger::key::{KeyKind, SubjectKey};

use crate::codes::node as codes;

/// What an identifier is compared with.
#[derive(Debug)]
pub(super) enum Matcher {
    /// This thing.
    Exact(SubjectKey),
    /// This class, and every item and lot of it.
    Class(SubjectKey),
    /// A URN with `*`.
    Pattern(EpcPattern),
}

impl Matcher {
    /// Reads a value of a `MATCH_` parameter.
    pub(super) fn parse(value: &str) -> Result<Matcher, Reason> {
        if value.starts_with("urn:epc:idpat:") {
            return EpcPattern::parse(value).map(Matcher::Pattern);
        }
        let key = SubjectKey::from_uri(value)
            .map_err(|error| Reason::new(codes::SUBJECT, &[value, &format!("{error:?}")]))?;
        Ok(match key.kind() {
            KeyKind::Class | KeyKind::InstanceClass | KeyKind::DrugClass => Matcher::Class(key),
            _ => Matcher::Exact(key),
        })
    }

    /// Whether an event's identifier is meant.
    pub(super) fn matches(&self, text: &str) -> bool {
        let key = || SubjectKey::from_uri(text).ok();
        match self {
            Matcher::Exact(wanted) => key().is_some_and(|key| key == *wanted),
            Matcher::Class(wanted) => key().is_some_and(|key| key == *wanted || key.class().as_ref() == Some(wanted)),
            Matcher::Pattern(pattern) => pattern.matches(text),
        }
    }
}

/// An identifier of a place, party or document: compared as text, and as a GS1 key if it is one.
#[derive(Debug)]
pub(super) struct Named {
    text: String,
    key: Option<SubjectKey>,
}

impl Named {
    pub(super) fn new(text: &str) -> Named {
        Named { text: text.to_owned(), key: gs1_key(text) }
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        self.text == text || (self.key.is_some() && self.key == gs1_key(text))
    }

    /// The text as it was given.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The text, if nothing written otherwise is meant by it too.
    pub(super) fn only_text(&self) -> Option<&str> {
        self.key.is_none().then_some(self.text.as_str())
    }
}

/// The key of a text that can be written in several ways.
fn gs1_key(text: &str) -> Option<SubjectKey> {
    SubjectKey::from_uri(text).ok().filter(|key| key.kind() != KeyKind::Other)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Goal: one thing is found however it is written, a class finds what is of it, and nothing else is found.
    // Method: a table.
    #[test]
    fn matching() {
        let item = "urn:epc:id:sgtin:4012345.011111.1";
        let table = [
            (item, item, true),
            (item, "https://shop.example/01/04012345111118/21/1", true),
            (item, "https://id.gs1.org/01/04012345111118/21/2", false),
            ("https://id.gs1.org/01/04012345111118", "https://id.gs1.org/01/04012345111118/21/2", true),
            ("https://id.gs1.org/01/04012345111118", "urn:epc:class:lgtin:4012345.011111.A", true),
            ("https://id.gs1.org/01/04012345111118", "urn:epc:idpat:sgtin:4012345.011111.*", true),
            ("https://id.gs1.org/01/04012345111118/10/A", "urn:epc:class:lgtin:4012345.011111.A", true),
            ("https://id.gs1.org/01/04012345111118/10/A", item, false),
            ("urn:epc:idpat:sgtin:4012345.011111.*", "https://id.gs1.org/01/04012345111118/21/2", true),
            ("urn:epc:idpat:sgtin:4012345.011112.*", item, false),
            ("https://example.com/thing/1", "https://example.com/thing/1", true),
            ("https://example.com/thing/1", "https://example.com/thing/2", false),
        ];
        for (value, text, expected) in table {
            assert_eq!(Matcher::parse(value).unwrap().matches(text), expected, "{value} {text}");
        }
        assert!(Matcher::parse("urn:epc:idpat:sgtin:x").is_err());
        assert!(Named::new("urn:epc:id:sgln:4012345.00000.0").matches("https://id.gs1.org/414/4012345000009"));
        assert!(!Named::new("https://example.com/a").matches("https://example.com/b"));
    }
}
