//! Scenario D from records of contracts alone: what they come to are the reference's facts, and make its scores.

use std::collections::BTreeMap;

use serde_json::Value;

use super::fold::{self, Contract};
use super::record::ContractRecord;
use crate::credit::calendar::Calendar;
use crate::credit::file::{Author, CreditFile, Written};
use crate::credit::record::CreditRecord;
use crate::credit::repair::RepairPolicies;
use crate::credit::{Case, Fact, Source};
use crate::day::Day;
use crate::hash::Hash;

const SUBJECT: &str = "urn:example:organisation:parts";
const JUDGE: &str = "urn:example:organisation:authority";
const DAY: i64 = 86_400_000;
/// The ten that were late: when due, for whom, by how many days, how many of a thousand came (`credit_v1.py`).
const LATE: [(&str, &str, i64, u64); 10] = [
    ("2026-07-08", "assembler", 12, 1_000),
    ("2026-07-15", "assembler", 15, 1_000),
    ("2026-07-22", "liftmfr", 9, 1_000),
    ("2026-07-29", "assembler", 18, 820),
    ("2026-08-05", "debuyer", 14, 1_000),
    ("2026-08-12", "assembler", 20, 760),
    ("2026-08-19", "liftmfr", 11, 1_000),
    ("2026-08-26", "brake", 16, 900),
    ("2026-09-02", "assembler", 17, 1_000),
    ("2026-09-09", "debuyer", 13, 880),
];
/// The one that was objected to.
const OBJECTED: &str = "OB109";

fn uri(name: &str) -> String {
    format!("urn:example:organisation:{name}")
}

/// Noon in China.
fn noon(day: Day) -> i64 {
    day.number() * DAY + 4 * 3_600_000
}

fn stamp(time: i64) -> String {
    let stamp = suyuan_epcis::time::Stamp { seconds: time / 1_000, nanoseconds: 0 };
    stamp.to_utc_milliseconds(suyuan_epcis::time::Rounding::HalfUp).unwrap()
}

