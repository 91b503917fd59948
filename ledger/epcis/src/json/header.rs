//! Reads everything of a JSON document but its events.

use super::context::{Context, QUERY_CONTEXT, is_built_in};
use super::outline::{Member, Outline};
use super::pass::tree_reason;
use super::tree::{self, Json};
use super::value::{self, Scope};
use crate::codes::structure;
use crate::document::{
    DocumentKind, Header, Limits, MasterAttribute, MasterElement, MasterVocabulary, QueryParameter, Syntax,
    judge_version,
};
use crate::model::Extension;
use crate::name::Namespaces;
use crate::problem::{Path, Problems};
use crate::time::Stamp;
use crate::uri::is_uri;

/// Reads the header of the document in `outline`, and its context into `context`.
pub(super) fn read(outline: &Outline, context: &mut Context, limits: &Limits, problems: &mut Problems) -> Header {
    let root = parse_members(&outline.root, "", limits, problems);
    let find = |key: &str| root.iter().find(|(member, _)| member == key).map(|(_, json)| json);
    let path = Path::root("");
    if let Some(value) = find("@context") {
        context.read(value, &path.key("@context"), problems);
    }
    if is_query(&root, outline, context) {
        return query(root, context, problems);
    }
    let mut reader = HeaderReader { scope: Scope { context, own: &Namespaces::default() }, problems };
    let mut header = reader.root(root, outline);
    header.contexts.clone_from(&context.uris);
    header.namespaces = context.declared.clone();
    header
}

/// Parses the raw members of one object.
fn parse_members(members: &[Member], pointer: &str, limits: &Limits, problems: &mut Problems) -> Vec<(String, Json)> {
    let base = Path::root(pointer);
    let mut parsed = Vec::with_capacity(members.len());
    for (key, raw) in members {
        match tree::parse(raw.get().as_bytes(), limits.depth_max) {
            Ok(json) => parsed.push((key.clone(), json)),
            Err(error) => problems.add_reason(tree_reason(&error, limits), &base.key(key), None),
        }
    }
    parsed
}

/// A query in JSON has GS1's query schema as its context, or says nothing of a document but a
/// query's parameters.
fn is_query(root: &[(String, Json)], outline: &Outline, context: &Context) -> bool {
    outline.body.is_none()
        && (context.uris.iter().any(|uri| uri == QUERY_CONTEXT)
            || (!root.is_empty() && root.iter().all(|(key, _)| crate::query::is_parameter_name(key))))
}

fn query(root: Vec<(String, Json)>, context: &Context, problems: &mut Problems) -> Header {
    let mut header = Header::new(Syntax::Json, DocumentKind::Query);
    header.contexts.clone_from(&context.uris);
    header.query_name = Some("SimpleEventQuery".to_owned());
    let path = Path::root("");
    for (name, json) in root {
        if name == "@context" {
            continue;
        }
        let here = path.key(&name);
        let mut values = Vec::new();
        let listed = match json {
            Json::List(elements) => elements,
            single => vec![single],
        };
        for element in listed {
            match element {
                Json::Text(text) => values.push(text),
                Json::Number(text) => values.push(text.into()),
                Json::Boolean(truth) => values.push(truth.to_string()),
                other => problems.add(structure::WRONG_TYPE, &[&name, "scalar / [scalar, …]", other.kind()], &here),
            }
        }
        header.query.push(QueryParameter { name, values: Some(values) });
    }
    header
}

struct HeaderReader<'a> {
    scope: Scope<'a>,
    problems: &'a mut Problems,
}

