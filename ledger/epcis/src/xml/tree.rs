//! One element with all below it, in a few vectors that are reused from event to event.

use std::borrow::Cow;

use super::lexical::{is_blank, trim};
use super::namespace;
use crate::name::{Binding, Name};

/// Index of the binding of names in no namespace.
pub(crate) const NO_BINDING: u32 = 0;
/// Index of the binding of the prefix `xml`.
pub(crate) const XML_BINDING: u32 = 1;
/// Marks a node as text.
const TEXT: u32 = u32::MAX;

/// A part of [`Tree::text`].
#[derive(Clone, Copy)]
pub(crate) struct Range {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// An element or a text, in document order: the descendants of a node follow it directly.
struct Node {
    binding: u32,
    /// An element's local name, or a text.
    text: Range,
    /// The node after this one's last descendant.
    next: u32,
    attributes: Range,
    line: u64,
}

/// An attribute; namespace declarations are none.
struct AttributeNode {
    binding: u32,
    local: Range,
    value: Range,
}

/// The tree. Positions are `u32`: the limits keep it far below 4 GiB.
pub(crate) struct Tree {
    nodes: Vec<Node>,
    attributes: Vec<AttributeNode>,
    text: String,
    /// Every binding that names of this tree use, outermost first.
    bindings: Vec<Binding>,
    /// Nodes whose end is yet to come.
    open: Vec<u32>,
    /// Whether the last node is a text that may go on.
    text_goes_on: bool,
}

impl Tree {
    pub(crate) fn new() -> Self {
        let bind = |prefix: &str, namespace: &str| Binding { prefix: prefix.into(), namespace: namespace.into() };
        Tree {
            nodes: Vec::new(),
            attributes: Vec::new(),
            text: String::new(),
            bindings: vec![bind("", ""), bind("xml", namespace::XML)],
            open: Vec::new(),
            text_goes_on: false,
        }
    }

    /// Forgets all nodes, and the bindings from `bindings` on.
    pub(crate) fn clear(&mut self, bindings: usize) {
        self.nodes.clear();
        self.attributes.clear();
        self.text.clear();
        self.open.clear();
        self.bindings.truncate(bindings);
        self.text_goes_on = false;
    }

    /// How many nodes and attributes there are.
    pub(crate) fn size(&self) -> usize {
        self.nodes.len() + self.attributes.len()
    }

    /// How many elements are open.
    pub(crate) fn depth(&self) -> usize {
        self.open.len()
    }

    /// Whether text now would continue the text before.
    pub(crate) fn text_goes_on(&self) -> bool {
        self.text_goes_on
    }

    pub(crate) fn bindings(&self) -> &[Binding] {
        &self.bindings
    }

    pub(crate) fn bind(&mut self, prefix: &str, namespace: &str) -> u32 {
        self.bindings.push(Binding { prefix: prefix.into(), namespace: namespace.into() });
        index(self.bindings.len() - 1)
    }

    pub(crate) fn namespace(&self, binding: u32) -> &str {
        self.bindings.get(binding as usize).map_or("", |binding| &binding.namespace)
    }

    /// Opens an element; its attributes follow by [`Tree::attribute`].
    pub(crate) fn open(&mut self, binding: u32, local: &str, line: u64) {
        self.drop_blank_text();
        let text = self.keep(local);
        let attributes = Range { start: index(self.attributes.len()), end: index(self.attributes.len()) };
        self.open.push(index(self.nodes.len()));
        self.nodes.push(Node { binding, text, next: 0, attributes, line });
    }

    /// Adds an attribute to the element opened last; false if it has one of that name.
    pub(crate) fn attribute(&mut self, binding: u32, local: &str, value: &str) -> bool {
        let Some(node) = self.nodes.last() else { return false };
        let own = self.attributes.get(node.attributes.start as usize..).unwrap_or_default();
        let namespace = self.namespace(binding);
        let twice =
            |other: &AttributeNode| self.slice(other.local) == local && self.namespace(other.binding) == namespace;
        if own.iter().any(twice) {
            return false;
        }
        let local = self.keep(local);
        let value = self.keep(value);
        self.attributes.push(AttributeNode { binding, local, value });
        let end = index(self.attributes.len());
        if let Some(node) = self.nodes.last_mut() {
            node.attributes.end = end;
        }
        true
    }

    /// Adds text to the innermost open element.
    pub(crate) fn text(&mut self, piece: &str) {
        let added = self.keep(piece);
        match self.nodes.last_mut() {
            Some(node) if self.text_goes_on => node.text.end = added.end,
            _ => {
                let next = index(self.nodes.len() + 1);
                let attributes = Range { start: 0, end: 0 };
                self.nodes.push(Node { binding: TEXT, text: added, next, attributes, line: 0 });
                self.text_goes_on = true;
            }
        }
    }

    /// Closes the innermost open element; false if there is none.
    pub(crate) fn close(&mut self) -> bool {
        self.drop_blank_text();
        let Some(open) = self.open.pop() else { return false };
        let next = index(self.nodes.len());
        if let Some(node) = self.nodes.get_mut(open as usize) {
            node.next = next;
        }
        true
    }

