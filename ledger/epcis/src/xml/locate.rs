//! Finds the line of a part of an event by walking its tree.

use super::tree::Element;
use crate::document::Locate;

/// The tree of the event at hand.
pub(crate) struct Lines<'t> {
    pub(crate) root: Element<'t>,
}

impl Locate for Lines<'_> {
    /// The line of the part, or of the innermost element around it that exists.
    fn line(&self, pointer: &str) -> Option<u64> {
        let mut at = self.root;
        let mut parent = self.root;
        for token in pointer.split('/').skip(1) {
            let token = token.replace("~1", "/").replace("~0", "~");
            let next = match token.parse::<usize>() {
                Ok(index) => indexed(parent, at, index),
                Err(_) => named(at, &token),
            };
            let Some(next) = next else { break };
            parent = at;
            at = next;
        }
        Some(at.line())
    }
}

/// The child that JSON calls `name`, through wrappers.
fn named<'t>(parent: Element<'t>, name: &str) -> Option<Element<'t>> {
    let direct = parent.elements().find(|child| child.qualified() == name || child.local() == name);
    direct.or_else(|| {
        let mut wrappers = parent.elements().filter(|child| child.is("extension") || child.is("baseExtension"));
        wrappers.find_map(|wrapper| named(wrapper, name))
    })
}

/// The item `index` of `list`: a child of a list element, else a sibling of the same name.
fn indexed<'t>(parent: Element<'t>, list: Element<'t>, index: usize) -> Option<Element<'t>> {
    let is_list = list.local().ends_with("List")
        || matches!(list.local(), "childEPCs" | "correctiveEventIDs")
        || list.local().ends_with("EPCList");
    if is_list && list.namespace().is_empty() {
        return list.elements().nth(index);
    }
    parent.elements().filter(|child| child.local() == list.local() && child.namespace() == list.namespace()).nth(index)
}
