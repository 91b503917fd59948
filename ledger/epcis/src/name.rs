//! Names of user extensions: a namespace and a local name, and the prefix it was written with.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// An expanded name. Two names are equal when namespace and local name are; the prefix is only
/// what the author wrote and what a writer should prefer.
#[derive(Clone, Debug)]
pub struct Name {
    /// Namespace URI; empty for a name without one (valid only inside an extension's value).
    pub namespace: Arc<str>,
    /// The prefix it was written with; empty for none.
    pub prefix: Arc<str>,
    /// Local name.
    pub local: Box<str>,
}

impl Name {
    /// A name in no namespace.
    pub fn local(local: &str) -> Self {
        Name { namespace: Arc::from(""), prefix: Arc::from(""), local: local.into() }
    }

    /// `prefix:local`, or `local` alone.
    pub fn qualified(&self) -> String {
        match self.prefix.is_empty() {
            true => self.local.to_string(),
            false => format!("{}:{}", self.prefix, self.local),
        }
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.namespace == other.namespace && self.local == other.local
    }
}

impl Eq for Name {}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.namespace.hash(state);
        self.local.hash(state);
    }
}

/// A prefix bound to a namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The prefix, without colon.
    pub prefix: Arc<str>,
    /// The namespace URI.
    pub namespace: Arc<str>,
}

/// The prefixes in force: those of the document, then those of one event. A later binding hides
/// an earlier one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Namespaces {
    bindings: Vec<Binding>,
}

impl Namespaces {
    /// Binds `prefix` to `namespace`.
    pub fn bind(&mut self, prefix: &str, namespace: &str) {
        match self.bindings.iter_mut().find(|binding| &*binding.prefix == prefix) {
            Some(binding) => binding.namespace = Arc::from(namespace),
            None => {
                self.bindings.push(Binding { prefix: Arc::from(prefix), namespace: Arc::from(namespace) });
            }
        }
    }

    /// The binding of `prefix`.
    pub fn get(&self, prefix: &str) -> Option<&Binding> {
        self.bindings.iter().find(|binding| &*binding.prefix == prefix)
    }

    /// The first prefix bound to `namespace`.
    pub fn prefix_of(&self, namespace: &str) -> Option<&Arc<str>> {
        self.bindings.iter().find(|binding| &*binding.namespace == namespace).map(|binding| &binding.prefix)
    }

    /// All bindings, in the order they were first made.
    pub fn iter(&self) -> impl Iterator<Item = &Binding> {
        self.bindings.iter()
    }

    /// The name that `prefix:local` stands for, if the prefix is bound.
    pub fn expand(&self, qualified: &str) -> Option<Name> {
        let (prefix, local) = qualified.split_once(':')?;
        let binding = self.get(prefix)?;
        Some(Name { namespace: binding.namespace.clone(), prefix: binding.prefix.clone(), local: local.into() })
    }
}
