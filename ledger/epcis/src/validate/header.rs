//! Headers: master data (EPCIS 2.0 §6.5 and §9.5, CBV 2.0 §10) and queries (§8.2.7).

use std::collections::{HashMap, HashSet};

use super::report::Report;
use super::{extensions, what};
use crate::codes::{semantics as codes, structure};
use crate::document::{DocumentKind, Header, MasterElement, MasterVocabulary, NoLines, QueryParameter};
use crate::problem::{Path, Problems};
use crate::query;
use crate::time::Stamp;
use crate::uri::is_uri;

/// Adds the problems of a document's header, or of a query.
pub fn header(header: &Header, problems: &mut Problems) {
    if header.kind == DocumentKind::Query {
        query::check(&header.query, "", problems);
    }
    // The XML reader reports a parameter without a value where it stands.
    let reported = problems
        .list
        .iter()
        .any(|problem| problem.reason.code == structure::MISSING_FIELD && problem.place.pointer.ends_with("/value"));
    let mut report = Report::new("", problems, &NoLines);
    let root = Path::root("");
    // `_:` is a name within the document only (JSON-LD 1.1 §4.5.1), which GS1's examples use.
    if let Some(id) = header.id.as_deref().filter(|id| !is_uri(id) && !id.starts_with("_:")) {
        report.add(structure::BAD_URI, &[id], &root.key("id"));
    }
    if header.kind == DocumentKind::Query {
        parameters(&header.query, reported, &root, &mut report);
    }
    let base = match header.kind {
        DocumentKind::QueryResults => "/epcisBody/queryResults/resultsBody/vocabularyList",
        DocumentKind::MasterData => "/epcisBody/vocabularyList",
        _ => "/epcisHeader/epcisMasterData/vocabularyList",
    };
    let list = Path::root(base);
    for (index, vocabulary) in header.master_data.iter().enumerate() {
        master_data(vocabulary, &list.index(index), &mut report);
    }
    let places = [
        ("", &header.extensions),
        ("/epcisHeader", &header.header_extensions),
        ("/epcisBody", &header.body_extensions),
        ("/epcisBody/queryResults", &header.query_results_extensions),
        ("/epcisBody/queryResults/resultsBody", &header.results_body_extensions),
    ];
    for (pointer, listed) in places {
        extensions::list(listed, &Path::root(pointer), &mut report);
    }
}

// ---- queries ----

/// §8.2.5: a parameter is given once, and with a value (`EXISTS_…` alone needs none).
fn parameters(parameters: &[QueryParameter], values_judged: bool, root: &Path<'_>, report: &mut Report<'_>) {
    let mut seen = HashSet::with_capacity(parameters.len());
    for parameter in parameters {
        let here = root.key(&parameter.name);
        if !seen.insert(&*parameter.name) {
            report.add(codes::DUPLICATE_PARAMETER, &[&parameter.name], &here);
        }
        if !values_judged && parameter.values.is_none() && !parameter.name.starts_with("EXISTS_") {
            report.add(codes::NO_PARAMETER_VALUE, &[&parameter.name], &here);
        }
    }
    let time = |name: &str| {
        let parameter = parameters.iter().find(|parameter| parameter.name == name)?;
        let text = parameter.values.as_ref()?.first()?;
        Some((text.as_str(), Stamp::parse(text)?))
    };
    for (from, before) in [("GE_eventTime", "LT_eventTime"), ("GE_recordTime", "LT_recordTime")] {
        if let (Some((from_text, from_time)), Some((before_text, before_time))) = (time(from), time(before))
            && from_time >= before_time
        {
            report.add(codes::EMPTY_RANGE, &[from_text, before_text], &root.key(before));
        }
    }
}

// ---- master data ----

const VOCABULARY_TYPE: &str = "urn:epcglobal:epcis:vtype:";

/// The vocabularies that EPCIS and the CBV define, in 1.x and in 2.0.
const VOCABULARIES: &[&str] = &[
    "ReadPoint",
    "BusinessLocation",
    "BusinessStep",
    "BusinessTransaction",
    "BusinessTransactionType",
    "Disposition",
    "EPCClass",
    "EPCInstance",
    "Location",
    "Party",
    "SourceDest",
    "SourceDestType",
    "ErrorReason",
    "TransformationID",
];

