//! Writes the text of XML: tags, namespaces in force, escaping.

use super::lexical::{forbidden, is_ncname};
use super::namespace;
use super::source::{ATTRIBUTES_MAX, SCOPE_MAX};
use crate::codes::structure;
use crate::codes::{Code, xml as codes};
use crate::document::WriteError;
use crate::name::{Name, Namespaces};
use crate::problem::{Path, Place, Problem, Reason};

/// XML not yet written out.
pub(crate) struct Output {
    pub(crate) text: String,
    /// Prefixes in force, innermost last.
    scope: Vec<(String, String)>,
    /// The event being written.
    pub(crate) event: Option<u64>,
}

/// A prefix used on the tag being written, which no other name there may take for another
/// namespace.
struct Chosen {
    prefix: String,
    namespace: String,
    /// Whether the tag must declare it.
    new: bool,
}

/// An open element: its tag and how many prefixes were in force outside it.
pub(crate) struct Open {
    tag: String,
    outside: usize,
}

impl Output {
    pub(crate) fn new() -> Self {
        Output { text: String::new(), scope: Vec::new(), event: None }
    }

    /// The error for what cannot be written at `path`.
    pub(crate) fn cannot(&self, code: &'static Code, arguments: &[&str], path: &Path<'_>) -> WriteError {
        let place = Place { event: self.event, pointer: path.pointer(), line: None };
        WriteError::CannotCarry(Box::new(Problem { reason: Reason::new(code, arguments), place }))
    }

    /// Forgets the prefixes that an abandoned event declared.
    pub(crate) fn reset_scope(&mut self, length: usize) {
        self.scope.truncate(length);
    }

    pub(crate) fn scope_length(&self) -> usize {
        self.scope.len()
    }

    /// `<tag`: an element of the standard; attributes follow, then [`Output::close_tag`].
    pub(crate) fn open_tag(&mut self, tag: &str) {
        self.text.push('<');
        self.text.push_str(tag);
        // Below an element that made its namespace the default, a name without one must say so.
        if !tag.contains(':') && self.namespace_of("").is_some_and(|namespace| !namespace.is_empty()) {
            self.text.push_str(" xmlns=\"\"");
        }
    }

    pub(crate) fn close_tag(&mut self) {
        self.text.push('>');
    }

    pub(crate) fn start(&mut self, tag: &str) {
        self.open_tag(tag);
        self.close_tag();
    }

    pub(crate) fn end(&mut self, tag: &str) {
        self.text.push_str("</");
        self.text.push_str(tag);
        self.text.push('>');
    }

    /// An element of the standard that holds text.
    pub(crate) fn leaf(&mut self, tag: &str, text: &str, path: &Path<'_>) -> Result<(), WriteError> {
        self.start(tag);
        self.escaped(text, path)?;
        self.end(tag);
        Ok(())
    }

    /// An attribute of the standard.
    pub(crate) fn attribute(&mut self, name: &str, value: &str, path: &Path<'_>) -> Result<(), WriteError> {
        self.check(value, path)?;
        self.text.push(' ');
        self.text.push_str(name);
        self.text.push_str("=\"");
        for piece in value.split_inclusive(['&', '<', '"', '\t', '\n', '\r']) {
            self.piece(piece, true);
        }
        self.text.push('"');
        Ok(())
    }

    pub(crate) fn escaped(&mut self, text: &str, path: &Path<'_>) -> Result<(), WriteError> {
        self.check(text, path)?;
        for piece in text.split_inclusive(['&', '<', '>', '\r']) {
            self.piece(piece, false);
        }
        Ok(())
    }

    /// Writes a piece of text whose last character may need escaping.
    fn piece(&mut self, piece: &str, attribute: bool) {
        let escape = match piece.chars().next_back() {
            Some('&') => "&amp;",
            Some('<') => "&lt;",
            Some('>') if !attribute => "&gt;",
            Some('"') if attribute => "&quot;",
            Some('\t') if attribute => "&#9;",
            Some('\n') if attribute => "&#10;",
            Some('\r') => "&#13;",
            _ => {
                self.text.push_str(piece);
                return;
            }
        };
        // Each of these characters is one byte.
        self.text.push_str(piece.get(..piece.len().saturating_sub(1)).unwrap_or_default());
        self.text.push_str(escape);
    }

    fn check(&self, text: &str, path: &Path<'_>) -> Result<(), WriteError> {
        match forbidden(text) {
            None => Ok(()),
            Some(character) => {
                Err(self.cannot(codes::XML_CHARACTER, &[&format!("U+{:04X}", u32::from(character))], path))
            }
        }
    }

    /// Declares a prefix on the tag being written.
    pub(crate) fn declare(&mut self, prefix: &str, namespace: &str, path: &Path<'_>) -> Result<(), WriteError> {
        if !prefix.is_empty() && !is_ncname(prefix) {
            return Err(self.cannot(codes::XML_NAME, &[prefix], path));
        }
        // What the reader of this crate would refuse is not written either.
        if self.scope.len() >= SCOPE_MAX {
            return Err(self.cannot(codes::XML_TOO_MANY, &[&SCOPE_MAX.to_string(), "namespace declarations"], path));
        }
        let name = if prefix.is_empty() { "xmlns".to_owned() } else { ["xmlns:", prefix].concat() };
        self.attribute(&name, namespace, path)?;
        self.scope.push((prefix.to_owned(), namespace.to_owned()));
        Ok(())
    }

