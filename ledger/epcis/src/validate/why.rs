//! The "why" and "where" of an event, and its identity: business steps, dispositions,
//! transactions, sources, destinations, places, eventID, error declaration, certificates.

use super::identifier::{self, Identity};
use super::report::Report;
use super::{lists, what, words};
use crate::cbv::{self, Vocabulary};
use crate::codes::{Code, semantics as codes};
use crate::epc::Scheme;
use crate::hash::{self, IgnoredFields};
use crate::model::{ErrorDeclaration, Event, Location, PersistentDisposition, Typed};
use crate::problem::Path;

pub(super) fn check(event: &Event, ignored: &IgnoredFields, root: &Path<'_>, report: &mut Report<'_>) {
    if let Some(step) = &event.biz_step {
        words::check(&cbv::BIZ_STEP, step, &root.key("bizStep"), report);
    }
    if let Some(disposition) = &event.disposition {
        words::check(&cbv::DISPOSITION, disposition, &root.key("disposition"), report);
    }
    if let Some(dispositions) = &event.persistent_disposition {
        persistent_disposition(dispositions, &root.key("persistentDisposition"), report);
    }
    location("readPoint", event.read_point.as_ref(), root, report);
    location("bizLocation", event.biz_location.as_ref(), root, report);
    if let Some(transactions) = &event.biz_transaction_list {
        let path = root.key("bizTransactionList");
        typed_list(transactions, "bizTransaction", &cbv::BIZ_TRANSACTION, &path, report);
    }
    if let Some(sources) = &event.source_list {
        typed_list(sources, "source", &cbv::SOURCE_DESTINATION, &root.key("sourceList"), report);
    }
    if let Some(destinations) = &event.destination_list {
        typed_list(destinations, "destination", &cbv::SOURCE_DESTINATION, &root.key("destinationList"), report);
    }
    if let Some(id) = &event.event_id {
        event_id(event, id, ignored, &root.key("eventID"), report);
    }
    if let Some(declaration) = &event.error_declaration {
        error_declaration(event, declaration, &root.key("errorDeclaration"), report);
    }
    repeated_texts(codes::DUPLICATE_CERTIFICATE, &event.certification_info, &root.key("certificationInfo"), report);
}

fn persistent_disposition(dispositions: &PersistentDisposition, path: &Path<'_>, report: &mut Report<'_>) {
    let set = dispositions.set.as_deref().unwrap_or_default();
    let unset = dispositions.unset.as_deref().unwrap_or_default();
    for (field, listed) in [("set", set), ("unset", unset)] {
        let list = path.key(field);
        for (index, word) in listed.iter().enumerate() {
            words::check(&cbv::DISPOSITION, word, &list.index(index), report);
        }
    }
    let list = path.key("unset");
    lists::common(set, unset, |_, index| {
        if let Some(word) = unset.get(index) {
            report.add(codes::SET_AND_UNSET, &[word], &list.index(index));
        }
    });
}

/// CBV 2.0 §8.5: a place is an SGLN, or a private or `geo:` URI; never a thing for sale or a party.
fn location(field: &str, location: Option<&Location>, root: &Path<'_>, report: &mut Report<'_>) {
    let Some(id) = location.and_then(|location| location.id.as_deref()) else { return };
    let path = root.key(field);
    let here = path.key("id");
    if let Some(found) = what::any(id, &here, report).filter(|found| !may_be_place(found.scheme)) {
        what::wrong_scheme(id, found, "a location", "sgln", &here, report);
    }
}

/// A vehicle, a returnable container or a ship can be a place as well as a thing.
fn may_be_place(scheme: Scheme) -> bool {
    matches!(
        scheme,
        Scheme::Sgln
            | Scheme::Giai
            | Scheme::Grai
            | Scheme::Bic
            | Scheme::Imovn
            | Scheme::Usdod
            | Scheme::Adi
            | Scheme::Gid
    )
}

