//! Goal: nobody games a grade: not by very many small contracts with one partner, not by speaking ill of others, not by
//! telling late or dating back (`05-credit-model.md` §5.10). Method: firms that write records of contracts as they would on
//! a ledger, each with the time at which it was recorded; what the model makes of them, beside what the same firm would
//! have had without the game.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;

use suyuan_epcis::time::{Rounding, Stamp};
use suyuan_ledger::contract::fold::{self, Contract, Written};
use suyuan_ledger::contract::record::ContractRecord;
use suyuan_ledger::credit::calendar::Calendar;
use suyuan_ledger::credit::file::{Author, CreditFile};
use suyuan_ledger::credit::repair::RepairPolicies;
use suyuan_ledger::credit::{Evaluation, Fact, Grade, Indicator, Parameters, Profile, Source, Status, evaluate};
use suyuan_ledger::day::Day;
use suyuan_ledger::hash::Hash;

const FIRM: &str = "urn:uscc:91441900DEMA00136H";
const JUDGE: &str = "urn:uscc:11440100DEMA00179H";
const DAY: i64 = 86_400_000;
const HOUR: i64 = DAY / 24;
/// 2026-07-01 in China, at noon.
const START: i64 = 1_782_878_400_000;

fn partner(number: u64) -> String {
    format!("urn:example:organisation:partner-{number}")
}

fn stamp(time: i64) -> String {
    Stamp { seconds: time / 1_000, nanoseconds: 0 }.to_utc_milliseconds(Rounding::HalfUp).unwrap()
}

/// What is recorded of contracts of the firm.
#[derive(Default)]
struct Market {
    contracts: BTreeMap<Hash, Contract<'static>>,
    next: u64,
}

impl Market {
    fn hash(&mut self) -> Hash {
        self.next += 1;
        let mut bytes = [9; 32];
        bytes[..8].copy_from_slice(&self.next.to_be_bytes());
        Hash(bytes)
    }

    fn written(&mut self, author: &str, recorded: i64, kind: &str, members: &str) -> Written {
        let payload = format!(
            r#"{{"type":"suyuan:{kind}","eventID":"urn:uuid:00000000-0000-4000-8000-000000000001","eventTime":"{}",{members}}}"#,
            stamp(recorded)
        );
        let record = ContractRecord::parse(payload.as_bytes()).unwrap_or_else(|error| panic!("{payload}: {error:?}"));
        let author = Author { uri: author.to_owned(), is_authority: author == JUDGE };
        Written { hash: self.hash(), author, recorded, record }
    }

