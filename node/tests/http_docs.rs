//! The interface's own description: OpenAPI and the page that shows it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod asking;
mod runner;

use std::collections::BTreeSet;

use asking::get;
use runner::{Served, chain_with_known_keys, folder};
use serde_json::Value;

/// Every route, but for those of EPCIS.
const ROUTES: &[(&str, &str)] = &[
    ("get", "/health"),
    ("get", "/metrics"),
    ("get", "/ready"),
    ("get", "/v1/alarms"),
    ("get", "/v1/blocks"),
    ("get", "/v1/blocks/{height}"),
    ("get", "/v1/checkpoint"),
    ("get", "/v1/contracts"),
    ("get", "/v1/contracts/{contract}"),
    ("get", "/v1/credit/{firm}"),
    ("get", "/v1/draws/{authority}"),
    ("get", "/v1/equipment"),
    ("get", "/v1/evidence/{name}"),
    ("get", "/v1/exceptions/{subject}"),
    ("get", "/v1/excursions/{subject}"),
    ("get", "/v1/governance"),
    ("get", "/v1/lanes/{key}"),
    ("get", "/v1/organisations"),
    ("get", "/v1/organisations/{number}"),
    ("get", "/v1/overdue"),
    ("get", "/v1/penalties"),
    ("get", "/v1/procedures/{record}"),
    ("get", "/v1/proofs/inclusion/{event}"),
    ("get", "/v1/proofs/trace/{subject}"),
    ("get", "/v1/recalled"),
    ("get", "/v1/recalled/{subject}"),
    ("get", "/v1/receipts/{submission}"),
    ("get", "/v1/removals"),
    ("get", "/v1/status"),
    ("get", "/v1/subjects/{subject}"),
    ("get", "/v1/trace/{subject}"),
    ("post", "/v1/records"),
];

/// Every reference within a document.
fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| match value {
            Value::String(text) if name == "$ref" => found.push(text),
            value => references(value, found),
        }),
        Value::Array(list) => list.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

// Goal: the document tells of every route, of every answer's problems, and of nothing that it does not define.
// Method: the document that a node serves, against the list of routes.
#[test]
fn document() {
    let work = folder(&[]);
    let node = Served::start(&chain_with_known_keys(&work));
    let answer = get(&node, "/v1/openapi.json");
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
    let document = answer.json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"), "{}", document["openapi"]);
    let paths = document["paths"].as_object().unwrap();
    let told: BTreeSet<(String, String)> = paths
        .iter()
        .flat_map(|(path, item)| item.as_object().unwrap().keys().map(move |method| (method.clone(), path.clone())))
        .collect();
    let ours: BTreeSet<(&str, &str)> = told
        .iter()
        .map(|(method, path)| (method.as_str(), path.as_str()))
        .filter(|(_, path)| !path.starts_with("/epcis"))
        .collect();
    assert_eq!(ours, ROUTES.iter().copied().collect());
    assert!(told.iter().any(|(method, path)| method == "post" && path == "/epcis/capture"), "{told:?}");
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 50);
    for reference in found {
        let place = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(place).is_some(), "{reference}");
    }
    let mut ids = BTreeSet::new();
    for (method, path) in &told {
        let operation = &document["paths"][path][method];
        assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{path}");
        let responses = operation["responses"].as_object().unwrap();
        let is_bounded = path.starts_with("/v1");
        for status in ["400", "401", "403", "429", "500", "503"] {
            assert!(!is_bounded || responses.contains_key(status), "{method} {path} {status}");
        }
        for part in path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
            let parameters = operation["parameters"].as_array().unwrap();
            assert!(parameters.iter().any(|one| one["name"] == part && one["in"] == "path"), "{path}");
        }
    }
}

// Goal: the page needs nothing from elsewhere. Method: it and all that it names are here.
#[test]
fn page() {
    let work = folder(&[]);
    let node = Served::start(&chain_with_known_keys(&work));
    let moved = get(&node, "/docs");
    assert_eq!((moved.status, moved.header("location")), (308, "/docs/"));
    let page = get(&node, "/docs/").text();
    let named: Vec<&str> =
        page.split(['"', '\'']).filter(|part| [".js", ".css", ".png"].iter().any(|end| part.ends_with(end))).collect();
    assert!(named.len() >= 4, "{page}");
    for name in named {
        assert!(!name.contains("://"), "{name}");
        let file = get(&node, &format!("/docs/{}", name.trim_start_matches("./")));
        assert_eq!(file.status, 200, "{name}");
        assert!(!file.body.is_empty(), "{name}");
    }
    let start = get(&node, "/docs/swagger-initializer.js").text();
    assert!(start.contains("/v1/openapi.json") && !start.contains("petstore"), "{start}");
    assert!(start.contains("\"validatorUrl\": \"none\""), "{start}");
    get(&node, "/docs/nothing.js").is_problem(404, "API-NOT_FOUND");
}
