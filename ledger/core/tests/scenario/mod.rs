//! Loads a scenario of `docs/scenarios` and holds what tests ask of its events.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use suyuan_epcis::document::{Item, Limits};
use suyuan_epcis::hash::{EventHash, IgnoredFields, Profile, ignored_fields};
use suyuan_epcis::input::Input;
use suyuan_epcis::model::{Event, QuantityElement, Typed, Value};
use suyuan_epcis::problem::Problems;
use suyuan_epcis::read::read;
use suyuan_epcis::time::Stamp;
use suyuan_epcis::validate::{self, DocumentRules};

/// The folder of the scenarios.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/scenarios")
}

/// One JSON file of that folder.
pub fn json(name: &str) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(folder().join(name)).unwrap()).unwrap()
}

/// An event, who captured it and in which file.
pub struct Captured {
    pub file: String,
    pub actor: String,
    pub event: Event,
    pub digest: String,
}

/// The events of one scenario in the order of their capture. Panics at any error or warning.
pub fn load(scenario: &str) -> Vec<Captured> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder().join(scenario)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "jsonld"));
    files.sort();
    files.iter().flat_map(|file| load_file(file)).collect()
}

fn load_file(file: &Path) -> Vec<Captured> {
    let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
    let actor = name.split('-').nth(1).unwrap().to_owned();
    let (mut captured, mut said, mut ended) = (Vec::new(), Vec::new(), false);
    let (mut ignored, mut rules) = (IgnoredFields::default(), DocumentRules::default());
    let mut input = Input::open(file).unwrap();
    read(&mut input, &Limits::default(), &mut |item| {
        match item {
            Item::Header(header, mut problems) => {
                validate::header(&header, &mut problems);
                ignored = ignored_fields(&header);
                said.append(&mut problems.list);
            }
            Item::Event(event, mut problems, locate) => {
                let digest = EventHash::of(&event, Profile::default(), &ignored).digest;
                validate::event(&event, "", &ignored, &mut problems, locate);
                rules.event(&event, Some(digest), "", &mut problems, locate);
                said.append(&mut problems.list);
                captured.push(Captured {
                    file: name.clone(),
                    actor: actor.clone(),
                    event: *event,
                    digest: hexadecimal(&digest),
                });
            }
            Item::End(_, Problems { list, .. }) => {
                said.extend(list);
                ended = true;
            }
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    assert!(said.is_empty() && ended, "{}: {said:?}", file.display());
    captured
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

impl Captured {
    /// The text of the extension `suyuan:name`.
    pub fn text(&self, name: &str) -> Option<&str> {
        let found = self.event.extensions.iter().find(|extension| &*extension.name.local == name)?;
        match &found.value {
            Value::Scalar(text, _) => Some(text),
            _ => None,
        }
    }

    /// The whole number of a quantity extension, which must be in whole units.
    pub fn amount(&self, name: &str) -> u64 {
        let found = self.event.extensions.iter().find(|extension| &*extension.name.local == name).unwrap();
        let Value::Object(object) = &found.value else { panic!("{name} is no quantity") };
        let member = object.members.iter().find(|member| &*member.name.local == "milli").unwrap();
        let Value::Scalar(milli, _) = &member.value else { panic!("{name} has no number") };
        let milli: u64 = milli.parse().unwrap();
        assert_eq!(milli % 1000, 0, "{name}");
        milli / 1000
    }

    pub fn step(&self) -> &str {
        self.event.biz_step.as_deref().unwrap_or_default()
    }

    pub fn action(&self) -> &str {
        self.event.action.as_deref().unwrap_or_default()
    }

    pub fn disposition(&self) -> &str {
        self.event.disposition.as_deref().unwrap_or_default()
    }

    pub fn is(&self, record_type: &str) -> bool {
        self.text("recordType") == Some(record_type)
    }

    /// Seconds since 1970.
    pub fn seconds(&self) -> i64 {
        seconds(self.event.event_time.as_deref().unwrap())
    }

    /// How many of `class` the event names by quantity.
    pub fn count(&self, class: &str) -> u64 {
        self.event
            .quantity_list
            .iter()
            .flatten()
            .filter(|element| element.epc_class.as_deref() == Some(class))
            .map(whole)
            .sum()
    }
}

pub fn seconds(time: &str) -> i64 {
    Stamp::parse(time).unwrap().seconds
}

/// The whole quantity of an element.
pub fn whole(element: &QuantityElement) -> u64 {
    element.quantity.as_ref().unwrap().0.parse().unwrap()
}

/// The party of a source or destination list with this type, as its GLN.
pub fn party<'a>(list: &'a Option<Vec<Typed>>, kind: &str) -> Option<&'a str> {
    let found = list.iter().flatten().find(|party| party.kind.as_deref() == Some(kind))?;
    found.value.as_deref()?.rsplit('/').next()
}

fn classes(list: &Option<Vec<QuantityElement>>) -> impl Iterator<Item = &str> {
    list.iter().flatten().filter_map(|element| element.epc_class.as_deref())
}

/// What comes of what: from each input to each output, from each child to the parent it is put into.
pub fn edges(events: &[Captured]) -> BTreeSet<(String, String)> {
    let mut edges = BTreeSet::new();
    for Captured { event, .. } in events {
        let of = |epcs: &Option<Vec<String>>, quantities| -> Vec<String> {
            epcs.iter().flatten().cloned().chain(classes(quantities).map(str::to_owned)).collect()
        };
        let inputs = of(&event.input_epc_list, &event.input_quantity_list);
        let outputs = of(&event.output_epc_list, &event.output_quantity_list);
        edges.extend(inputs.iter().flat_map(|input| outputs.iter().map(|output| (input.clone(), output.clone()))));
        if let (Some(parent), Some("ADD")) = (&event.parent_id, event.action.as_deref()) {
            let children = of(&event.child_epcs, &event.child_quantity_list);
            edges.extend(children.into_iter().map(|child| (child, parent.clone())));
        }
    }
    edges
}

/// Everything that can be reached from `start` along `edges`, without `start` itself.
pub fn closure(edges: &BTreeSet<(String, String)>, start: &[&str], forward: bool) -> BTreeSet<String> {
    let mut reached: BTreeSet<String> = start.iter().map(|one| (*one).to_owned()).collect();
    loop {
        let before = reached.len();
        for (from, to) in edges {
            let (from, to) = if forward { (from, to) } else { (to, from) };
            if reached.contains(from) {
                reached.insert(to.clone());
            }
        }
        if reached.len() == before {
            break;
        }
    }
    start.iter().for_each(|one| {
        reached.remove(*one);
    });
    reached
}

/// What stands in each parent now: parent to child, after all events in order of capture. Classes
/// leave their parent only when everything does.
pub fn contents(events: &[Captured]) -> BTreeMap<String, BTreeSet<String>> {
    let mut contents: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for Captured { event, .. } in events {
        let Some(parent) = &event.parent_id else { continue };
        let children = event.child_epcs.iter().flatten();
        let inside = contents.entry(parent.clone()).or_default();
        match event.action.as_deref() {
            Some("ADD") => {
                inside.extend(children.cloned().chain(classes(&event.child_quantity_list).map(str::to_owned)))
            }
            Some("DELETE") if event.child_epcs.iter().flatten().next().is_none() => inside.clear(),
            Some("DELETE") => children.for_each(|child| {
                inside.remove(child);
            }),
            _ => {}
        }
    }
    contents
}