    /// Records something of a contract.
    fn say(&mut self, contract: Hash, author: &str, at: i64, kind: &str, members: &str) -> Result<Hash, fold::Void> {
        let written = self.written(author, at, kind, &format!(r#""contract":"{contract}",{members}"#));
        self.contracts.get_mut(&contract).unwrap().take(&written).map(|()| written.hash)
    }

    /// A contract that both have agreed to: one delivery of the firm's, due at a time.
    fn agree(&mut self, with: &str, begun: i64, due: i64, band: u8) -> Hash {
        let members = format!(
            r#""parties":[{{"organisation":"{FIRM}","role":"seller"}},{{"organisation":"{with}","role":"buyer"}}],"category":"goods","textCommitment":"{}","sizeBand":{band},"obligations":[{{"id":"1","kind":"deliver","debtor":"{FIRM}","creditor":"{with}","quantity":1000000,"due":"{}"}}]"#,
            self.hash(),
            stamp(due)
        );
        let proposed = self.written(FIRM, begun, "Contract", &members);
        let id = proposed.hash;
        self.contracts.insert(id, Contract::new(&proposed, Calendar::first()).unwrap());
        self.say(id, with, begun + HOUR, "ContractConsent", &format!(r#""to":"{id}","sizeBand":{band}"#)).unwrap();
        id
    }

    /// Its buyer says that so many of a thousand came, when they came, and how many were good.
    fn receive(&mut self, contract: Hash, by: &str, at: i64, received: i64, (came, good): (u32, u32)) -> Hash {
        let members = format!(
            r#""obligation":"1","received":"{}","quantity":{},"good":{},"complete":{},"reasons":"{contract}""#,
            stamp(received),
            u64::from(came) * 1_000,
            u64::from(good) * 1_000,
            came < 1_000
        );
        self.say(contract, by, at, "Receipt", &members).unwrap()
    }

    /// A contract that is kept, a month long.
    fn keep(&mut self, with: &str, begun: i64, band: u8) {
        let due = begun + 20 * DAY;
        let id = self.agree(with, begun, due, band);
        self.receive(id, with, due - DAY + HOUR, due - DAY, (1_000, 1_000));
    }

    /// The firm's facts, and what the model makes of them.
    fn credit(&mut self, at: i64) -> (Vec<Fact>, Evaluation) {
        let mut file = CreditFile::new(FIRM, Calendar::first(), RepairPolicies::first());
        for contract in self.contracts.values_mut() {
            contract.advance(at);
            file.take_contract(contract, b"salt");
        }
        let (facts, day) = (file.facts(), Day::in_china(at));
        let status: Status = file.status(day);
        let evaluation = evaluate(Parameters::first(), Profile::Maker, &facts, &status, day);
        (facts, evaluation)
    }
}

fn value(evaluation: &Evaluation, indicator: Indicator) -> u16 {
    evaluation.rows.iter().find(|row| row.ind == indicator).unwrap().value
}

/// An honest firm: forty contracts that were kept, with four partners over a year and more.
fn honest() -> Market {
    let mut market = Market::default();
    for number in 0..40 {
        market.keep(&partner(number % 4), START - 420 * DAY + number as i64 * 10 * DAY, 3);
    }
    market
}

#[test]
fn very_many_small_contracts_with_one_partner() {
    let mut market = Market::default();
    for number in 0..10_000 {
        market.keep(&partner(0), START - 700 * DAY + i64::from(number) * DAY / 15, 1);
    }
    let (facts, one) = market.credit(START);
    assert_eq!(facts.iter().filter(|fact| fact.indicator == Indicator::Fulfilment).count(), 10_000);
    assert_eq!((value(&one, Indicator::Fulfilment), one.grade), (800, Grade::NotRated));
    // One with a second partner rates it, and brings no more than that partner can.
    market.keep(&partner(1), START - 40 * DAY, 1);
    let (_, two) = market.credit(START);
    assert!(two.grade != Grade::A && value(&two, Indicator::Fulfilment) <= 810, "{two:?}");
}

#[test]
fn ill_is_spoken_of_a_firm() {
    let mut market = honest();
    let (_, fair) = market.credit(START);
    // Partners that say, of deliveries that came in time, that they were late, short and bad: the firm disputes it.
    for number in 0..10 {
        let hostile = partner(100 + number);
        let due = START - 20 * DAY;
        let id = market.agree(&hostile, START - 40 * DAY, due, 5);
        market.receive(id, &hostile, due + 12 * DAY, due + 12 * DAY, (100, 0));
        market.say(id, FIRM, due + 13 * DAY, "Dispute", r#""obligations":["1"]"#).unwrap();
    }
    let (facts, spoken) = market.credit(START);
    assert_eq!((spoken.score, spoken.grade), (fair.score, fair.grade), "what is disputed counts for nothing");
    assert!(facts.iter().all(|fact| fact.value == 1_000));
    // Nor does it count before the firm could have disputed it.
    let hostile = partner(200);
    let due = START - 2 * DAY;
    let id = market.agree(&hostile, START - 40 * DAY, due, 5);
    market.receive(id, &hostile, START - HOUR, START - HOUR, (100, 0));
    assert_eq!(market.credit(START).1.score, fair.score);
    // To be silent is to agree, and weighs less than if both said it.
    let (facts, silent) = market.credit(START + 10 * DAY);
    let bad: Vec<&Fact> = facts.iter().filter(|fact| fact.value < 1_000).collect();
    assert!(!bad.is_empty() && bad.iter().all(|fact| fact.source == Source::OneSide), "{bad:?}");
    assert!(silent.score < fair.score);
    // Strangers can't say anything of a contract, nor make one in its name.
    let id = *market.contracts.keys().next().unwrap();
    let said = market.say(id, &partner(999), START, "Dispute", r#""obligations":["1"]"#);
    assert_eq!(said, Err(fold::Void::NoRight));
}

#[test]
fn evidence_comes_late() {
    let (due, begun) = (START - 40 * DAY, START - 70 * DAY);
    let mut market = honest();
    let id = market.agree(&partner(0), begun, due, 5);
    market.receive(id, &partner(0), due + 10 * DAY, due + 10 * DAY, (1_000, 1_000));
    let (_, late) = market.credit(START);
    // A gate's record shows, two months later, that the goods were there in time and the buyer's dock was closed.
    let outcome = r#""decisionNo":"2026-9","outcomes":[{"obligation":"1","finding":"excused_creditor"}]"#;
    market.say(id, JUDGE, START + DAY, "Award", outcome).unwrap();
    let (facts, corrected) = market.credit(START + DAY);
    let mut kept = honest();
    let other = kept.agree(&partner(0), begun, due, 5);
    kept.receive(other, &partner(0), due, due, (1_000, 1_000));
    let (_, as_kept) = kept.credit(START + DAY);
    assert!(late.score < as_kept.score);
    assert_eq!(
        (corrected.score, corrected.grade),
        (as_kept.score, as_kept.grade),
        "as if it had been so from the start"
    );
    assert!(facts.iter().all(|fact| fact.value == 1_000));
    // What the ledger said before stands as it was said: a height is read as it was.
    let before: Vec<u16> = {
        let mut market = honest();
        let id = market.agree(&partner(0), begun, due, 5);
        market.receive(id, &partner(0), due + 10 * DAY, due + 10 * DAY, (1_000, 1_000));
        market.credit(START).0.iter().map(|fact| fact.value).filter(|value| *value < 1_000).collect()
    };
    assert!(before.contains(&500), "{before:?}");
}

#[test]
fn dates_are_set_back() {
    // The firm says, when it is asked, that it delivered a month ago; the buyer says nothing.
    let due = START - 30 * DAY;
    let told = |said_at: i64, completed: i64| {
        let mut market = honest();
        let id = market.agree(&partner(0), START - 60 * DAY, due, 5);
        let members = format!(r#""obligation":"1","completed":"{}","quantity":1000000"#, stamp(completed));
        let said = market.say(id, FIRM, said_at, "Performance", &members);
        (said.is_ok(), market.credit(said_at + 30 * DAY).0)
    };
    let on_time = |facts: &[Fact]| {
        facts.iter().filter(|fact| fact.indicator == Indicator::OnTime).map(|fact| fact.value).min().unwrap()
    };
    let (honest_is_taken, at_once) = told(due, due - HOUR);
    assert!(honest_is_taken);
    assert_eq!(on_time(&at_once), 1_000);
    let (_, set_back) = told(due + 12 * DAY, due - HOUR);
    assert!(on_time(&set_back) <= 450, "it counts from when the ledger was told, less a day: {}", on_time(&set_back));
}
