//! What an event's payload says, as far as an answer needs it.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Deserialize;
use suyuan_epcis::cbv::{BIZ_STEP, DISPOSITION};
use suyuan_epcis::time::{Rounding, Stamp};

use crate::derive::{Step, derive};
use crate::key::{KeyKind, SubjectKey};
use crate::record::{Role, flag, mask};
use crate::trace::answer::Amount;
use crate::trace::closure::ShownEvent;
use crate::trace::walk::is_class_level;

/// What is known of an event.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) id: String,
    pub(super) time: String,
    pub(super) kind: String,
    pub(super) action: Option<String>,
    pub(super) step: Option<String>,
    pub(super) disposition: Option<String>,
    pub(super) place: Option<String>,
    pub(super) erased: bool,
    pub(super) meaning: Option<Step>,
    pub(super) opening_balance: bool,
    pub(super) receivers: Vec<String>,
    pub(super) senders: Vec<String>,
    /// The outputs that are not single items.
    pub(super) results: Vec<String>,
    /// Of classes and lots that are nodes.
    pub(super) quantities: Vec<(Role, u64, Quantity)>,
}

/// So much of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quantity {
    pub(super) thousandths: i64,
    pub(super) unit: [u8; 4],
}

impl Quantity {
    pub(super) fn amount(&self) -> Amount {
        amount(i128::from(self.thousandths), self.unit)
    }
}

/// Thousandths as decimal text.
pub(super) fn amount(thousandths: i128, unit: [u8; 4]) -> Amount {
    let sign = if thousandths < 0 { "-" } else { "" };
    let (whole, fraction) = (thousandths.unsigned_abs() / 1000, thousandths.unsigned_abs() % 1000);
    let text = format!("{sign}{whole}.{fraction:03}");
    let value = text.trim_end_matches('0').trim_end_matches('.').to_owned();
    let unit = std::str::from_utf8(&unit).unwrap_or_default().trim_end_matches('\0');
    Amount { value, unit: (!unit.is_empty()).then(|| unit.to_owned()) }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Words<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    event_time: Cow<'a, str>,
    #[serde(borrow)]
    action: Option<Cow<'a, str>>,
    #[serde(borrow)]
    biz_step: Option<Cow<'a, str>>,
    #[serde(borrow)]
    disposition: Option<Cow<'a, str>>,
    #[serde(borrow)]
    read_point: Option<Where<'a>>,
    #[serde(borrow)]
    biz_location: Option<Where<'a>>,
}

#[derive(Deserialize)]
struct Where<'a> {
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
}