impl HeaderReader<'_> {
    fn root(&mut self, root: Vec<(String, Json)>, outline: &Outline) -> Header {
        let path = Path::root("");
        let mut header = Header::new(Syntax::Json, DocumentKind::Capture);
        let mut seen = Vec::new();
        for (key, json) in root {
            let here = path.key(&key);
            seen.push(key.clone());
            match key.as_str() {
                "@context" => {}
                "type" => header.kind = self.kind(&json, &here),
                "schemaVersion" => header.schema_version = self.version(json, &here),
                "creationDate" => header.creation_date = self.time(json, &here),
                "id" => header.id = self.text(&key, json, &here),
                "sender" => header.sender = self.text(&key, json, &here),
                "receiver" => header.receiver = self.text(&key, json, &here),
                "instanceIdentifier" => header.instance_identifier = self.text(&key, json, &here),
                "epcisHeader" => self.epcis_header(json, &mut header, &here),
                _ => self.extension(&key, json, "EPCISDocument", &here, &mut header.extensions),
            }
        }
        self.outline(outline, &mut header);
        self.required(&header, &seen, outline);
        header
    }

    /// What the first pass noted: doubled keys, misshapen parts, the inner objects' members.
    fn outline(&mut self, outline: &Outline, header: &mut Header) {
        for (pointer, key) in &outline.duplicates {
            self.problems.add(structure::DUPLICATE_FIELD, &[key], &Path::root(pointer).key(key));
        }
        for (pointer, kind) in &outline.misshapen {
            let field = pointer.rsplit('/').next().unwrap_or("");
            let (name, shape) = match field {
                "" => ("EPCISDocument", "object"),
                "eventList" => (field, "array"),
                _ => (field, "object"),
            };
            self.problems.add(structure::WRONG_TYPE, &[name, shape, kind], &Path::root(pointer));
        }
        let limits = Limits::default();
        for (members, pointer, structure_name) in [
            (&outline.body, "/epcisBody", "epcisBody"),
            (&outline.query_results, "/epcisBody/queryResults", "queryResults"),
            (&outline.results_body, "/epcisBody/queryResults/resultsBody", "resultsBody"),
        ] {
            let Some(members) = members else { continue };
            let base = Path::root(pointer);
            for (key, json) in parse_members(members, pointer, &limits, self.problems) {
                let here = base.key(&key);
                match (structure_name, key.as_str()) {
                    ("queryResults", "queryName") => header.query_name = self.text(&key, json, &here),
                    ("queryResults", "subscriptionID") => header.subscription_id = self.text(&key, json, &here),
                    ("resultsBody", "vocabularyList") => header.master_data = self.vocabularies(json, &here),
                    _ => {
                        let into = match structure_name {
                            "queryResults" => &mut header.query_results_extensions,
                            "resultsBody" => &mut header.results_body_extensions,
                            _ => &mut header.body_extensions,
                        };
                        self.extension(&key, json, structure_name, &here, into);
                    }
                }
            }
        }
    }

    fn required(&mut self, header: &Header, seen: &[String], outline: &Outline) {
        let root = Path::root("");
        let is_query = header.kind == DocumentKind::QueryResults;
        let name = if is_query { "EPCISQueryDocument" } else { "EPCISDocument" };
        let has = |key: &str| seen.iter().any(|member| member == key);
        let mut demand = |holds: bool, field: &str, path: &Path<'_>| {
            if !holds {
                self.problems.add(structure::MISSING_FIELD, &[field, name], path);
            }
        };
        demand(has("@context"), "@context", &root);
        demand(has("type"), "type", &root);
        demand(is_query || has("schemaVersion"), "schemaVersion", &root);
        demand(is_query || has("creationDate"), "creationDate", &root);
        let misshapen = |pointer: &str| outline.misshapen.iter().any(|(at, _)| *at == pointer);
        demand(outline.body.is_some() || misshapen("/epcisBody"), "epcisBody", &root);
        if outline.body.is_none() {
            return;
        }
        let body = Path::root("/epcisBody");
        if !is_query {
            demand(outline.event_list.is_some(), "eventList", &body);
            return;
        }
        demand(outline.query_results.is_some() || misshapen("/epcisBody/queryResults"), "queryResults", &body);
        if outline.query_results.is_some() {
            let results = Path::root("/epcisBody/queryResults");
            demand(header.query_name.is_some(), "queryName", &results);
            demand(outline.results_body.is_some(), "resultsBody", &results);
        }
        // Without context nothing says what the words mean, and GS1's is needed among them.
        if has("@context") && !self.scope.context.uris.iter().any(|uri| is_built_in(uri)) {
            self.problems.add(
                structure::NO_STANDARD_CONTEXT,
                &[super::context::DEFAULT_CONTEXT],
                &root.key("@context"),
            );
        }
    }

    fn kind(&mut self, json: &Json, path: &Path<'_>) -> DocumentKind {
        match json {
            Json::Text(name) if name == "EPCISDocument" => return DocumentKind::Capture,
            Json::Text(name) if name == "EPCISQueryDocument" => return DocumentKind::QueryResults,
            Json::Text(name) => self.problems.add(structure::NOT_EPCIS, &[&format!("its type is {name}")], path),
            other => self.problems.add(structure::WRONG_TYPE, &["type", "string", other.kind()], path),
        }
        DocumentKind::Capture
    }

    fn version(&mut self, json: Json, path: &Path<'_>) -> Option<String> {
        let text = self.text("schemaVersion", json, path)?;
        if let Some(code) = judge_version(&text, Syntax::Json) {
            self.problems.add(code, &[&text], path);
        }
        Some(text)
    }

    fn text(&mut self, field: &str, json: Json, path: &Path<'_>) -> Option<String> {
        match json {
            Json::Text(text) => Some(text),
            other => {
                self.problems.add(structure::WRONG_TYPE, &[field, "string", other.kind()], path);
                None
            }
        }
    }

    fn time(&mut self, json: Json, path: &Path<'_>) -> Option<String> {
        let text = self.text("creationDate", json, path)?;
        if Stamp::parse(&text).is_none() {
            self.problems.add(structure::BAD_TIME, &[&text], path);
        }
        Some(text)
    }

    fn extension(&mut self, key: &str, json: Json, structure: &str, path: &Path<'_>, into: &mut Vec<Extension>) {
        let name = value::name(key, structure, &self.scope, path, self.problems);
        value::extension(name, json, &self.scope, path, self.problems, into);
    }

    fn epcis_header(&mut self, json: Json, header: &mut Header, path: &Path<'_>) {
        let Json::Object(members) = json else {
            self.problems.add(structure::WRONG_TYPE, &["epcisHeader", "object", json.kind()], path);
            return;
        };
        for (key, json) in members {
            let here = path.key(&key);
            match (key.as_str(), json) {
                ("epcisMasterData", Json::Object(parts)) => {
                    for (key, json) in parts {
                        let here = here.key(&key);
                        match key.as_str() {
                            "vocabularyList" => header.master_data = self.vocabularies(json, &here),
                            _ => self.extension(&key, json, "epcisMasterData", &here, &mut header.header_extensions),
                        }
                    }
                }
                ("epcisMasterData", other) => {
                    self.problems.add(structure::WRONG_TYPE, &["epcisMasterData", "object", other.kind()], &here);
                }
                (_, json) => self.extension(&key, json, "epcisHeader", &here, &mut header.header_extensions),
            }
        }
    }

    // ---- master data ----

    /// The elements of `json`, which must be a list of objects.
    fn objects(&mut self, field: &str, json: Json, path: &Path<'_>) -> Vec<Vec<(String, Json)>> {
        let Json::List(elements) = json else {
            self.problems.add(structure::WRONG_TYPE, &[field, "array", json.kind()], path);
            return Vec::new();
        };
        let mut objects = Vec::with_capacity(elements.len());
        for (index, element) in elements.into_iter().enumerate() {
            match element {
                Json::Object(members) => objects.push(members),
                other => {
                    self.problems.add(structure::WRONG_TYPE, &[field, "object", other.kind()], &path.index(index));
                    // The place is kept, so that later pointers stay right.
                    objects.push(Vec::new());
                }
            }
        }
        objects
    }

    fn uri(&mut self, field: &str, json: Json, path: &Path<'_>) -> Option<String> {
        let text = self.text(field, json, path)?;
        if !is_uri(&text) {
            self.problems.add(structure::BAD_URI, &[&text], path);
        }
        Some(text)
    }

    fn vocabularies(&mut self, json: Json, path: &Path<'_>) -> Vec<MasterVocabulary> {
        let mut vocabularies = Vec::new();
        for (index, members) in self.objects("vocabularyList", json, path).into_iter().enumerate() {
            let here = path.index(index);
            let mut vocabulary = MasterVocabulary::default();
            for (key, json) in members {
                let here = here.key(&key);
                match key.as_str() {
                    "type" => vocabulary.kind = self.uri(&key, json, &here),
                    "vocabularyElementList" => vocabulary.elements = self.master_elements(json, &here),
                    _ => self.extension(&key, json, "vocabulary", &here, &mut vocabulary.extensions),
                }
            }
            if vocabulary.kind.is_none() {
                self.problems.add(structure::MISSING_FIELD, &["type", "vocabulary"], &here);
            }
            vocabularies.push(vocabulary);
        }
        vocabularies
    }

    fn master_elements(&mut self, json: Json, path: &Path<'_>) -> Vec<MasterElement> {
        let mut elements = Vec::new();
        for (index, members) in self.objects("vocabularyElementList", json, path).into_iter().enumerate() {
            let here = path.index(index);
            let mut element = MasterElement::default();
            for (key, json) in members {
                let here = here.key(&key);
                match key.as_str() {
                    "isA" | "type" => {}
                    "id" => element.id = self.uri(&key, json, &here),
                    "attributes" => element.attributes = self.master_attributes(json, &here),
                    "children" => element.children = Some(self.children(json, &here)),
                    _ => self.extension(&key, json, "vocabularyElement", &here, &mut element.extensions),
                }
            }
            if element.id.is_none() {
                self.problems.add(structure::MISSING_FIELD, &["id", "vocabularyElement"], &here);
            }
            elements.push(element);
        }
        elements
    }

    fn children(&mut self, json: Json, path: &Path<'_>) -> Vec<String> {
        let Json::List(elements) = json else {
            self.problems.add(structure::WRONG_TYPE, &["children", "array", json.kind()], path);
            return Vec::new();
        };
        let mut ids = Vec::with_capacity(elements.len());
        for (index, element) in elements.into_iter().enumerate() {
            ids.extend(self.uri("children", element, &path.index(index)));
        }
        ids
    }

    fn master_attributes(&mut self, json: Json, path: &Path<'_>) -> Vec<MasterAttribute> {
        let mut attributes = Vec::new();
        for (index, members) in self.objects("attributes", json, path).into_iter().enumerate() {
            let here = path.index(index);
            let mut attribute = MasterAttribute { id: None, value: None };
            for (key, json) in members {
                let here = here.key(&key);
                match key.as_str() {
                    "id" => attribute.id = self.uri(&key, json, &here),
                    "attribute" => attribute.value = Some(value::value(json, &self.scope, &here, self.problems)),
                    _ => self.problems.add(structure::UNKNOWN_FIELD, &[&key, "attribute"], &here),
                }
            }
            if attribute.id.is_none() {
                self.problems.add(structure::MISSING_FIELD, &["id", "attribute"], &here);
            }
            attributes.push(attribute);
        }
        attributes
    }
}