    /// White space between elements means nothing.
    fn drop_blank_text(&mut self) {
        if !std::mem::take(&mut self.text_goes_on) {
            return;
        }
        let Some(range) = self.nodes.last().map(|node| node.text) else { return };
        if is_blank(self.slice(range)) {
            self.nodes.pop();
            self.text.truncate(range.start as usize);
        }
    }

    fn keep(&mut self, text: &str) -> Range {
        let start = index(self.text.len());
        self.text.push_str(text);
        Range { start, end: index(self.text.len()) }
    }

    fn slice(&self, range: Range) -> &str {
        self.text.get(range.start as usize..range.end as usize).unwrap_or_default()
    }

    /// The outermost element.
    pub(crate) fn root(&self) -> Element<'_> {
        Element { tree: self, index: 0 }
    }
}

/// Saturates: the limits end the reading long before.
fn index(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(TEXT - 1)
}

/// An element of a tree.
#[derive(Clone, Copy)]
pub(crate) struct Element<'t> {
    tree: &'t Tree,
    index: u32,
}

/// An attribute of an element.
#[derive(Clone, Copy)]
pub(crate) struct Attribute<'t> {
    tree: &'t Tree,
    node: &'t AttributeNode,
}

impl<'t> Element<'t> {
    fn node(self) -> Option<&'t Node> {
        self.tree.nodes.get(self.index as usize)
    }

    pub(crate) fn local(self) -> &'t str {
        self.node().map_or("", |node| self.tree.slice(node.text))
    }

    pub(crate) fn namespace(self) -> &'t str {
        self.node().map_or("", |node| self.tree.namespace(node.binding))
    }

    pub(crate) fn line(self) -> u64 {
        self.node().map_or(0, |node| node.line)
    }

    pub(crate) fn name(self) -> Name {
        self.tree.name(self.node().map_or(NO_BINDING, |node| node.binding), self.local())
    }

    /// `prefix:local`, as written.
    pub(crate) fn qualified(self) -> Cow<'t, str> {
        self.tree.qualified(self.node().map_or(NO_BINDING, |node| node.binding), self.local())
    }

    /// Whether it is this element without a namespace.
    pub(crate) fn is(self, local: &str) -> bool {
        self.local() == local && self.namespace().is_empty()
    }

    pub(crate) fn attributes(self) -> impl Iterator<Item = Attribute<'t>> {
        let range = self.node().map_or(0..0, |node| node.attributes.start as usize..node.attributes.end as usize);
        let tree = self.tree;
        tree.attributes.get(range).unwrap_or_default().iter().map(move |node| Attribute { tree, node })
    }

    /// The attribute of this name without a namespace.
    pub(crate) fn attribute(self, local: &str) -> Option<&'t str> {
        self.attributes()
            .find(|attribute| attribute.local() == local && attribute.namespace().is_empty())
            .map(Attribute::value)
    }

    fn nodes(self) -> impl Iterator<Item = (u32, &'t Node)> {
        let tree = self.tree;
        let end = self.node().map_or(0, |node| node.next);
        let mut at = self.index + 1;
        std::iter::from_fn(move || {
            let node = tree.nodes.get(at as usize).filter(|_| at < end)?;
            let found = (at, node);
            at = node.next.max(at + 1);
            Some(found)
        })
    }

    /// The elements directly below.
    pub(crate) fn elements(self) -> impl Iterator<Item = Element<'t>> {
        let tree = self.tree;
        self.nodes().filter(|(_, node)| node.binding != TEXT).map(move |(index, _)| Element { tree, index })
    }

    pub(crate) fn has_elements(self) -> bool {
        self.elements().next().is_some()
    }

    /// The element's own text without white space at its ends.
    pub(crate) fn text(self) -> Cow<'t, str> {
        let mut texts =
            self.nodes().filter(|(_, node)| node.binding == TEXT).map(|(_, node)| self.tree.slice(node.text));
        let Some(first) = texts.next() else { return Cow::Borrowed("") };
        match texts.next() {
            None => Cow::Borrowed(trim(first)),
            Some(second) => {
                let joined: String = [first, second].into_iter().chain(texts).collect();
                Cow::Owned(trim(&joined).to_owned())
            }
        }
    }
}

impl<'t> Attribute<'t> {
    pub(crate) fn local(self) -> &'t str {
        self.tree.slice(self.node.local)
    }

    pub(crate) fn namespace(self) -> &'t str {
        self.tree.namespace(self.node.binding)
    }

    pub(crate) fn value(self) -> &'t str {
        self.tree.slice(self.node.value)
    }

    pub(crate) fn name(self) -> Name {
        self.tree.name(self.node.binding, self.local())
    }

    pub(crate) fn qualified(self) -> Cow<'t, str> {
        self.tree.qualified(self.node.binding, self.local())
    }
}

impl Tree {
    fn name(&self, binding: u32, local: &str) -> Name {
        match self.bindings.get(binding as usize) {
            Some(Binding { prefix, namespace }) => {
                Name { namespace: namespace.clone(), prefix: prefix.clone(), local: local.into() }
            }
            None => Name::local(local),
        }
    }

    fn qualified<'t>(&'t self, binding: u32, local: &'t str) -> Cow<'t, str> {
        match self.bindings.get(binding as usize) {
            Some(Binding { prefix, .. }) if !prefix.is_empty() => Cow::Owned([prefix, ":", local].concat()),
            _ => Cow::Borrowed(local),
        }
    }
}
