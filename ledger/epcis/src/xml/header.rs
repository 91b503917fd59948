//! Reads what surrounds the events: header, master data, queries.

use super::extension::{attribute, extension, is_schema_instance, misfit, value_without};
use super::namespace::{Version, standard};
use super::sbdh;
use super::tree::Element;
use crate::codes::structure;
use crate::codes::{Code, xml as codes};
use crate::document::{Header, MasterAttribute, MasterElement, MasterVocabulary, QueryParameter};
use crate::model::Extension;
use crate::problem::{Path, Problems, Reason};

/// Reports a problem on the line of `element`.
pub(crate) fn report(
    problems: &mut Problems,
    code: &'static Code,
    arguments: &[&str],
    path: &Path<'_>,
    element: Element<'_>,
) {
    problems.add_reason(Reason::new(code, arguments), path, Some(element.line()));
}

/// Whether the element belongs to the standard: without a namespace, or wrongly in the standard's.
fn is_own(element: Element<'_>) -> bool {
    element.namespace().is_empty() || standard(element.namespace()).is_some()
}

/// Reads `EPCISHeader`.
pub(crate) fn read(element: Element<'_>, version: Version, header: &mut Header, problems: &mut Problems) {
    let root = Path::root("/epcisHeader");
    if version == Version::Two {
        // 1.x lets elements of any namespace follow; 2.0 does not, yet has no other place for them.
        for child in element.elements().filter(|child| !is_own(*child) && !sbdh::is(*child)) {
            let name = child.qualified();
            report(problems, codes::XML_HEADER_ELEMENT, &[&name], &root.key(&name), child);
        }
    }
    children(element, header, problems, &root, false);
}

/// Reports text where only elements may be: it would be lost.
fn refuse_text(element: Element<'_>, problems: &mut Problems, path: &Path<'_>) {
    if !element.text().is_empty() {
        report(problems, codes::XML_TEXT, &[element.local()], path, element);
    }
}

fn children(element: Element<'_>, header: &mut Header, problems: &mut Problems, path: &Path<'_>, wrapped: bool) {
    refuse_text(element, problems, path);
    for child in element.elements() {
        if sbdh::is(child) {
            let read = extension(child);
            if header.sender.is_some() || !sbdh::take(&read, header) {
                header.header_extensions.push(read);
            }
        } else if !is_own(child) {
            header.header_extensions.push(extension(child));
        } else if child.local() == "extension" {
            children(child, header, problems, path, true);
        } else if child.local() == "EPCISMasterData" {
            if !wrapped {
                report(problems, codes::XML_PLACE, &["EPCISMasterData", "2.0"], path, child);
            }
            let path = path.key("epcisMasterData");
            refuse_text(child, problems, &path);
            for list in child.elements() {
                match list.is("VocabularyList") {
                    true => vocabularies(list, &mut header.master_data, problems, &path.key("vocabularyList")),
                    false => unknown(list, &mut header.header_extensions, problems, &path),
                }
            }
        } else {
            unknown(child, &mut header.header_extensions, problems, path);
        }
    }
}

/// An element that is not known here: a user's is an extension, any other is reported too.
pub(crate) fn unknown(element: Element<'_>, extensions: &mut Vec<Extension>, problems: &mut Problems, path: &Path<'_>) {
    if !is_own(element) {
        extensions.push(extension(element));
        return;
    }
    report(problems, structure::UNKNOWN_FIELD, &[element.local(), path.name()], &path.key(element.local()), element);
    extensions.push(misfit(element));
}

/// Reads `VocabularyList`.
pub(crate) fn vocabularies(
    list: Element<'_>,
    vocabularies: &mut Vec<MasterVocabulary>,
    problems: &mut Problems,
    path: &Path<'_>,
) {
    refuse_text(list, problems, path);
    for (index, child) in list.elements().enumerate() {
        let path = path.index(index);
        if !child.is("Vocabulary") {
            report(problems, structure::UNKNOWN_FIELD, &[child.local(), path.name()], &path, child);
            continue;
        }
        vocabularies.push(vocabulary(child, problems, &path));
    }
}

fn vocabulary(element: Element<'_>, problems: &mut Problems, path: &Path<'_>) -> MasterVocabulary {
    let mut vocabulary =
        MasterVocabulary { kind: element.attribute("type").map(str::to_owned), ..MasterVocabulary::default() };
    if vocabulary.kind.is_none() {
        report(problems, structure::MISSING_FIELD, &["type", path.name()], &path.key("type"), element);
    }
    other_attributes(element, "type", &mut vocabulary.extensions);
    refuse_text(element, problems, path);
    for child in element.elements() {
        if child.is("VocabularyElementList") {
            let path = path.key("vocabularyElementList");
            refuse_text(child, problems, &path);
            for (index, item) in child.elements().enumerate() {
                let path = path.index(index);
                match item.is("VocabularyElement") {
                    true => vocabulary.elements.push(vocabulary_element(item, problems, &path)),
                    false => report(problems, structure::UNKNOWN_FIELD, &[item.local(), path.name()], &path, item),
                }
            }
        } else {
            wrapped(child, &mut vocabulary.extensions, problems, path);
        }
    }
    vocabulary
}

