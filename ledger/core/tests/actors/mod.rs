//! The actors of `docs/scenarios` and their documents, on a ledger in memory.
#![allow(dead_code)]

use serde_json::{Value, json};
use suyuan_epcis::time::Stamp;
use suyuan_ledger::contract::fold::Contract;
use suyuan_ledger::credit::calendar::Calendar;
use suyuan_ledger::credit::file::CreditFile;
use suyuan_ledger::credit::reading;
use suyuan_ledger::credit::repair::RepairPolicies;
use suyuan_ledger::day::Day;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::kv::{Read, Table};
use suyuan_ledger::kv_memory::MemoryRead;
use suyuan_ledger::organisation::{OrganisationRole, Parameters};
use suyuan_ledger::submission::record_type;

use crate::ledger::TestLedger;

pub fn read(name: &str) -> Value {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/scenarios/");
    serde_json::from_slice(&std::fs::read(format!("{folder}{name}")).unwrap()).unwrap()
}

pub fn time(text: &str) -> i64 {
    Stamp::parse(text).unwrap().seconds * 1_000
}

pub fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

/// All that was read out of bodies.
pub fn rows(store: &MemoryRead) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut rows = Vec::new();
    store
        .scan(Table::Reading, &[], &[u8::MAX], &mut |key, value| {
            rows.push((key.to_vec(), value.to_vec()));
            true
        })
        .unwrap();
    rows
}

/// The actors of the scenarios on a ledger in memory, in blocks of the times that tests say.
pub struct World {
    pub network: TestLedger,
    pub actors: Vec<Value>,
    pub next: u32,
}

impl World {
    pub fn new(start: &str) -> World {
        World::with(start, &[])
    }

    /// With further actors, as `actors.json` has them.
    pub fn with(start: &str, others: &[Value]) -> World {
        let mut actors = read("actors.json").as_array().unwrap().clone();
        actors.extend_from_slice(others);
        let text = |actor: &Value, name: &str| actor[name].as_str().unwrap().to_owned();
        let prefixes: Vec<String> = actors.iter().map(|actor| text(actor, "companyPrefix")).collect();
        let prefixes: Vec<[&str; 1]> = prefixes.iter().map(|prefix| [prefix.as_str()]).collect();
        let members: Vec<_> = actors
            .iter()
            .zip(&prefixes)
            .map(|(actor, prefix)| {
                let is_authority = actor["role"] == "authority";
                let role = if is_authority { OrganisationRole::Authority } else { OrganisationRole::Member };
                (actor["entity"].as_str().unwrap(), role, prefix.as_slice())
            })
            .collect();
        let network = TestLedger::founded(&members, Parameters::default(), time(start));
        World { network, actors, next: 0 }
    }

    pub fn member(&self, key: &str) -> usize {
        self.actors.iter().position(|actor| actor["key"] == key).unwrap()
    }

    pub fn uri(&self, key: &str) -> String {
        self.actors[self.member(key)]["entity"].as_str().unwrap().to_owned()
    }

    pub fn say(&mut self, who: &str, kind: u16, at: i64, payloads: &[String]) {
        let member = self.member(who);
        self.network.time = self.network.time.max(at - 1_000);
        let device = self.network.members[member].device.clone();
        let signed = self.network.sign_with(member, &device, kind, payloads);
        let verified = self.network.verify(signed).unwrap();
        let receipts = self.network.decide(&[verified]).unwrap();
        assert!(receipts.iter().all(|receipt| receipt.code == 0), "{who} {receipts:?}\n{payloads:?}");
    }

    /// Captures an event of an actor, in a block of its time; of that time itself unless it says another.
    pub fn capture(&mut self, who: &str, at: &str, mut event: Value) {
        self.next += 1;
        event["@context"] = json!([{"suyuan": "https://suyuan.example/ns/"}]);
        event["eventID"] = json!(format!("urn:uuid:00000000-0000-4000-8000-{:012x}", self.next));
        if event["eventTime"].is_null() {
            event["eventTime"] = json!(at);
        }
        event["eventTimeZoneOffset"] = json!("+08:00");
        event["readPoint"] = json!({"id": "https://id.gs1.org/414/9521011000014"});
        self.say(who, record_type::EPCIS, time(at), &[event.to_string()]);
    }

    /// The hash of the last record.
    pub fn last(&self) -> String {
        self.network.last_record().record(self.network.ledger.head.height, 0).hash().to_string()
    }

    /// Captures the documents of a scenario whose names begin as one of these, later by so many milliseconds.
    pub fn documents(&mut self, scenario: &str, names: &[&str], later: i64) {
        self.changed_documents(scenario, names, later, |text| text);
    }