fn master_data(vocabulary: &MasterVocabulary, path: &Path<'_>, report: &mut Report<'_>) {
    if let Some(kind) = &vocabulary.kind
        && kind.strip_prefix(VOCABULARY_TYPE).is_some_and(|name| !VOCABULARIES.contains(&name))
    {
        report.add(codes::UNKNOWN_VOCABULARY, &[kind], &path.key("type"));
    }
    let list = path.key("vocabularyElementList");
    let mut places: HashMap<&str, usize> = HashMap::with_capacity(vocabulary.elements.len());
    for (index, element) in vocabulary.elements.iter().enumerate() {
        let here = list.index(index);
        master_element(element, &here, report);
        let Some(id) = &element.id else { continue };
        if places.contains_key(id.as_str()) {
            report.add(codes::DUPLICATE_MASTER_ID, &[id], &here.key("id"));
        } else {
            places.insert(id, index);
        }
    }
    for index in circles(&vocabulary.elements, &places) {
        if let Some(id) = vocabulary.elements.get(index).and_then(|element| element.id.as_deref()) {
            report.add(codes::MASTER_CYCLE, &[id], &list.index(index).key("children"));
        }
    }
    extensions::list(&vocabulary.extensions, path, report);
}

fn master_element(element: &MasterElement, path: &Path<'_>, report: &mut Report<'_>) {
    if let Some(id) = &element.id {
        what::any(id, &path.key("id"), report);
    }
    let list = path.key("attributes");
    for (index, attribute) in element.attributes.iter().enumerate() {
        if let Some(value) = &attribute.value {
            extensions::single(value, &list.index(index).key("attribute"), report);
        }
    }
    let list = path.key("children");
    let mut seen = HashSet::new();
    for (index, child) in element.children.iter().flatten().enumerate() {
        let here = list.index(index);
        what::any(child, &here, report);
        if !seen.insert(child.as_str()) {
            report.add(codes::DUPLICATE_CHILD, &[child], &here);
        }
    }
    extensions::list(&element.extensions, path, report);
}

/// Where an element stands in the search for circles.
#[derive(Clone, Copy, PartialEq)]
enum State {
    New,
    /// Above the element at hand.
    Open,
    Done,
}

/// The elements from which a child leads back above them: one for each circle found in one walk
/// over all elements, with a stack of its own, so that a long chain costs no call depth.
fn circles(elements: &[MasterElement], places: &HashMap<&str, usize>) -> Vec<usize> {
    let children = |index: usize| elements.get(index).and_then(|element| element.children.as_deref());
    let mut states = vec![State::New; elements.len()];
    let mut found = Vec::new();
    for start in 0..elements.len() {
        if states.get(start) != Some(&State::New) {
            continue;
        }
        // Each entry: an element, and how many of its children have been followed.
        let mut stack = vec![(start, 0)];
        set(&mut states, start, State::Open);
        while let Some((index, followed)) = stack.last_mut() {
            let (index, next) = (*index, children(*index).and_then(|listed| listed.get(*followed)));
            *followed += 1;
            let Some(child) = next else {
                set(&mut states, index, State::Done);
                stack.pop();
                continue;
            };
            let Some(place) = places.get(child.as_str()).copied() else { continue };
            match states.get(place) {
                Some(State::New) => {
                    set(&mut states, place, State::Open);
                    stack.push((place, 0));
                }
                Some(State::Open) => found.push(index),
                Some(State::Done) | None => {}
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

fn set(states: &mut [State], index: usize, state: State) {
    if let Some(slot) = states.get_mut(index) {
        *slot = state;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Syntax;

    // Goal: a document that has an identifier has a URI (GS1's JSON schema). Method: a URI and a text.
    #[test]
    fn document_id() {
        for (id, expected) in [
            ("urn:uuid:1", None),
            ("_:document1", None),
            ("", Some("EPCIS-BAD_URI")),
            ("my file", Some("EPCIS-BAD_URI")),
        ] {
            let mut read = Header::new(Syntax::Json, DocumentKind::Capture);
            read.id = Some(id.to_owned());
            let mut problems = Problems::new(None);
            header(&read, &mut problems);
            assert_eq!(problems.list.first().map(|problem| problem.reason.code.id), expected, "{id}");
        }
    }
}