fn payload(kind: &str, at: i64, members: &str) -> Vec<u8> {
    let id = r#""eventID":"urn:uuid:00000000-0000-4000-8000-000000000001""#;
    format!(r#"{{"type":"suyuan:{kind}",{id},"eventTime":"{}",{members}}}"#, stamp(at)).into_bytes()
}

/// An obligation as the reference's facts have it.
struct Owed {
    id: String,
    day: Day,
    partner: String,
    band: u8,
    is_payment: bool,
}

/// Partner, band, whether it is of payments, and when it was made.
type Key = (String, u8, bool, usize);

/// All contracts of the subject, one for each partner and band.
#[derive(Default)]
struct Book {
    contracts: BTreeMap<Key, Contract<'static>>,
    receipts: BTreeMap<String, (Hash, Key)>,
    next: u64,
}

impl Book {
    fn hash(&mut self) -> Hash {
        self.next += 1;
        let mut bytes = [7; 32];
        bytes[..8].copy_from_slice(&self.next.to_be_bytes());
        Hash(bytes)
    }

    fn written(&mut self, author: &str, at: i64, payload: &[u8]) -> fold::Written {
        let record = ContractRecord::parse(payload).unwrap_or_else(|error| panic!("{error:?}"));
        let author = Author { uri: author.to_owned(), is_authority: author == JUDGE };
        fold::Written { hash: self.hash(), author, recorded: at, record }
    }

    /// Makes contracts of what is owed, and performs all of it.
    fn keep(&mut self, phase: usize, owed: &[Owed]) {
        let mut by_contract: BTreeMap<Key, Vec<&Owed>> = BTreeMap::new();
        for one in owed {
            by_contract.entry((one.partner.clone(), one.band, one.is_payment, phase)).or_default().push(one);
        }
        for (key, owed) in by_contract {
            let begun = owed.iter().map(|one| noon(one.day)).min().unwrap() - 30 * DAY;
            let partner = uri(&key.0);
            let kind = if key.2 { "pay" } else { "deliver" };
            let obligations: Vec<String> = owed
                .iter()
                .map(|one| {
                    let (id, due) = (&one.id, stamp(noon(one.day)));
                    format!(r#"{{"id":"{id}","kind":"{kind}","debtor":"{SUBJECT}","creditor":"{partner}","quantity":1000000,"due":"{due}"}}"#)
                })
                .collect();
            let members = format!(
                r#""parties":[{{"organisation":"{SUBJECT}","role":"seller"}},{{"organisation":"{partner}","role":"buyer"}}],
                "category":"goods","textCommitment":"{}","sizeBand":{},"obligations":[{}]"#,
                self.hash(),
                key.1,
                obligations.join(",")
            );
            let proposed = self.written(SUBJECT, begun, &payload("Contract", begun, &members));
            let mut contract = Contract::new(&proposed, Calendar::first()).unwrap();
            let id = proposed.hash;
            let consent = format!(r#""contract":"{id}","to":"{id}","sizeBand":{}"#, key.1);
            let consent = self.written(&partner, begun, &payload("ContractConsent", begun, &consent));
            contract.take(&consent).unwrap();
            let mut owed = owed;
            owed.sort_by_key(|one| one.day);
            for one in owed {
                self.perform(&mut contract, &partner, one, &key);
            }
            self.contracts.insert(key, contract);
        }
    }

    fn perform(&mut self, contract: &mut Contract<'_>, partner: &str, one: &Owed, key: &Key) {
        let late = LATE.iter().find(|(due, ..)| Day::parse(due) == Some(one.day) && one.id.starts_with("OB1"));
        let (days, pieces, good) = match late {
            Some((_, _, days, pieces)) => (*days, *pieces, 960),
            None => (0, 1_000, if one.is_payment { 1_000 } else { 995 }),
        };
        let at = noon(one.day) + days * DAY;
        let (id, contract_id) = (&one.id, contract.id);
        let members = format!(
            r#""contract":"{contract_id}","obligation":"{id}","received":"{}","quantity":{},"good":{},"complete":{},"reasons":"{contract_id}""#,
            stamp(at),
            pieces * 1_000,
            pieces * good,
            pieces < 1_000
        );
        let receipt = self.written(partner, at, &payload("Receipt", at, &members));
        contract.take(&receipt).unwrap();
        if good < 1_000 || days > 0 {
            let agreed = format!(r#""contract":"{contract_id}","to":"{}""#, receipt.hash);
            let agreed = self.written(SUBJECT, at, &payload("ContractConsent", at, &agreed));
            contract.take(&agreed).unwrap();
        }
        self.receipts.insert(one.id.clone(), (receipt.hash, key.clone()));
    }

    fn file(&mut self, until: i64) -> CreditFile<'static> {
        let mut file = CreditFile::new(SUBJECT, Calendar::first(), RepairPolicies::first());
        for contract in self.contracts.values_mut() {
            contract.advance(until);
            file.take_contract(contract, b"salt");
        }
        file
    }
}

type Told = (String, i64, u64, u64, String, String);

fn told(fact: &Fact) -> Told {
    let (name, status) = (fact.indicator.name().to_owned(), fact.status.name().to_owned());
    // What was corrected an adjudicator stands for, where the reference goes on with both sides: of one weight.
    let source = if fact.source == Source::Authority { Source::BothSides } else { fact.source };
    (name, fact.day.number(), fact.value.into(), fact.mass, source.name().to_owned(), status)
}

/// What the reference says that contracts say.
fn expected(facts: &[Value]) -> Vec<Told> {
    let text = |fact: &Value, name: &str| fact[name].as_str().map(str::to_owned);
    let own = facts.iter().filter(|fact| ["FUL", "ONT", "QUA", "PAY"].contains(&fact["ind"].as_str().unwrap()));
    let mut told: Vec<Told> = own
        .map(|fact| {
            let number = |name: &str| fact[name].as_u64().unwrap();
            let status = text(fact, "status").unwrap_or("active".to_owned());
            let (name, source) = (text(fact, "ind").unwrap(), text(fact, "src").unwrap());
            (name, fact["day"].as_i64().unwrap(), number("v"), number("m"), source, status)
        })
        .collect();
    told.sort();
    told
}

/// What is owed of an obligation's facts, whose names begin with one of these.
fn owed(facts: &[Value], is_of: &dyn Fn(&str) -> bool) -> Vec<Owed> {
    let bands = BTreeMap::from([(500, 1), (1_000, 2), (2_000, 3), (3_000, 4), (4_000, 5)]);
    facts
        .iter()
        .filter_map(|fact| {
            let id = fact["id"].as_str()?;
            let id = id.strip_suffix(".FUL").or(Some(id).filter(|id| id.starts_with("PAY")))?;
            is_of(id).then(|| Owed {
                id: id.to_owned(),
                day: Day::from_number(fact["day"].as_i64().unwrap()),
                partner: fact["cp"].as_str().unwrap().to_owned(),
                band: bands[&fact["m"].as_u64().unwrap()],
                is_payment: id.starts_with("PAY"),
            })
        })
        .collect()
}

// Goal: contracts that were kept, kept late, disputed and corrected give the facts of the reference at each of its six
// steps, and with what it knows beside them its scores. Method: 94 obligations and 18 payments as records; the objection
// as records; the facts that are of no contract are the reference's.
#[test]
fn the_reference_from_records() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/vectors/credit.json");
    let vectors: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let step = |number: usize| vectors["vectors"][number].clone();
    let facts = |number: usize| step(number)["case"]["facts"].as_array().unwrap().clone();
    let mut book = Book::default();
    let check = |number: usize, file: &CreditFile<'_>| {
        let vector = step(number);
        let own = file.facts();
        let mut said: Vec<Told> = own.iter().map(told).collect();
        said.sort();
        assert_eq!(said, expected(&facts(number)), "step {number}");
        let day = Day::from_number(vector["case"]["day"].as_i64().unwrap());
        let mut case = Case::parse(vector["case"].to_string().as_bytes()).unwrap();
        case.facts.retain(|fact| !said.iter().any(|(name, ..)| name == fact.indicator.name()));
        case.facts.extend(own);
        assert_eq!(case.day, day);
        let score = case.assess(crate::credit::Parameters::first()).evaluation().score;
        assert_eq!(Value::from(score), vector["expected"]["score"], "step {number}");
    };
    let at = |day: &str| noon(Day::parse(day).unwrap());

    book.keep(0, &owed(&facts(0), &|_| true));
    let file = book.file(at("2026-07-01"));
    check(0, &file);
    let late = owed(&facts(1), &|id| id.starts_with("OB1"));
    let late: Vec<Owed> = late.into_iter().filter(|one| one.day > Day::parse("2026-07-01").unwrap()).collect();
    assert_eq!(late.len(), LATE.len());
    book.keep(1, &late);
    // The last of them came after the fifteenth.
    let file = book.file(at("2026-09-15"));
    check(1, &file);

    let (target, key) = book.receipts[OBJECTED].clone();
    let mut objection = Objection { hashes: 0, hash: Hash::ZERO };
    let object =
        format!(r#""target":"{target}","kind":"fact","statement":"{target}","evidence":[],"indicators":["FUL","ONT"]"#);
    let mut file = book.file(at("2026-09-18"));
    objection.hash = objection.say(&mut file, SUBJECT, "Objection", "2026-09-16", &object);
    let own = |step: &str| format!(r#""objection":"{}",{step}"#, objection.hash);
    let accepted = own(r#""step":"accept""#);
    let decided = own(r#""step":"decide","result":"upheld""#);
    Objection { hashes: 9, hash: Hash::ZERO }.say(&mut file, JUDGE, "ObjectionStep", "2026-09-18", &accepted);
    check(2, &file);

    // The carrier's gate shows that it came in time; the buyer's dock was closed.
    let contract_id = book.contracts[&key].id;
    let award = format!(
        r#""contract":"{contract_id}","decisionNo":"2026-88","outcomes":[{{"obligation":"{OBJECTED}","finding":"excused_creditor"}}]"#
    );
    let day = at("2026-10-09");
    let award = book.written(JUDGE, day, &payload("Award", day, &award));
    book.contracts.get_mut(&key).unwrap().take(&award).unwrap();
    let corrected = |book: &mut Book, until: &str| {
        let mut file = book.file(noon(Day::parse(until).unwrap()));
        let mut again = Objection { hashes: 0, hash: Hash::ZERO };
        again.say(&mut file, SUBJECT, "Objection", "2026-09-16", &object);
        again.hashes = 9;
        again.say(&mut file, JUDGE, "ObjectionStep", "2026-09-18", &accepted);
        again.say(&mut file, JUDGE, "ObjectionStep", "2026-10-09", &decided);
        file
    };
    let file = corrected(&mut book, "2026-10-09");
    check(3, &file);
    let file = corrected(&mut book, "2026-10-22");
    check(4, &file);
    book.keep(2, &owed(&facts(5), &|id| id.starts_with("OB2")));
    let file = corrected(&mut book, "2026-11-21");
    check(5, &file);
}

// Goal: a person in business may trade, and is never graded. Method: the same contracts, read into its file and a firm's.
#[test]
fn a_person_in_business_is_not_graded() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/vectors/credit.json");
    let vectors: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let facts = vectors["vectors"][0]["case"]["facts"].as_array().unwrap().clone();
    let mut book = Book::default();
    book.keep(0, &owed(&facts, &|_| true));
    let person = "urn:uscc:92440101DEMA000000";
    for (subject, are_facts) in [(SUBJECT, true), (person, false)] {
        let mut file = CreditFile::new(subject, Calendar::first(), RepairPolicies::first());
        for contract in book.contracts.values_mut() {
            let mut own = contract.clone();
            for course in &mut own.courses {
                course.obligation.debtor = subject.to_owned();
            }
            file.take_contract(&own, b"salt");
        }
        assert_eq!((!file.facts().is_empty(), !file.is_empty()), (are_facts, are_facts), "{subject}");
    }
}

/// Records of an objection, with hashes that can be told beforehand.
struct Objection {
    hashes: u8,
    hash: Hash,
}

impl Objection {
    fn say(&mut self, file: &mut CreditFile<'_>, author: &str, kind: &str, day: &str, members: &str) -> Hash {
        self.hashes += 1;
        let hash = Hash([self.hashes; 32]);
        let at = noon(Day::parse(day).unwrap());
        let record = CreditRecord::parse(&payload(kind, at, &format!(r#""subject":"{SUBJECT}",{members}"#))).unwrap();
        let author = Author { uri: author.to_owned(), is_authority: author == JUDGE };
        file.take(&Written { hash, author, record }).unwrap();
        hash
    }
}