    /// The same, each after it was changed as a whole.
    pub fn changed_documents(&mut self, scenario: &str, names: &[&str], later: i64, change: impl Fn(String) -> String) {
        let folder = format!("{}/../../docs/scenarios/{scenario}", env!("CARGO_MANIFEST_DIR"));
        let mut files: Vec<String> =
            std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        files.sort();
        files.retain(|file| names.iter().any(|name| file.starts_with(name)));
        assert!(!files.is_empty());
        for file in files {
            let actor = file.split('-').nth(1).unwrap().trim_end_matches(".jsonld").to_owned();
            let text = change(read(&format!("{scenario}/{file}")).to_string());
            let document: Value = serde_json::from_str(&text).unwrap();
            let events = document["epcisBody"]["eventList"].as_array().unwrap().iter();
            let payloads: Vec<String> = events
                .map(|event| {
                    let mut event = event.clone();
                    event["@context"] = json!([{"suyuan": "https://suyuan.example/ns/"}]);
                    event.to_string()
                })
                .collect();
            let at = time(document["creationDate"].as_str().unwrap()) + later;
            self.say(&actor, record_type::EPCIS, at, &payloads);
        }
    }

    /// A record about a firm's credit: the hash of its record.
    pub fn credit(&mut self, who: &str, subject: &str, at: &str, kind: &str, members: Value) -> String {
        let mut record = members;
        record["subject"] = json!(self.uri(subject));
        self.record(who, record_type::CREDIT, at, kind, record)
    }

    /// A record of a contract, the first one without its hash: the hash of its record.
    pub fn contract(&mut self, who: &str, at: &str, contract: Option<&str>, kind: &str, members: Value) -> String {
        let mut record = members;
        contract.into_iter().for_each(|contract| record["contract"] = json!(contract));
        self.record(who, record_type::CONTRACT, at, kind, record)
    }

    fn record(&mut self, who: &str, number: u16, at: &str, kind: &str, members: Value) -> String {
        self.next += 1;
        let mut record = members;
        record["type"] = json!(format!("suyuan:{kind}"));
        record["eventID"] = json!(format!("urn:uuid:00000000-0000-4000-8000-{:012x}", self.next));
        record["eventTime"] = json!(at);
        self.say(who, number, time(at), &[record.to_string()]);
        self.last()
    }

    /// A contract between two that both have signed, with one obligation of its first to its second party.
    pub fn agreed(&mut self, debtor: &str, creditor: &str, at: &str, obligation: Value) -> String {
        let mut obligation = obligation;
        (obligation["id"], obligation["debtor"], obligation["creditor"]) =
            (json!("1"), json!(self.uri(debtor)), json!(self.uri(creditor)));
        let party = |key: &str, role: &str| json!({"organisation": self.uri(key), "role": role});
        let members = json!({
            "parties": [party(debtor, "seller"), party(creditor, "buyer")], "category": "goods",
            "textCommitment": "1".repeat(64), "sizeBand": 3, "obligations": [obligation],
        });
        let id = self.contract(debtor, at, None, "Contract", members);
        self.contract(creditor, at, Some(&id), "ContractConsent", json!({"to": id, "sizeBand": 3}));
        id
    }

    /// That a debtor has performed the one obligation of a contract, as shown by these events.
    pub fn performed(&mut self, who: &str, at: &str, contract: &str, quantity: u64, evidence: &[&str]) -> String {
        let members = json!({"obligation": "1", "completed": at, "quantity": quantity, "evidence": evidence});
        self.contract(who, at, Some(contract), "Performance", members)
    }

    /// The ledger with all that is read out of its bodies.
    pub fn store(&self) -> MemoryRead {
        let (head, mut store) = (&self.network.ledger.head, self.network.store.clone());
        while let Some(writes) = reading::read_on(&store, head.height).unwrap() {
            store.apply(&writes);
        }
        store
    }

    /// A contract as it is told up to a time.
    pub fn told(&self, contract: &str, at: &str) -> Contract<'static> {
        let (ledger, id) = (&self.network.ledger, Hash::from_hex(contract).unwrap());
        let at = (ledger.head.height, time(at));
        reading::contract(&self.store(), &ledger.directory, &id, at, Calendar::first()).unwrap().unwrap().0
    }

    pub fn file(&self, firm: &str) -> CreditFile<'static> {
        let head = &self.network.ledger.head;
        self.file_at(firm, head.time)
    }

    /// A firm's file, told up to a time.
    pub fn file_at(&self, firm: &str, at: i64) -> CreditFile<'static> {
        let ledger = &self.network.ledger;
        let data = (Calendar::first(), RepairPolicies::first());
        reading::file(&self.store(), &ledger.directory, &self.uri(firm), (ledger.head.height, at), data).unwrap()
    }
}
