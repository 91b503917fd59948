//! JSON-LD contexts: which prefixes stand for which namespaces. GS1's own contexts are built in;
//! nothing is ever fetched.

use super::tree::Json;
use crate::cbv::STANDARD_PREFIXES;
use crate::codes::structure;
use crate::name::{Name, Namespaces};
use crate::problem::{Path, Problems};

/// The contexts that GS1 publishes, under every address in use. All of them bind the same words
/// for what a document holds; the "simple" one defines them by `@vocab` instead of one by one.
const BUILT_IN: &[&str] = &[
    "https://ref.gs1.org/standards/epcis/epcis-context.jsonld",
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    "https://ref.gs1.org/standards/epcis/2.0.1/epcis-context.jsonld",
    "https://gs1.github.io/EPCIS/epcis-context.jsonld",
    "https://gs1.github.io/EPCIS/epcis-context-simple.jsonld",
];

/// What queries in JSON name as their context.
pub const QUERY_CONTEXT: &str = "https://ref.gs1.org/standards/epcis/2.0.0/query-schema.json";

/// The context written where a document brings none of GS1's.
pub const DEFAULT_CONTEXT: &str = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld";

/// Prefixes that one context may declare. No honest document comes near; they are looked up one by one.
const PREFIXES_MAX: usize = 256;

/// The prefixes in force in a document.
#[derive(Clone, Debug)]
pub struct Context {
    /// Declared by the document itself.
    pub declared: Namespaces,
    /// URIs of the contexts it names.
    pub uris: Vec<String>,
    standard: Namespaces,
}

impl Default for Context {
    fn default() -> Self {
        let mut standard = Namespaces::default();
        for (prefix, namespace) in STANDARD_PREFIXES {
            standard.bind(prefix, namespace);
        }
        Context { declared: Namespaces::default(), uris: Vec::new(), standard }
    }
}

impl Context {
    /// Reads the document's `@context`.
    pub fn read(&mut self, value: &Json, path: &Path<'_>, problems: &mut Problems) {
        let mut declared = std::mem::take(&mut self.declared);
        let mut uris = std::mem::take(&mut self.uris);
        self.read_into(value, &mut declared, &mut uris, path, problems);
        self.declared = declared;
        self.uris = uris;
    }

    /// Reads the `@context` of one event: its bindings hide the document's.
    pub fn read_event(&self, value: &Json, path: &Path<'_>, problems: &mut Problems) -> Namespaces {
        let mut own = Namespaces::default();
        self.read_into(value, &mut own, &mut Vec::new(), path, problems);
        own
    }

    fn read_into(
        &self,
        value: &Json,
        bindings: &mut Namespaces,
        uris: &mut Vec<String>,
        path: &Path<'_>,
        problems: &mut Problems,
    ) {
        match value {
            Json::Text(uri) => {
                if !BUILT_IN.contains(&uri.as_str()) && uri != QUERY_CONTEXT {
                    problems.add(structure::UNKNOWN_CONTEXT, &[uri], path);
                }
                uris.push(uri.clone());
            }
            Json::List(parts) => {
                for (index, part) in parts.iter().enumerate() {
                    let path = path.index(index);
                    match part {
                        Json::List(_) => problems.add(structure::WRONG_TYPE, &["@context", "object", "array"], &path),
                        _ => self.read_into(part, bindings, uris, &path, problems),
                    }
                }
            }
            Json::Object(terms) => {
                for (term, definition) in terms {
                    self.bind_term(term, definition, bindings, &path.key(term), problems);
                }
            }
            other => problems.add(structure::WRONG_TYPE, &["@context", "string / object / array", other.kind()], path),
        }
    }

    /// A term of an inline context: a prefix with its namespace, as a string or as `@id`. A term
    /// with a colon only says how its values are typed, which changes nothing here.
    fn bind_term(
        &self,
        term: &str,
        definition: &Json,
        bindings: &mut Namespaces,
        path: &Path<'_>,
        problems: &mut Problems,
    ) {
        if term.starts_with('@') {
            if matches!(term, "@vocab" | "@import" | "@propagate") {
                problems.add(structure::CONTEXT_KEYWORD, &[term], path);
            }
            return;
        }
        let target = match definition {
            Json::Text(uri) => Some(uri),
            Json::Object(parts) => parts.iter().find_map(|(key, value)| match value {
                Json::Text(uri) if key == "@id" => Some(uri),
                _ => None,
            }),
            Json::Null => None,
            other => {
                problems.add(structure::WRONG_TYPE, &[term, "string / object", other.kind()], path);
                None
            }
        };
        let Some(target) = target else { return };
        if term.contains(':') {
            return;
        }
        if bindings.iter().nth(PREFIXES_MAX).is_some() {
            problems.add(structure::TOO_MANY_PREFIXES, &[&PREFIXES_MAX.to_string()], path);
            return;
        }
        // A namespace may itself be written with a prefix bound before.
        match self.resolve(target, bindings) {
            Some(name) => bindings.bind(term, &[&*name.namespace, &*name.local].concat()),
            None => bindings.bind(term, target),
        }
    }

    fn resolve(&self, qualified: &str, own: &Namespaces) -> Option<Name> {
        // What goes on with `//` is a whole IRI, even if its scheme is also a prefix (JSON-LD 1.1
        // API §5.2).
        if qualified.split_once(':').is_some_and(|(_, rest)| rest.starts_with("//")) {
            return None;
        }
        own.expand(qualified).or_else(|| self.declared.expand(qualified)).or_else(|| self.standard.expand(qualified))
    }

    /// The name that the member `key` stands for; none if its prefix is bound nowhere.
    /// `own` are the bindings of the event at hand.
    pub fn name(&self, key: &str, own: &Namespaces) -> Option<Name> {
        if let Some(name) = self.resolve(key, own) {
            return Some(name);
        }
        // An absolute IRI as a key (JSON-LD 1.1 §4.1): split behind its last delimiter.
        if key.starts_with("http://") || key.starts_with("https://") || key.starts_with("urn:") {
            let split = key.rfind(['/', '#', ':'])? + 1;
            let (namespace, local) = key.split_at(split);
            return (!local.is_empty()).then(|| Name {
                namespace: namespace.into(),
                prefix: "".into(),
                local: local.into(),
            });
        }
        None
    }
}

/// Whether `uri` is one of GS1's contexts.
pub fn is_built_in(uri: &str) -> bool {
    BUILT_IN.contains(&uri)
}
