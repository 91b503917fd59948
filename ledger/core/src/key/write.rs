//! Writes a key as its canonical URI.

use super::characters::append_link;
use super::{KeyKind, SubjectKey};

const HOST: &str = "https://id.gs1.org";

impl SubjectKey {
    /// The canonical URI: a GS1 Digital Link on id.gs1.org, the URN of a Chinese code or a container, else
    /// the URI that was given. Of an event it is the eventID, which without its author is no key.
    pub fn to_uri(&self) -> String {
        let (first, second, third) = (self.part(0), self.part(1), self.part(2));
        match self.kind() {
            KeyKind::Item => link(&[("01", first), ("21", second)]),
            KeyKind::Upui => link(&[("01", first), ("235", second)]),
            KeyKind::Lot => link(&[("01", first), ("10", second)]),
            KeyKind::Class => link(&[("01", first)]),
            KeyKind::LogisticUnit => link(&[("00", first)]),
            KeyKind::Place if second.is_empty() => link(&[("414", first)]),
            KeyKind::Place => link(&[("414", first), ("254", second)]),
            KeyKind::Instance | KeyKind::InstanceClass if third.is_empty() => link(&[(first, second)]),
            KeyKind::InstanceClass => link(&[(first, second), ("10", third)]),
            KeyKind::Instance => match first {
                "8006" => link(&[(first, second), ("21", third)]),
                "8010" => link(&[(first, second), ("8011", third)]),
                // The serial is the end of the value.
                _ => {
                    let mut uri = link(&[(first, second)]);
                    append_link(third, &mut uri);
                    uri
                }
            },
            KeyKind::DrugCode | KeyKind::DrugClass => ["urn:cn:drugtrace:", first].concat(),
            KeyKind::Device => ["urn:cn:speq:", first].concat(),
            KeyKind::Container => ["urn:iso6346:", first].concat(),
            KeyKind::Event => second.to_owned(),
            KeyKind::Organisation | KeyKind::Contract | KeyKind::Process | KeyKind::Other => first.to_owned(),
        }
    }
}

fn link(pairs: &[(&str, &str)]) -> String {
    let mut uri = HOST.to_owned();
    for (identifier, value) in pairs {
        uri.push('/');
        uri.push_str(identifier);
        uri.push('/');
        append_link(value, &mut uri);
    }
    uri
}