fn vocabulary_element(element: Element<'_>, problems: &mut Problems, path: &Path<'_>) -> MasterElement {
    let mut read = MasterElement { id: element.attribute("id").map(str::to_owned), ..MasterElement::default() };
    if read.id.is_none() {
        report(problems, structure::MISSING_FIELD, &["id", path.name()], &path.key("id"), element);
    }
    other_attributes(element, "id", &mut read.extensions);
    refuse_text(element, problems, path);
    for child in element.elements() {
        if child.is("attribute") {
            let id = child.attribute("id").map(str::to_owned);
            if id.is_none() {
                let attributes = path.key("attributes");
                let path = attributes.index(read.attributes.len());
                report(problems, structure::MISSING_FIELD, &["id", path.name()], &path.key("id"), child);
            }
            read.attributes.push(MasterAttribute { id, value: Some(value_without(child, "id")) });
        } else if child.is("children") {
            refuse_text(child, problems, &path.key("children"));
            let texts = child.elements().filter(|id| id.is("id")).map(|id| id.text().into_owned());
            read.children.get_or_insert_default().extend(texts);
        } else {
            wrapped(child, &mut read.extensions, problems, path);
        }
    }
    read
}

fn other_attributes(element: Element<'_>, known: &str, extensions: &mut Vec<Extension>) {
    let others = element
        .attributes()
        .filter(|found| !is_schema_instance(*found) && (found.local() != known || !found.namespace().is_empty()));
    extensions.extend(others.map(attribute));
}

/// A child that is an extension, or the wrapper of some.
pub(crate) fn wrapped(child: Element<'_>, extensions: &mut Vec<Extension>, problems: &mut Problems, path: &Path<'_>) {
    match child.is("extension") {
        true => child.elements().for_each(|inner| unknown(inner, extensions, problems, path)),
        false => unknown(child, extensions, problems, path),
    }
}

/// Reads `Poll`.
pub(crate) fn poll(element: Element<'_>, header: &mut Header, problems: &mut Problems) {
    let path = &Path::root("/epcisBody/query");
    refuse_text(element, problems, path);
    for child in element.elements() {
        if child.is("queryName") {
            header.query_name = Some(child.text().into_owned());
        } else if child.is("params") {
            refuse_text(child, problems, path);
            for (index, parameter) in child.elements().enumerate() {
                let path = path.index(index);
                if !parameter.is("param") {
                    report(problems, structure::UNKNOWN_FIELD, &[parameter.local(), path.name()], &path, parameter);
                    continue;
                }
                header.query.push(query_parameter(parameter, problems, &path));
            }
        } else {
            report(problems, structure::UNKNOWN_FIELD, &[child.local(), path.name()], &path.key(child.local()), child);
        }
    }
    if header.query_name.is_none() {
        report(problems, structure::MISSING_FIELD, &["queryName", path.name()], &path.key("queryName"), element);
    }
    if !element.elements().any(|child| child.is("params")) {
        report(problems, structure::MISSING_FIELD, &["params", path.name()], &path.key("params"), element);
    }
}

fn query_parameter(element: Element<'_>, problems: &mut Problems, path: &Path<'_>) -> QueryParameter {
    let mut parameter = QueryParameter { name: String::new(), values: None };
    let mut named = false;
    refuse_text(element, problems, path);
    for child in element.elements() {
        if child.is("name") {
            parameter.name = child.text().into_owned();
            named = true;
        } else if child.is("value") {
            let strings = child.elements().map(|string| string.text().into_owned()).collect::<Vec<_>>();
            if child.elements().any(|string| string.local() != "string" || string.has_elements()) {
                report(problems, structure::WRONG_TYPE, &["value", "text", "elements"], &path.key("value"), child);
            }
            let text = child.text();
            parameter.values = Some(match strings.is_empty() && !text.is_empty() {
                true => vec![text.into_owned()],
                false => strings,
            });
        } else {
            report(problems, structure::UNKNOWN_FIELD, &[child.local(), path.name()], &path.key(child.local()), child);
        }
    }
    if !named {
        report(problems, structure::MISSING_FIELD, &["name", path.name()], &path.key("name"), element);
    }
    if parameter.values.is_none() {
        report(problems, structure::MISSING_FIELD, &["value", path.name()], &path.key("value"), element);
    }
    parameter
}
