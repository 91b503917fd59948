//! Chooses the prefixes that a written document declares, so that every name has one.

use super::tree::Json;
use crate::cbv::STANDARD_PREFIXES;
use crate::document::Header;
use crate::model::{Event, visit_names};
use crate::name::{Name, Namespaces};

/// Prefixes declared at one place: the document, or an event within it.
pub(super) struct Prefixes<'a> {
    declared: Namespaces,
    /// Those of the document, for an event: in force where the event does not bind them anew.
    outer: Option<&'a Prefixes<'a>>,
}

impl<'a> Prefixes<'a> {
    /// Those of the document: what its header declares, and what its names need beside that.
    pub fn of_document(header: &Header) -> Prefixes<'static> {
        let mut prefixes = Prefixes { declared: header.namespaces.clone(), outer: None };
        let mut names = Vec::new();
        header.visit_names(&mut |name| names.push(name.clone()));
        prefixes.add(&names);
        prefixes
    }

    /// Those of an event within the document: what it declares, and what its names need beside
    /// that and the document's.
    pub fn of_event(&'a self, event: &Event) -> Prefixes<'a> {
        let mut prefixes = Prefixes { declared: event.namespaces.clone(), outer: Some(self) };
        let mut needed = Vec::new();
        visit_names(event, &mut |name| {
            if prefixes.key(name).is_none() {
                needed.push(name.clone());
            }
        });
        prefixes.add(&needed);
        prefixes
    }

    fn add(&mut self, names: &[Name]) {
        for name in names {
            if self.key(name).is_some() {
                continue;
            }
            let free = |prefix: &str| !prefix.is_empty() && self.namespace(prefix).is_none();
            let wanted = Some(name.prefix.to_string()).filter(|prefix| free(prefix));
            let prefix = wanted.or_else(|| (1..u32::MAX).map(|n| format!("ns{n}")).find(|prefix| free(prefix)));
            if let Some(prefix) = prefix {
                self.declared.bind(&prefix, &name.namespace);
            }
        }
    }

    /// What a prefix stands for here, as a reader will resolve it.
    fn namespace(&self, prefix: &str) -> Option<&str> {
        match (self.declared.get(prefix), self.outer) {
            (Some(binding), _) => Some(&binding.namespace),
            (None, Some(outer)) => outer.namespace(prefix),
            (None, None) => STANDARD_PREFIXES.iter().find(|(standard, _)| *standard == prefix).map(|(_, uri)| *uri),
        }
    }

    /// How `name` is written as a key here: with its own prefix if that stands for its namespace,
    /// with any other that does, or as a whole IRI. None if nothing here says its namespace.
    pub fn key(&self, name: &Name) -> Option<String> {
        if name.namespace.is_empty() {
            return Some(name.local.to_string());
        }
        // A prefix of the document does not count where the event binds it anew.
        let stands = |prefix: &&str| !prefix.is_empty() && self.namespace(prefix) == Some(&*name.namespace);
        let candidates = [
            Some(&*name.prefix),
            self.declared.prefix_of(&name.namespace).map(|prefix| &**prefix),
            self.outer.and_then(|outer| outer.declared.prefix_of(&name.namespace)).map(|prefix| &**prefix),
            STANDARD_PREFIXES.iter().find(|(_, uri)| **uri == *name.namespace).map(|(prefix, _)| *prefix),
        ];
        if let Some(prefix) = candidates.into_iter().flatten().find(stands) {
            return Some([prefix, ":", &name.local].concat());
        }
        // A whole IRI is split again behind its last delimiter: only then does it say the same.
        let whole = [&*name.namespace, &*name.local].concat();
        let splits = name.namespace.ends_with(['/', '#', ':']) && !name.local.contains(['/', '#', ':']);
        let absolute = ["http://", "https://", "urn:"].iter().any(|scheme| whole.starts_with(scheme));
        (name.prefix.is_empty() && splits && absolute).then_some(whole)
    }

    /// The object that declares them, if there are any.
    pub fn declared(&self) -> Option<Json> {
        let pair = |prefix: &str, namespace: &str| (prefix.to_owned(), Json::Text(namespace.to_owned()));
        let members: Vec<_> = self.declared.iter().map(|binding| pair(&binding.prefix, &binding.namespace)).collect();
        (!members.is_empty()).then_some(Json::Object(members))
    }
}
