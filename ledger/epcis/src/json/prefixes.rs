//! Chooses the prefixes that a written document declares, so that every name has one.

use super::tree::Json;
use crate::cbv::STANDARD_PREFIXES;
use crate::document::Header;
use crate::model::{Event, visit_names};
use crate::name::{Name, Namespaces};

/// Prefixes declared at one place: the document, or an event.
pub(super) struct Prefixes {
    declared: Namespaces,
}

impl Prefixes {
    /// Those of the document: what its header declares, and what its names need beside that.
    pub fn of_document(header: &Header) -> Prefixes {
        let mut prefixes = Prefixes { declared: header.namespaces.clone() };
        let mut needed = Vec::new();
        header.visit_names(&mut |name| needed.push(name.clone()));
        prefixes.add(&needed, None);
        prefixes
    }

    /// Those of an event within the document: what it declares, and what its names need beside
    /// that and the document's.
    pub fn of_event(&self, event: &Event) -> Prefixes {
        let mut prefixes = Prefixes { declared: event.namespaces.clone() };
        let mut needed = Vec::new();
        visit_names(event, &mut |name| {
            if prefixes.key(name).is_none() && self.key(name).is_none() {
                needed.push(name.clone());
            }
        });
        prefixes.add(&needed, Some(self));
        prefixes
    }

    fn add(&mut self, names: &[Name], outer: Option<&Prefixes>) {
        for name in names {
            if self.key(name).is_some() || outer.is_some_and(|outer| outer.key(name).is_some()) {
                continue;
            }
            let taken = |prefix: &str| {
                self.declared.get(prefix).is_some()
                    || STANDARD_PREFIXES.iter().any(|(standard, _)| *standard == prefix)
                    || outer.is_some_and(|outer| outer.declared.get(prefix).is_some())
            };
            let wanted = Some(name.prefix.to_string()).filter(|prefix| !prefix.is_empty() && !taken(prefix));
            let prefix = wanted.or_else(|| (1..u32::MAX).map(|n| format!("ns{n}")).find(|prefix| !taken(prefix)));
            if let Some(prefix) = prefix {
                self.declared.bind(&prefix, &name.namespace);
            }
        }
    }

    /// How `name` is written as a key here: with its own prefix if that stands for its namespace,
    /// with any other that does, or as a whole IRI. None if nothing here says its namespace.
    pub fn key(&self, name: &Name) -> Option<String> {
        if name.namespace.is_empty() {
            return Some(name.local.to_string());
        }
        let stands = |prefix: &str| match self.declared.get(prefix) {
            Some(binding) => binding.namespace == name.namespace,
            None => STANDARD_PREFIXES.iter().any(|(standard, uri)| *standard == prefix && **uri == *name.namespace),
        };
        if !name.prefix.is_empty() && stands(&name.prefix) {
            return Some(name.qualified());
        }
        let standard = STANDARD_PREFIXES.iter().map(|(prefix, _)| *prefix);
        let any = self.declared.prefix_of(&name.namespace).map(|prefix| &**prefix);
        if let Some(prefix) = any.or_else(|| standard.into_iter().find(|prefix| stands(prefix))) {
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
