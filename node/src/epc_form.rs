//! Writes a document's identifiers in one form, without guessing.

use std::collections::BTreeMap;

use suyuan_epcis::codes::epc as codes;
use suyuan_epcis::document::Header;
use suyuan_epcis::epc::{to_link, to_urn};
use suyuan_epcis::model::Event;
use suyuan_epcis::problem::Reason;

use crate::epcs;

/// A form of identifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum EpcForm {
    /// GS1 Digital Link
    Dl,
    /// EPC URN
    Urn,
}

/// Brings identifiers into a form, and counts those that stay as they are.
pub struct Rewriter {
    form: EpcForm,
    kept: BTreeMap<&'static str, Kept>,
}

/// Identifiers that stay as written, for one reason.
pub struct Kept {
    /// How many.
    pub count: u64,
    /// The first.
    pub first: String,
    /// Why the first does.
    pub reason: Reason,
}

impl Rewriter {
    /// For this form.
    pub fn new(form: EpcForm) -> Self {
        Rewriter { form, kept: BTreeMap::new() }
    }

    /// Rewrites an event's identifiers.
    pub fn event(&mut self, event: &mut Event) {
        epcs::for_each_of_event(event, &mut |text| self.rewrite(text));
    }

    /// Rewrites those of the header.
    pub fn header(&mut self, header: &mut Header) {
        epcs::for_each_of_header(header, &mut |text| self.rewrite(text));
    }

    /// What stayed as it was, one entry a code.
    pub fn into_kept(self) -> impl Iterator<Item = Kept> {
        self.kept.into_values()
    }

    fn rewrite(&mut self, text: &mut String) {
        let rewritten = match self.form {
            EpcForm::Dl if text.starts_with("urn:epc:") => to_link(text),
            EpcForm::Dl => return,
            EpcForm::Urn => urn(text),
        };
        match rewritten {
            Ok(rewritten) => *text = rewritten,
            // No GS1 identifier, or one of a key that EPCIS does not use: not ours to change.
            Err(reason) if reason.code == codes::NOT_LINK => {}
            Err(reason) => {
                let entry = || Kept { count: 0, first: text.clone(), reason: reason.clone() };
                self.kept.entry(reason.code.id).or_insert_with(entry).count += 1;
            }
        }
    }
}

/// The URN of a link that says no more than the URN can: attributes of the query and the consumer
/// product variant (22) would be lost.
fn urn(text: &str) -> Result<String, Reason> {
    let urn = to_urn(text, None)?;
    let says_more = text.contains(['?', '#']) || text.contains("/22/") || text.contains("/cpv/");
    match says_more {
        true => Err(Reason::new(codes::NO_URN, &[text])),
        false => Ok(urn),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Goal: a form is reached where it is defined, and nothing is guessed or lost where not.
    // Method: a table of texts with what each becomes.
    #[test]
    fn rewriting() {
        for (form, text, expected) in [
            (EpcForm::Dl, "urn:epc:id:sscc:4012345.0000000011", "https://id.gs1.org/00/040123450000000115"),
            (EpcForm::Dl, "urn:epc:id:gid:1.2.3", "urn:epc:id:gid:1.2.3"),
            (EpcForm::Dl, "https://shop.example/00/040123450000000115", "https://shop.example/00/040123450000000115"),
            (EpcForm::Dl, "urn:uuid:1", "urn:uuid:1"),
            (EpcForm::Urn, "https://id.gs1.org/00/040123450000000115", "urn:epc:id:sscc:4012345.0000000011"),
            (EpcForm::Urn, "https://id.gs1.org/00/095287650000000017", "https://id.gs1.org/00/095287650000000017"),
            (
                EpcForm::Urn,
                "https://id.gs1.org/01/04012345111118/21/1?17=261231",
                "https://id.gs1.org/01/04012345111118/21/1?17=261231",
            ),
            (EpcForm::Urn, "https://example.com/place/7", "https://example.com/place/7"),
        ] {
            let mut changed = text.to_owned();
            Rewriter::new(form).rewrite(&mut changed);
            assert_eq!(changed, expected, "{text}");
        }
    }

    // Goal: what stays is counted by its reason, with the first as an example. Method: three links
    // of a prefix whose length no list tells, and one that is no link.
    #[test]
    fn counting() {
        let mut rewriter = Rewriter::new(EpcForm::Urn);
        for text in ["https://id.gs1.org/00/095287650000000017", "https://id.gs1.org/414/9528765000017", "urn:x:1"] {
            rewriter.rewrite(&mut text.to_owned());
        }
        let kept: Vec<Kept> = rewriter.into_kept().collect();
        assert_eq!((kept.len(), kept[0].count, kept[0].reason.code.id), (1, 2, "EPC-PREFIX_UNKNOWN"));
        assert!(kept[0].first.ends_with("095287650000000017"));
    }
}
