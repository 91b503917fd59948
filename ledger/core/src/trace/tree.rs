//! A trace as a tree of lines, for a screen.

use std::collections::{BTreeMap, BTreeSet};

use crate::trace::answer::{Answer, EdgeAnswer};

/// Deeper lines are not moved further to the right.
const INDENT_MAX: usize = 32;

/// The words of a tree, in the reader's language.
#[derive(Debug, Clone, Copy)]
pub struct TreeWords<'a> {
    /// Before the nodes that were shown above: "see above".
    pub above: &'a str,
    /// Behind what is recalled.
    pub recalled: &'a str,
    /// Behind a containment that has ended.
    pub ended: &'a str,
    /// Before the number of lines that are left out.
    pub more: &'a str,
}

/// The lines of a tree from the start along the edges, each node with what it leads to below it once. At most
/// `lines_max` lines, of which the last says how many nodes and edges are left out.
pub fn tree(answer: &Answer, words: &TreeWords<'_>, lines_max: usize) -> Vec<String> {
    let back = answer.direction == "back";
    let near = |edge: &EdgeAnswer| if back { edge.to.clone() } else { edge.from.clone() };
    let mut below: BTreeMap<String, Vec<&EdgeAnswer>> = BTreeMap::new();
    for edge in &answer.edges {
        below.entry(near(edge)).or_default().push(edge);
    }
    let nodes: BTreeMap<&str, bool> = answer.nodes.iter().map(|node| (node.id.as_str(), node.recalled)).collect();
    let mut lines = Vec::new();
    let mut shown: BTreeSet<&str> = BTreeSet::new();
    let mut left_out = 0usize;
    // Depth first, on a stack of our own: a chain can be as long as the ledger.
    let mut open: Vec<(usize, &str, Option<&EdgeAnswer>)> = vec![(0, &answer.subject, None)];
    while let Some((depth, id, edge)) = open.pop() {
        let first = shown.insert(id);
        if lines.len() >= lines_max {
            left_out = left_out.saturating_add(1);
            continue;
        }
        let mut line = format!("{}{id}", "  ".repeat(depth.min(INDENT_MAX)));
        if let Some(edge) = edge {
            line.push_str(&format!(" [{}", edge.relation));
            if let Some(quantity) = &edge.quantity {
                line.push_str(&format!(" {}", quantity.value));
                line.push_str(&quantity.unit.as_ref().map(|unit| format!(" {unit}")).unwrap_or_default());
            }
            line.push_str(if edge.until.is_some() && edge.relation == "association" { words.ended } else { "" });
            line.push(']');
        }
        if nodes.get(id).copied().unwrap_or(false) {
            line.push_str(words.recalled);
        }
        if !first {
            line.push_str(words.above);
        }
        lines.push(line);
        if first {
            let edges = below.get(id).map(Vec::as_slice).unwrap_or_default();
            open.extend(edges.iter().rev().map(|edge| {
                (depth.saturating_add(1), if back { edge.from.as_str() } else { edge.to.as_str() }, Some(*edge))
            }));
        }
    }
    if left_out > 0 {
        lines.push(format!("{} {left_out}", words.more));
    }
    lines
}
