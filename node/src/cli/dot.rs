//! A trace as a graph in the DOT language of Graphviz.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

/// Draws a trace, given as its JSON.
pub fn dot(trace: &Value) -> String {
    let list = |name: &str| trace.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut graph = "digraph trace {\n  rankdir=LR;\n  node [shape=box];\n".to_owned();
    // Names are no identifiers of DOT: nodes are numbered, and named in their labels alone.
    let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
    for (number, node) in list("nodes").iter().enumerate() {
        let id = text(node, "id");
        let look = match node.get("recalled").and_then(Value::as_bool) {
            Some(true) => ", color=red",
            _ => "",
        };
        // Writing to a text does not fail.
        let _ = writeln!(graph, "  n{number} [label={}{look}];", quoted(&[&text(node, "kind"), &id]));
        numbers.insert(id, number);
    }
    for edge in list("edges") {
        let place = |name: &str| numbers.get(&text(edge, name)).copied();
        let (Some(from), Some(to)) = (place("from"), place("to")) else { continue };
        let amount = edge.get("quantity").map(|amount| [text(amount, "value"), text(amount, "unit")].join(" "));
        let label = quoted(&[&text(edge, "relation"), amount.as_deref().unwrap_or_default().trim()]);
        let _ = writeln!(graph, "  n{from} -> n{to} [label={label}];");
    }
    graph.push_str("}\n");
    graph
}

/// Lines as one quoted string of DOT: a quotation mark or backslash in them ends or escapes nothing, and what would
/// move a terminal's cursor is shown as an escape.
fn quoted(lines: &[&str]) -> String {
    let escaped = |line: &&&str| super::screen::printable(line).replace('\\', "\\\\").replace('"', "\\\"");
    let shown: Vec<String> = lines.iter().filter(|line| !line.is_empty()).map(|line| escaped(&line)).collect();
    format!("\"{}\"", shown.join("\\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    // Goal: no name can break out of its label. Method: names with quotation marks, backslashes, line ends and words of
    // DOT; an edge to what is no node.
    #[test]
    fn names_stay_in_labels() {
        let name = "a\"]; x -> y [label=\"\\\n";
        let trace = serde_json::json!({
            "nodes": [{"id": name, "kind": "item", "recalled": true}, {"id": "b", "kind": "lot", "recalled": false}],
            "edges": [
                {"from": name, "to": "b", "relation": "lot", "quantity": {"value": "12.50", "unit": "KGM"}},
                {"from": "b", "to": "elsewhere", "relation": "lot"}
            ]
        });
        let graph = dot(&trace);
        let lines: Vec<&str> = graph.lines().collect();
        assert_eq!(
            lines[3..],
            [
                r#"  n0 [label="item\na\"]; x -> y [label=\"\\\\n", color=red];"#,
                r#"  n1 [label="lot\nb"];"#,
                r#"  n0 -> n1 [label="lot\n12.50 KGM"];"#,
                "}"
            ]
        );
    }
}