impl Facts {
    /// Reads a payload; what it does not say is told by the record.
    pub(super) fn read(event: &ShownEvent, payload: Option<&[u8]>, nodes: &HashMap<Vec<u8>, u64>) -> Facts {
        let mut facts = Facts::without_payload(event);
        let Some(payload) = payload else { return facts };
        if let Ok(words) = serde_json::from_slice::<Words<'_>>(payload) {
            facts.kind = words.kind.into_owned();
            facts.time = words.event_time.into_owned();
            facts.action = words.action.map(Cow::into_owned);
            facts.step = words.biz_step.map(|word| BIZ_STEP.to_model(&word).into_owned());
            facts.disposition = words.disposition.map(|word| DISPOSITION.to_model(&word).into_owned());
            let place = [words.biz_location, words.read_point].into_iter().flatten().find_map(|place| place.id);
            facts.place = place.map(Cow::into_owned);
        }
        // What was accepted can be derived; what cannot counts as erased.
        let Ok(derived) = derive(payload) else { return facts };
        facts.erased = false;
        facts.id = derived.event_id;
        facts.meaning = Some(derived.step);
        facts.opening_balance = derived.opening_balance;
        let uris = |keys: &[SubjectKey]| keys.iter().map(SubjectKey::to_uri).collect();
        facts.receivers = uris(&derived.receivers);
        facts.senders = uris(&derived.senders);
        for link in &derived.links {
            let key = usize::try_from(link.key).ok().and_then(|index| derived.keys.get(index));
            if let (Role::Output, Some(key)) = (link.role, key)
                && (is_class_level(key.kind() as u8) || key.kind() == KeyKind::LogisticUnit)
            {
                facts.results.push(key.to_uri());
            }
            let thousandths = link.quantity.and_then(|quantity| Some((quantity.thousandths?, quantity.unit)));
            let number = key.and_then(|key| nodes.get(key.bytes()));
            if let (Some(number), Some((thousandths, unit))) = (number, thousandths) {
                facts.quantities.push((link.role, *number, Quantity { thousandths, unit }));
            }
        }
        facts
    }

    fn without_payload(event: &ShownEvent) -> Facts {
        let bits = event.record.mask;
        let has = |role: Role| bits & role.bit() != 0;
        let kind = if has(Role::Input) || has(Role::Output) {
            "TransformationEvent"
        } else if bits & mask::ASSOCIATION != 0 {
            "AssociationEvent"
        } else if has(Role::Child) || bits & mask::UNPACK_ALL != 0 {
            "AggregationEvent"
        } else if has(Role::Parent) {
            "TransactionEvent"
        } else {
            "ObjectEvent"
        };
        let action = if bits & mask::ADD != 0 {
            Some("ADD".to_owned())
        } else {
            (bits & mask::DELETE != 0).then(|| "DELETE".to_owned())
        };
        Facts {
            id: position(event),
            time: utc(event.record.event_time),
            kind: kind.to_owned(),
            action,
            erased: true,
            ..Facts::default()
        }
    }

    pub(super) fn quantity(&self, role: Role, subject: u64) -> Option<Quantity> {
        self.quantities.iter().find(|known| known.0 == role && known.1 == subject).map(|known| known.2)
    }
}

/// An event's place in the chain.
pub(super) fn position(event: &ShownEvent) -> String {
    format!("{}/{}", event.place.height, event.place.index)
}

/// A time in UTC, as the time stamps of EPCIS; a number where no calendar reaches.
pub fn utc(milliseconds: i64) -> String {
    let (seconds, rest) = (milliseconds.div_euclid(1000), milliseconds.rem_euclid(1000));
    // The text of a time stamp has years of four digits: 10^12 seconds are far beyond.
    let stamp = (seconds.unsigned_abs() < 1_000_000_000_000)
        .then(|| Stamp { seconds, nanoseconds: u32::try_from(rest).unwrap_or(0) * 1_000_000 });
    stamp.and_then(|stamp| stamp.to_utc_milliseconds(Rounding::HalfEven)).unwrap_or_else(|| milliseconds.to_string())
}

/// The names of flags.
pub fn flags(flags: u64) -> Vec<&'static str> {
    const NAMES: [(u64, &str); 14] = [
        (flag::PREFIX_UNBOUND, "prefix_unbound"),
        (flag::FOREIGN_COMMISSION, "foreign_commission"),
        (flag::NEVER_COMMISSIONED, "never_commissioned"),
        (flag::AFTER_END_OF_LIFE, "after_end_of_life"),
        (flag::RECEIVER_NOT_NAMED, "receiver_not_named"),
        (flag::ALREADY_CONTAINED, "already_contained"),
        (flag::BYSTANDER_RECALL, "bystander_recall"),
        (flag::NEGATIVE_BALANCE, "negative_balance"),
        (flag::MOVED_WHILE_RECALLED, "moved_while_recalled"),
        (flag::LATE_CAPTURE, "late_capture"),
        (flag::KEY_SUSPECT, "key_suspect"),
        (flag::LINKS_DECLARED, "links_declared"),
        (flag::FOREIGN_PROCESS, "foreign_process"),
        (flag::DERIVED_AGAIN, "derived_again"),
    ];
    NAMES.iter().filter(|(bit, _)| flags & bit != 0).map(|(_, name)| *name).collect()
}