/// Business transactions, sources or destinations. `member` is the field of the value.
fn typed_list(list: &[Typed], member: &'static str, vocabulary: &Vocabulary, path: &Path<'_>, report: &mut Report<'_>) {
    let is_party_list = std::ptr::eq(vocabulary.words, cbv::SOURCE_DESTINATION.words);
    for (index, typed) in list.iter().enumerate() {
        let here = path.index(index);
        if let Some(kind) = &typed.kind {
            words::check(vocabulary, kind, &here.key("type"), report);
        }
        let Some(value) = &typed.value else { continue };
        let value_path = here.key(member);
        let (identity, reason) = identifier::read(value);
        if let Some(reason) = reason {
            report.add_reason(reason, &value_path);
        }
        if let (true, Some(found), Some(kind)) = (is_party_list, identity, &typed.kind) {
            party(kind, value, found, &value_path, report);
        }
    }
    if list.len() < 2 {
        return;
    }
    if is_party_list {
        let kinds: Vec<&str> = list.iter().filter_map(|typed| typed.kind.as_deref()).collect();
        lists::repeated(&kinds, |_, index| {
            if let Some(kind) = kinds.get(index) {
                report.add(
                    codes::DUPLICATE_PARTY_TYPE,
                    &[if member == "source" { "sourceList" } else { "destinationList" }, kind],
                    path,
                );
            }
        });
        return;
    }
    let pairs: Vec<(Option<&str>, Option<&str>)> =
        list.iter().map(|typed| (typed.kind.as_deref(), typed.value.as_deref())).collect();
    lists::repeated(&pairs, |_, index| {
        if let Some((_, Some(value))) = pairs.get(index) {
            report.add(codes::DUPLICATE_TRANSACTION, &[value], &path.index(index));
        }
    });
}

/// CBV 2.0 §8.6: owners and possessors are parties, a location is a place. GS1's older examples
/// name parties by SGLN, which 1.x knew no other way for.
fn party(kind: &str, value: &str, found: Identity, path: &Path<'_>, report: &mut Report<'_>) {
    let party = matches!(found.scheme, Scheme::Pgln | Scheme::Gsrn | Scheme::Gsrnp | Scheme::Usdod | Scheme::Gid);
    match kind {
        "owning_party" | "possessing_party" if !party => {
            what::wrong_scheme(value, found, kind, "pgln", path, report);
        }
        "location" if !may_be_place(found.scheme) => {
            what::wrong_scheme(value, found, kind, "sgln", path, report);
        }
        _ => {}
    }
}

fn event_id(event: &Event, id: &str, ignored: &IgnoredFields, path: &Path<'_>, report: &mut Report<'_>) {
    if let Some(uuid) = id.strip_prefix("urn:uuid:") {
        if !is_uuid(uuid) {
            report.add(codes::EVENT_ID_UUID, &[id], path);
        }
        return;
    }
    if !id.starts_with("ni:") {
        return;
    }
    match hash::profiles_of_claim(event, id, ignored) {
        Some(profiles) if profiles.is_empty() => report.add(codes::HASH_MISMATCH, &[id], path),
        // Other `ni:` URIs (RFC 6920) are names like any other, but this one says it is the CBV's.
        None if id.contains("?ver=CBV") => report.add(codes::EVENT_ID_HASH, &[id], path),
        Some(_) | None => {}
    }
}

/// RFC 4122 §3, in either case.
fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

fn error_declaration(event: &Event, declaration: &ErrorDeclaration, path: &Path<'_>, report: &mut Report<'_>) {
    if let Some(reason) = &declaration.reason {
        words::check(&cbv::ERROR_REASON, reason, &path.key("reason"), report);
    }
    let Some(ids) = &declaration.corrective_event_ids else { return };
    let list = path.key("correctiveEventIDs");
    if ids.is_empty() && !report.reader_found("errorDeclaration") {
        report.add(codes::NO_CORRECTIVE_IDS, &[], &list);
    }
    let Some(own) = &event.event_id else { return };
    for (index, id) in ids.iter().enumerate().filter(|(_, id)| *id == own) {
        report.add(codes::CORRECTS_ITSELF, &[id], &list.index(index));
    }
}

fn repeated_texts(code: &'static Code, texts: &[String], path: &Path<'_>, report: &mut Report<'_>) {
    lists::repeated(texts, |_, index| {
        if let Some(text) = texts.get(index) {
            report.add(code, &[text], &path.index(index));
        }
    });
}