    /// Declares prefixes, but those that are in force already, and those the writer chooses itself.
    pub(crate) fn declare_all(&mut self, namespaces: &Namespaces, path: &Path<'_>) -> Result<(), WriteError> {
        for binding in namespaces.iter() {
            let implied = namespace::is_implied(&binding.namespace) || binding.prefix.is_empty();
            let reserved = matches!(&*binding.prefix, "xml" | "xmlns");
            let in_force = self.namespace_of(&binding.prefix) == Some(&binding.namespace);
            if !implied && !reserved && !in_force {
                self.declare(&binding.prefix, &binding.namespace, path)?;
            }
        }
        Ok(())
    }

    /// What the prefix stands for here.
    pub(crate) fn namespace_of(&self, prefix: &str) -> Option<&str> {
        self.scope.iter().rev().find(|(bound, _)| bound == prefix).map(|(_, namespace)| namespace.as_str())
    }

    /// A prefix that stands for `namespace` here.
    fn prefix_of(&self, namespace: &str) -> Option<&str> {
        let prefixes = self.scope.iter().rev().filter(|(_, bound)| bound == namespace);
        prefixes
            .map(|(prefix, _)| prefix.as_str())
            .find(|prefix| !prefix.is_empty() && self.namespace_of(prefix) == Some(namespace))
    }

    /// The prefix to write `name` with, and whether it must be declared: the author's own if it
    /// means the same or nothing here, else a new one.
    fn choose_prefix(&self, name: &Name, chosen: &[Chosen]) -> (String, bool) {
        if &*name.namespace == namespace::XML {
            return ("xml".to_owned(), false);
        }
        if let Some(same) = chosen.iter().find(|chosen| *chosen.namespace == *name.namespace) {
            return (same.prefix.clone(), false);
        }
        let is_chosen = |prefix: &str| chosen.iter().any(|chosen| chosen.prefix == prefix);
        if self.namespace_of(&name.prefix) == Some(&name.namespace)
            && !name.prefix.is_empty()
            && !is_chosen(&name.prefix)
        {
            return (name.prefix.to_string(), false);
        }
        if let Some(prefix) = self.prefix_of(&name.namespace).filter(|prefix| !is_chosen(prefix)) {
            return (prefix.to_owned(), false);
        }
        let usable = is_ncname(&name.prefix) && !matches!(&*name.prefix, "xml" | "xmlns");
        if usable && !is_chosen(&name.prefix) {
            return (name.prefix.to_string(), true);
        }
        let mut number = 1_u32;
        loop {
            let prefix = format!("ns{number}");
            if self.namespace_of(&prefix).is_none() && !is_chosen(&prefix) {
                return (prefix, true);
            }
            number = number.saturating_add(1);
        }
    }

    /// `<name attributes>` of a user's element, declaring what it needs.
    pub(crate) fn open(
        &mut self,
        name: &Name,
        attributes: &[(Name, Box<str>)],
        nil: bool,
        path: &Path<'_>,
    ) -> Result<Open, WriteError> {
        let outside = self.scope.len();
        let mut chosen: Vec<Chosen> = Vec::new();
        let as_default = !name.namespace.is_empty()
            && name.prefix.is_empty()
            && self.prefix_of(&name.namespace).is_none()
            && self.namespace_of("").is_none_or(str::is_empty);
        let tag = match name.namespace.is_empty() || as_default {
            true => name.local.to_string(),
            false => self.qualify(name, &mut chosen),
        };
        self.check_name(name, path)?;
        self.text.push('<');
        self.text.push_str(&tag);
        if as_default {
            self.declare("", &name.namespace, path)?;
        } else if name.namespace.is_empty() && self.namespace_of("").is_some_and(|outer| !outer.is_empty()) {
            self.declare("", "", path)?;
        }
        if attributes.len() > ATTRIBUTES_MAX {
            return Err(self.cannot(codes::XML_TOO_MANY, &[&ATTRIBUTES_MAX.to_string(), "attributes"], path));
        }
        let mut names: Vec<String> = Vec::with_capacity(attributes.len());
        for (attribute, _) in attributes {
            self.check_name(attribute, path)?;
            names.push(match attribute.namespace.is_empty() {
                true => attribute.local.to_string(),
                false => self.qualify(attribute, &mut chosen),
            });
        }
        for choice in chosen.iter().filter(|choice| choice.new) {
            self.declare(&choice.prefix, &choice.namespace, path)?;
        }
        for (index, ((attribute, value), written)) in attributes.iter().zip(&names).enumerate() {
            if attributes.iter().take(index).any(|(other, _)| other == attribute) {
                return Err(self.cannot(structure::DUPLICATE_FIELD, &[&attribute.qualified()], path));
            }
            let key = ["@", &attribute.qualified()].concat();
            self.attribute(written, value, &path.key(&key))?;
        }
        if nil {
            let prefix = if tag.starts_with("xsi:") { "xsi1" } else { "xsi" };
            self.attribute(&["xmlns:", prefix].concat(), namespace::XSI, path)?;
            self.attribute(&[prefix, ":nil"].concat(), "true", path)?;
        }
        self.close_tag();
        Ok(Open { tag, outside })
    }

    pub(crate) fn close(&mut self, open: &Open) {
        self.end(&open.tag);
        self.scope.truncate(open.outside);
    }

    fn qualify(&self, name: &Name, chosen: &mut Vec<Chosen>) -> String {
        let (prefix, new) = self.choose_prefix(name, chosen);
        let tag = [&prefix, ":", &name.local].concat();
        chosen.push(Chosen { prefix, namespace: name.namespace.to_string(), new });
        tag
    }

    fn check_name(&self, name: &Name, path: &Path<'_>) -> Result<(), WriteError> {
        match is_ncname(&name.local) {
            true => Ok(()),
            false => Err(self.cannot(codes::XML_NAME, &[&name.qualified()], path)),
        }
    }
}
