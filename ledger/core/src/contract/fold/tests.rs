use std::collections::BTreeSet;

use super::*;
use crate::contract::course::ObligationState;
use crate::contract::record::{Forum, Received};
use crate::credit::Fact;
use crate::test_random::Random;

const SELLER: &str = "urn:uscc:91441900DEMA00136H";
const BUYER: &str = "urn:uscc:91440115DEMA00013J";
const JUDGE: &str = "urn:uscc:11440100DEMA00179H";
const DAY: i64 = 86_400_000;
/// 2026-07-01 in China, at noon.
const START: i64 = 1_782_878_400_000;

fn hash(number: u64) -> Hash {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    Hash(bytes)
}

fn stamp(time: i64) -> String {
    suyuan_epcis::time::Stamp { seconds: time / 1_000, nanoseconds: 0 }
        .to_utc_milliseconds(suyuan_epcis::time::Rounding::HalfUp)
        .unwrap()
}

/// Records of one contract, each a day after the last unless told otherwise.
struct Case {
    contract: Option<Contract<'static>>,
    now: i64,
    next: u64,
}

impl Case {
    fn new() -> Case {
        Case { contract: None, now: START, next: 1 }
    }

    /// With a contract that both have signed: two deliveries due ten and twenty days from the start, and a payment.
    fn active() -> Case {
        let mut case = Case::new();
        let id = case.propose();
        case.say(BUYER, "ContractConsent", &format!(r#""to":"{id}","sizeBand":4"#)).unwrap();
        assert_eq!(case.contract().state, ContractState::Active);
        case
    }

    fn propose(&mut self) -> Hash {
        let members = format!(
            r#""parties":[{{"organisation":"{SELLER}","role":"seller","size":"sme"}},{{"organisation":"{BUYER}","role":"buyer","size":"large"}}],
            "category":"goods",{}"#,
            terms(4, "")
        );
        let written = self.written(SELLER, "Contract", &members);
        self.contract = Some(Contract::new(&written, Calendar::first()).unwrap());
        written.hash
    }

    fn contract(&mut self) -> &mut Contract<'static> {
        self.contract.as_mut().unwrap()
    }

    fn written(&mut self, author: &str, kind: &str, members: &str) -> Written {
        let contract = self.contract.as_ref().map(|one| format!(r#","contract":"{}""#, one.id)).unwrap_or_default();
        let members = if members.is_empty() { String::new() } else { format!(",{members}") };
        let payload = format!(
            r#"{{"type":"suyuan:{kind}","eventID":"urn:uuid:00000000-0000-4000-8000-000000000001","eventTime":"{}"{contract}{members}}}"#,
            stamp(self.now)
        );
        let record = ContractRecord::parse(payload.as_bytes()).unwrap_or_else(|error| panic!("{payload}: {error:?}"));
        self.next += 1;
        let author = Author { uri: author.to_owned(), is_authority: author == JUDGE };
        Written { hash: hash(self.next), author, recorded: self.now, record }
    }

    fn say(&mut self, author: &str, kind: &str, members: &str) -> Result<Hash, Void> {
        self.now += 60_000;
        let written = self.written(author, kind, members);
        self.contract().take(&written).map(|()| written.hash)
    }

    fn wait(&mut self, days: i64) {
        self.now += days * DAY;
        let now = self.now;
        self.contract().advance(now);
    }

    fn perform(&mut self, obligation: &str, quantity: u64) -> Result<Hash, Void> {
        let at = stamp(self.now);
        self.say(
            SELLER,
            "Performance",
            &format!(r#""obligation":"{obligation}","completed":"{at}","quantity":{quantity}"#),
        )
    }

    fn receive(&mut self, obligation: &str, performance: Option<Hash>, more: &str) -> Result<Hash, Void> {
        let answers = performance.map(|hash| format!(r#""performance":"{hash}","#)).unwrap_or_default();
        let at = stamp(self.now);
        self.say(BUYER, "Receipt", &format!(r#""obligation":"{obligation}",{answers}"received":"{at}",{more}"#))
    }

    fn state(&mut self, obligation: &str) -> ObligationState {
        let contract = self.contract();
        contract.course(obligation).unwrap().state(contract.time(), Calendar::first())
    }

    fn facts(&mut self, subject: &str) -> Vec<Fact> {
        self.contract().facts(subject, b"salt", Calendar::first())
    }

    fn values(&mut self, subject: &str) -> Vec<(&'static str, u16)> {
        self.facts(subject).iter().map(|fact| (fact.indicator.name(), fact.value)).collect()
    }
}

fn terms(band: u8, more: &str) -> String {
    let deliver = |id: &str, days: i64| {
        format!(
            r#"{{"id":"{id}","kind":"deliver","debtor":"{SELLER}","creditor":"{BUYER}","quantity":1000000,"unit":"H87","due":"{}","lateTolerance":86400}}"#,
            stamp(START + days * DAY)
        )
    };
    let pay = format!(
        r#"{{"id":"pay","kind":"pay","debtor":"{BUYER}","creditor":"{SELLER}","due":"{}","termDays":75}}"#,
        stamp(START + 95 * DAY)
    );
    format!(
        r#""textCommitment":"{}","sizeBand":{band},"obligations":[{},{},{pay}{more}]"#,
        hash(9),
        deliver("one", 10),
        deliver("two", 20)
    )
}

// Goal: a contract that is kept goes from its proposal to its end, and gives each party its facts. Method: all of it in
// time; both sides speak of each delivery.
#[test]
fn kept() {
    let mut case = Case::active();
    assert_eq!(case.contract().flags(), [("pay", ContractFlag::TermUnlawful)]);
    let ahead = [(case.state("one"), case.facts(SELLER).len())];
    assert_eq!(ahead, [(ObligationState::Due, 0)]);
    case.wait(9);
    let performed = case.perform("one", 1_000_000).unwrap();
    assert_eq!((case.contract().state, case.state("one")), (ContractState::InPerformance, ObligationState::Tendered));
    case.receive("one", Some(performed), r#""quantity":1000000"#).unwrap();
    assert_eq!(case.state("one"), ObligationState::Done);
    case.wait(11);
    // Short of some goodness, and its debtor agrees: it holds at once.
    let reasons = format!(r#""quantity":1000000,"good":960000,"reasons":"{}""#, hash(7));
    let received = case.receive("two", None, &reasons).unwrap();
    assert_eq!((case.state("two"), case.values(SELLER).len()), (ObligationState::PartlyAccepted, 3));
    case.say(SELLER, "ContractConsent", &format!(r#""to":"{received}""#)).unwrap();
    assert_eq!(
        case.values(SELLER),
        [("FUL", 1_000), ("ONT", 1_000), ("QUA", 1_000), ("FUL", 1_000), ("ONT", 1_000), ("QUA", 960)]
    );
    case.wait(78);
    // Three days late, of which one is tolerated for deliveries only.
    case.now = START + 98 * DAY - 60_000;
    let at = stamp(case.now);
    case.say(SELLER, "Receipt", &format!(r#""obligation":"pay","received":"{at}","quantity":1000"#)).unwrap();
    assert_eq!((case.contract().state, case.values(BUYER)), (ContractState::InPerformance, vec![]));
    // Nobody disputes it in five working days.
    case.wait(14);
    assert_eq!((case.contract().state, case.values(BUYER)), (ContractState::Fulfilled, vec![("PAY", 940)]));
    let facts = case.facts(SELLER);
    assert!(facts.iter().all(|fact| fact.mass == 3_000 && fact.counterparty == facts[0].counterparty));
    assert_ne!(case.facts(BUYER)[0].counterparty, facts[0].counterparty);
    assert_eq!(facts[3].evidence, [received]);
    // What is over is over; an adjudicator may still correct it.
    assert_eq!(case.perform("one", 1), Err(Void::Transition));
    let finding = r#""decisionNo":"17","outcomes":[{"obligation":"pay","finding":"excused_creditor"}]"#;
    assert_eq!(case.say(BUYER, "Award", finding), Err(Void::NoRight));
    case.say(JUDGE, "Award", finding).unwrap();
    let corrected = case.facts(BUYER);
    assert_eq!((corrected[0].value, corrected[0].source), (1_000, Source::Authority));
}

// Goal: silence is acceptance, a warning that nothing follows is a breach, and what one side says against the other does
// not count. Method: the ledger's clock alone goes on.
#[test]
fn silence() {
    let mut case = Case::active();
    case.wait(9);
    // Its author sets the day back by a week: alone it is believed for one.
    let early = stamp(case.now - 7 * DAY);
    case.say(SELLER, "Performance", &format!(r#""obligation":"one","completed":"{early}","quantity":1000000"#))
        .unwrap();
    case.wait(6);
    assert_eq!(case.state("one"), ObligationState::Tendered);
    case.wait(1);
    let facts = case.facts(SELLER);
    assert_eq!((facts.len(), facts[0].source, case.state("one")), (3, Source::OneSide, ObligationState::Done));
    assert_eq!(facts[0].day, crate::day::Day::in_china(START + 8 * DAY));
    let warn = r#""obligation":"two""#;
    assert_eq!(case.say(BUYER, "OverdueNotice", warn), Err(Void::Transition));
    case.wait(6);
    assert_eq!(case.state("two"), ObligationState::Overdue);
    assert_eq!(case.say(SELLER, "OverdueNotice", warn), Err(Void::NoRight));
    case.say(BUYER, "OverdueNotice", warn).unwrap();
    assert_eq!(case.say(BUYER, "OverdueNotice", warn), Err(Void::Transition));
    case.wait(9);
    assert_eq!((case.state("two"), case.facts(SELLER).len()), (ObligationState::Overdue, 3));
    case.wait(1);
    assert_eq!(case.state("two"), ObligationState::Breached);
    assert_eq!(case.values(SELLER)[3..], [("FUL", 0), ("ONT", 0)]);
    case.wait(60);
    let at = stamp(case.now);
    let paid = format!(r#""obligation":"pay","completed":"{at}","quantity":1000"#);
    case.say(BUYER, "Performance", &paid).unwrap();
    case.wait(7);
    assert_eq!(case.contract().state, ContractState::ClosedWithBreach);
}

// Goal: what is disputed counts for nothing until it is settled or decided, however it is settled. Method: a receipt
// that says too little is disputed in time; one that nobody disputed can't be any more.
#[test]
fn disputed() {
    let mut case = Case::active();
    case.wait(9);
    let performed = case.perform("one", 1_000_000).unwrap();
    let more = format!(r#""quantity":500000,"complete":true,"good":400000,"reasons":"{}""#, hash(7));
    case.receive("one", Some(performed), &more).unwrap();
    assert_eq!((case.state("one"), case.facts(SELLER).len()), (ObligationState::PartlyAccepted, 0));
    case.say(SELLER, "Dispute", r#""obligations":["one"]"#).unwrap();
    case.wait(30);
    assert_eq!((case.state("one"), case.facts(SELLER).len()), (ObligationState::Disputed, 0));
    let outcome = |quantity: u64| {
        let at = stamp(START + 10 * DAY);
        format!(r#""outcomes":[{{"obligation":"one","finding":"performed","received":"{at}","quantity":{quantity}}}]"#)
    };
    let first = case.say(BUYER, "Settlement", &outcome(600_000)).unwrap();
    case.say(SELLER, "ContractDissent", &format!(r#""to":"{first}""#)).unwrap();
    assert_eq!(case.say(SELLER, "ContractConsent", &format!(r#""to":"{first}""#)), Err(Void::Conflict));
    let second = case.say(SELLER, "Settlement", &outcome(900_000)).unwrap();
    assert_eq!(case.say(SELLER, "ContractConsent", &format!(r#""to":"{second}""#)), Err(Void::Conflict));
    case.say(BUYER, "ContractConsent", &format!(r#""to":"{second}""#)).unwrap();
    assert_eq!(case.values(SELLER), [("FUL", 900), ("ONT", 1_000), ("QUA", 1_000)]);
    assert_eq!(case.say(SELLER, "Dispute", r#""obligations":["one"]"#), Err(Void::Transition));
    assert_eq!(case.say(SELLER, "Dispute", r#""obligations":["three"]"#), Err(Void::Unknown));
}

// Goal: a tender names its project, and who is to settle disputes is an organisation; nothing else is either. Method: a proposal
// with each, and with each thing wrong.
#[test]
fn proposals() {
    let propose = |category: &str, more: &str| {
        let payload = format!(
            r#"{{"type":"suyuan:Contract","eventID":"urn:uuid:00000000-0000-4000-8000-000000000001","eventTime":"{}",
            "parties":[{{"organisation":"{SELLER}","role":"seller"}},{{"organisation":"{BUYER}","role":"buyer"}}],
            "category":"{category}",{}{more}}}"#,
            stamp(START),
            terms(4, "")
        );
        ContractRecord::parse(payload.as_bytes()).map(|record| record.act)
    };
    let project = format!(r#","project":"{}""#, hash(9));
    let rule = format!(r#","negotiationDays":30,"mediator":"{JUDGE}","forum":"arbitration","forumBody":"{JUDGE}""#);
    let act = propose("public_tender", &format!("{project}{rule}")).unwrap();
    let Act::Propose { project: found, disputes, .. } = act else { panic!("{act:?}") };
    assert_eq!((found, disputes.negotiation_days, disputes.forum), (Some(hash(9)), 30, Forum::Arbitration));
    assert_eq!((disputes.mediator.as_deref(), disputes.body.as_deref()), (Some(JUDGE), Some(JUDGE)));
    assert!(propose("goods", "").is_ok());
    for (category, more, pointer) in [
        ("public_tender", "", "/project"),
        ("goods", project.as_str(), "/project"),
        ("goods", r#","negotiationDays":366"#, "/negotiationDays"),
        ("goods", r#","mediator":"a friend of both""#, "/mediator"),
        ("goods", r#","forumBody":"court 3""#, "/forumBody"),
    ] {
        assert_eq!(propose(category, more).map(drop).unwrap_err().pointer, pointer, "{category}{more}");
    }
}

// Goal: of a payment in dispute the rest counts, by as much as it is, and only who owes it says how much that is. Method: a
// tenth is disputed, the rest paid late, or not at all after a warning; then a court decides of the whole.
#[test]
fn disputed_in_part() {
    let part = r#""obligations":["pay"],"disputed":100"#;
    let paid = |case: &Case, quantity: u64| {
        let at = stamp(case.now);
        format!(r#""obligation":"pay","received":"{at}","quantity":{quantity}"#)
    };
    let award = |finding: &str| format!(r#""decisionNo":"1","outcomes":[{{"obligation":"pay",{finding}}}]"#);
    let mut case = Case::active();
    for (who, wrong) in [
        (SELLER, part),
        (BUYER, r#""obligations":["pay"],"disputed":1000"#),
        (BUYER, r#""obligations":["one"],"disputed":100"#),
        (SELLER, r#""obligations":["one"],"disputed":100"#),
    ] {
        assert_eq!(case.say(who, "Dispute", wrong), Err(Void::Transition), "{who} {wrong}");
    }
    case.say(BUYER, "Dispute", part).unwrap();
    assert_eq!(case.say(BUYER, "Dispute", r#""obligations":["pay"],"disputed":900"#), Err(Void::Transition));
    // Due on the 95th day.
    case.now = START + 97 * DAY - 60_000;
    let said = paid(&case, 899);
    case.say(SELLER, "Receipt", &said).unwrap();
    case.wait(30);
    assert_eq!((case.state("pay"), case.values(BUYER)), (ObligationState::Disputed, vec![]), "one is missing");
    let said = paid(&case, 1);
    let received = case.say(SELLER, "Receipt", &said).unwrap();
    case.say(BUYER, "ContractConsent", &format!(r#""to":"{received}""#)).unwrap();
    let facts = case.facts(BUYER);
    assert_eq!((facts.len(), facts[0].value, facts[0].mass), (1, 360, 900));
    assert_eq!((case.state("pay"), case.contract().state), (ObligationState::Disputed, ContractState::InPerformance));
    let done = stamp(START + 95 * DAY);
    case.say(JUDGE, "Award", &award(&format!(r#""finding":"performed","received":"{done}","quantity":1000"#))).unwrap();
    let facts = case.facts(BUYER);
    assert_eq!((facts.len(), facts[0].value, facts[0].mass), (1, 1_000, 1_000));

    // The rest is warned of, and breached: that stays so, whatever is disputed, received, amended or ended afterwards.
    let breached = || {
        let mut case = Case::active();
        case.say(BUYER, "Dispute", part).unwrap();
        case.wait(96);
        case.say(SELLER, "OverdueNotice", r#""obligation":"pay""#).unwrap();
        case.wait(10);
        case
    };
    let holds = |case: &mut Case| {
        let facts = case.facts(BUYER);
        assert_eq!((facts.len(), facts[0].value, facts[0].mass), (1, 0, 900));
    };
    let mut case = breached();
    holds(&mut case);
    for who in [SELLER, BUYER] {
        assert_eq!(case.say(who, "Dispute", r#""obligations":["pay"]"#), Err(Void::Transition));
    }
    let said = paid(&case, 1_000);
    assert_eq!(case.say(SELLER, "Receipt", &said), Err(Void::Transition));
    case.say(JUDGE, "ContractTermination", &format!(r#""kind":"by_law","ground":"{}""#, hash(7))).unwrap();
    holds(&mut case);
    let mut case = breached();
    let amended = case.say(SELLER, "ContractAmendment", &format!(r#""version":2,{}"#, terms(4, ""))).unwrap();
    case.say(BUYER, "ContractConsent", &format!(r#""to":"{amended}","sizeBand":4"#)).unwrap();
    holds(&mut case);

    // What was paid late is not what is in question.
    let mut case = Case::active();
    let said = paid(&case, 500);
    case.say(SELLER, "Receipt", &said).unwrap();
    case.now = START + 120 * DAY;
    let said = paid(&case, 400);
    case.say(SELLER, "Receipt", &said).unwrap();
    assert_eq!(case.say(BUYER, "Dispute", r#""obligations":["pay"],"disputed":500"#), Err(Void::Transition));
    case.say(BUYER, "Dispute", part).unwrap();
    case.wait(14);
    let facts = case.facts(BUYER);
    assert_eq!((facts.len(), facts[0].mass), (1, 900));
    assert!(facts[0].value < 600, "{facts:?}");
}

// Goal: while nobody could help it time rests; other terms take the place of what is open; both sides can end it. Method:
// each, and each by those who may not.
#[test]
fn changed() {
    let mut case = Case::active();
    case.wait(5);
    let evidence = format!(r#""evidence":["{}"]"#, hash(3));
    let asked = case.say(SELLER, "ForceMajeure", &evidence).unwrap();
    assert_eq!(case.say(BUYER, "ForceMajeure", &evidence), Err(Void::Transition));
    let consent = format!(r#""to":"{asked}""#);
    assert_eq!(case.say(SELLER, "ContractConsent", &consent), Err(Void::Conflict));
    case.say(JUDGE, "ContractConsent", &consent).unwrap();
    assert_eq!(case.contract().state, ContractState::SuspendedForceMajeure);
    assert_eq!(case.perform("one", 1_000_000), Err(Void::Transition));
    case.wait(20);
    case.say(SELLER, "Resumption", "").unwrap();
    case.wait(4);
    let performed = case.perform("one", 1_000_000).unwrap();
    case.receive("one", Some(performed), r#""quantity":1000000"#).unwrap();
    assert_eq!(case.values(SELLER)[..2], [("FUL", 1_000), ("ONT", 1_000)]);

    let amendment = format!(r#""version":2,{}"#, terms(3, ""));
    assert_eq!(
        case.say(BUYER, "ContractAmendment", &amendment.replace("\"version\":2", "\"version\":3")),
        Err(Void::Conflict)
    );
    let other = case.say(BUYER, "ContractAmendment", &amendment).unwrap();
    assert_eq!(case.say(SELLER, "ContractAmendment", &amendment), Err(Void::Conflict));
    assert_eq!(case.say(SELLER, "ContractConsent", &format!(r#""to":"{other}","sizeBand":4"#)), Err(Void::Band));
    case.say(SELLER, "ContractConsent", &format!(r#""to":"{other}","sizeBand":3"#)).unwrap();
    let states: Vec<ObligationState> = {
        let contract = case.contract();
        contract.courses.iter().map(|course| course.state(contract.time(), Calendar::first())).collect()
    };
    use ObligationState::{Done, Due, Overdue, Superseded};
    assert_eq!(states, [Done, Superseded, Superseded, Overdue, Overdue, Due]);
    let ended = case.say(SELLER, "ContractTermination", r#""kind":"mutual""#).unwrap();
    case.say(BUYER, "ContractConsent", &format!(r#""to":"{ended}""#)).unwrap();
    assert_eq!((case.contract().state, case.facts(SELLER).len()), (ContractState::Terminated, 3));
    assert_eq!(case.say(SELLER, "Resumption", "").err(), Some(Void::Transition));
}

// Goal: a proposal that nobody answers lapses, whoever refuses ends it, and a third does nothing. Method: the ways in
// which a contract does not come about, and how one party ends one.
#[test]
fn not_agreed() {
    let mut case = Case::new();
    let id = case.propose();
    let consent = format!(r#""to":"{id}","sizeBand":4"#);
    assert_eq!(case.say(SELLER, "ContractConsent", &consent), Err(Void::Conflict));
    assert_eq!(case.say(JUDGE, "ContractConsent", &consent), Err(Void::NoRight));
    assert_eq!(case.say(BUYER, "ContractConsent", &format!(r#""to":"{id}""#)), Err(Void::Band));
    assert_eq!(case.perform("one", 1).err(), Some(Void::Transition));
    case.wait(30);
    assert_eq!(case.contract().state, ContractState::Void);
    assert_eq!(case.say(BUYER, "ContractConsent", &consent), Err(Void::Conflict));
    let mut case = Case::new();
    let id = case.propose();
    case.say(BUYER, "ContractDissent", &format!(r#""to":"{id}""#)).unwrap();
    assert_eq!(case.contract().state, ContractState::Void);

    let mut case = Case::active();
    let ground = format!(r#""kind":"unilateral","ground":"{}""#, hash(5));
    let ends = case.say(BUYER, "ContractTermination", &ground).unwrap();
    assert_eq!(case.say(SELLER, "ContractTermination", &ground), Err(Void::Transition));
    case.say(SELLER, "ContractDissent", &format!(r#""to":"{ends}""#)).unwrap();
    case.wait(8);
    assert_eq!(case.contract().state, ContractState::Active);
    case.say(BUYER, "ContractTermination", &ground).unwrap();
    case.wait(7);
    assert_eq!(case.contract().state, ContractState::Terminated);
}

// Goal: neither side makes its own word final, nor takes from the other what it has done. Method: what a reviewer tried:
// each was possible once.
#[test]
fn one_sided() {
    // A creditor that excuses what it has found to be bad.
    let bad = format!(r#""quantity":1000000,"good":0,"returned":1000000,"complete":true,"reasons":"{}""#, hash(7));
    let excuse = |excuse: &str| format!(r#""obligation":"one","excuse":"{excuse}""#);
    let mut case = Case::active();
    case.wait(9);
    let performed = case.perform("one", 1_000_000).unwrap();
    assert_eq!(case.say(BUYER, "ObligationExcuse", &excuse("waived")), Err(Void::Transition));
    case.receive("one", Some(performed), &bad).unwrap();
    assert_eq!(case.say(BUYER, "ObligationExcuse", &excuse("excused_creditor")), Err(Void::Transition));
    assert_eq!(case.facts(SELLER), []);
    // Nobody disputes it: it counts, as what one side says.
    case.wait(8);
    let facts = case.facts(SELLER);
    assert_eq!((facts[0].value, facts[0].source), (0, Source::OneSide));

    // Nothing was due yet, and nothing came.
    let mut case = Case::active();
    assert_eq!(case.receive("one", None, r#""quantity":0,"complete":true"#), Err(Void::Transition));

    // Whoever may resume says that no time rested; or that it has rested for years.
    for (from, days) in [(BUYER, 80), (SELLER, 5)] {
        let mut case = Case::active();
        case.wait(5);
        let now = std::mem::replace(&mut case.now, START - 400 * DAY);
        let asked = case.written(SELLER, "ForceMajeure", r#""evidence":[]"#);
        let asked = Written { recorded: now, ..asked };
        case.now = now;
        case.contract().take(&asked).unwrap();
        case.say(BUYER, "ContractConsent", &format!(r#""to":"{}""#, asked.hash)).unwrap();
        case.wait(days);
        let mut resumed = case.written(from, "Resumption", "");
        resumed.record.event_time = START + 5 * DAY;
        case.contract().take(&resumed).unwrap();
        let rested = case.contract().course("one").unwrap().extension;
        assert!((days * DAY..=(days + 1) * DAY + 600_000).contains(&rested), "{rested}");
    }

    // A tender in time stands, whatever is ended when, and whenever that is looked at.
    let terminate = format!(r#""kind":"unilateral","ground":"{}""#, hash(5));
    for looks in [vec![1; 9], vec![9]] {
        let mut case = Case::active();
        case.wait(10);
        case.perform("one", 1_000_000).unwrap();
        case.wait(2);
        case.say(BUYER, "OverdueNotice", r#""obligation":"one""#).unwrap();
        case.say(BUYER, "ContractTermination", &terminate).unwrap();
        looks.iter().for_each(|days| case.wait(*days));
        assert_eq!(case.contract().state, ContractState::Terminated);
        assert_eq!(case.values(SELLER)[..2], [("FUL", 1_000), ("ONT", 1_000)]);
    }
    // Who was warned can't end it alone.
    let mut case = Case::active();
    case.wait(12);
    case.say(BUYER, "OverdueNotice", r#""obligation":"one""#).unwrap();
    assert_eq!(case.say(SELLER, "ContractTermination", &terminate), Err(Void::Transition));
    // What was disputed when it ended an adjudicator may decide.
    case.say(SELLER, "Dispute", r#""obligations":["one"]"#).unwrap();
    case.say(JUDGE, "ContractTermination", &terminate.replace("unilateral", "by_law")).unwrap();
    case.say(JUDGE, "Award", r#""decisionNo":"1","outcomes":[{"obligation":"one","finding":"breached"}]"#).unwrap();
    assert_eq!(case.values(SELLER), [("FUL", 0), ("ONT", 0)]);

    // Whoever floods it silences itself alone.
    let mut case = Case::active();
    for _ in 0..RECORDS_MAX / 2 + 1 {
        let Ok(asked) = case.say(SELLER, "ContractTermination", r#""kind":"mutual""#) else { break };
        let _ = case.say(SELLER, "ContractDissent", &format!(r#""to":"{asked}""#));
    }
    assert_eq!(case.perform("one", 1), Err(Void::TooMany));
    case.receive("one", None, r#""quantity":1000000"#).unwrap();
    case.say(JUDGE, "ContractTermination", &terminate.replace("unilateral", "by_law")).unwrap();
}

/// One of the things that may be said, by one of three, of something that is there or not.
fn said(author: usize, kind: usize, what: usize, number: u64) -> (&'static str, &'static str, String) {
    let author = [SELLER, BUYER, JUDGE][author % 3];
    let obligation = ["one", "two", "pay", "none"][what % 4];
    let to = hash(number);
    let at = stamp(START + i64::try_from(number).unwrap() * DAY / 4);
    let (name, members) = match kind % 19 {
        18 => (
            "PaymentConfirmation",
            format!(r#""obligation":"{obligation}","received":"{at}","quantity":1000,"transfer":"{to}""#),
        ),
        13 => ("ContractAmendment", format!(r#""version":2,{}"#, terms(3, ""))),
        14 => ("ContractConsent", format!(r#""to":"{to}","sizeBand":3"#)),
        15 => ("Resumption", String::new()),
        16 => ("ContractTermination", format!(r#""kind":"unilateral","ground":"{to}""#)),
        17 => ("ContractTermination", format!(r#""kind":"by_law","ground":"{to}""#)),
        0 => ("ContractConsent", format!(r#""to":"{to}""#)),
        1 => ("ContractConsent", format!(r#""to":"{to}","sizeBand":4"#)),
        2 => ("ContractDissent", format!(r#""to":"{to}""#)),
        3 => {
            ("Performance", format!(r#""obligation":"{obligation}","completed":"{at}","quantity":{}"#, number * 50_000))
        }
        4 => ("Receipt", format!(r#""obligation":"{obligation}","received":"{at}","quantity":{}"#, number * 50_000)),
        5 => (
            "Receipt",
            format!(r#""obligation":"{obligation}","performance":"{to}","received":"{at}","quantity":1000000"#),
        ),
        6 => ("OverdueNotice", format!(r#""obligation":"{obligation}""#)),
        7 => ("ObligationExcuse", format!(r#""obligation":"{obligation}","excuse":"waived""#)),
        8 if number % 2 == 1 => ("Dispute", format!(r#""obligations":["{obligation}"],"disputed":{}"#, number * 90)),
        8 => ("Dispute", format!(r#""obligations":["{obligation}"]"#)),
        9 => ("Settlement", format!(r#""outcomes":[{{"obligation":"{obligation}","finding":"breached"}}]"#)),
        10 => ("ForceMajeure", String::from(r#""evidence":[]"#)),
        11 => (
            "Award",
            format!(r#""decisionNo":"1","outcomes":[{{"obligation":"{obligation}","finding":"excused_fm"}}]"#),
        ),
        _ => ("ContractTermination", String::from(r#""kind":"mutual""#)),
    };
    (author, name, members)
}

/// From which state a record, with the days before it, may lead to which (`04-contract.md` §4.3). Whatever ends or is breached,
/// a time that is over can do too.
const TRANSITIONS: &[(ContractState, ContractState)] = {
    use ContractState::{
        Active, ClosedWithBreach, Fulfilled, InPerformance, Proposed, SuspendedForceMajeure, Terminated, Void,
    };
    &[
        (Proposed, Active),
        (Proposed, Void),
        (Active, InPerformance),
        (Active, SuspendedForceMajeure),
        (Active, Fulfilled),
        (Active, ClosedWithBreach),
        (Active, Terminated),
        (InPerformance, SuspendedForceMajeure),
        (InPerformance, Fulfilled),
        (InPerformance, ClosedWithBreach),
        (InPerformance, Terminated),
        (SuspendedForceMajeure, InPerformance),
        (SuspendedForceMajeure, Terminated),
    ]
};

// Goal: whatever is said in whatever order, what has no effect changes nothing, a state follows one that it may follow, what has
// ended stays ended but for an adjudicator, and every fact rests on records that had an effect. Method: random records of all
// kinds by all three, with days between, of contracts that all have signed and of proposals, against the table of states.
#[test]
fn any_order() {
    let mut random = Random(4);
    let (mut voids, mut effects, mut seen) = (0, 0, BTreeSet::new());
    for number in 0..6_000 {
        let mut case = if number % 4 == 0 { Case::new() } else { Case::active() };
        if case.contract.is_none() {
            case.propose();
        }
        for _ in 0..1 + random.below(23) {
            case.wait(random.below(9) as i64);
            let before = case.contract.clone().unwrap();
            let mut below = |bound: u64| random.below(bound) as usize;
            let (author, name, members) = said(below(3), below(18), below(4), 1 + below(23) as u64);
            // What lies ahead can't be told.
            case.now = case.now.max(START + 6 * DAY);
            let taken = case.say(author, name, &members);
            let after = case.contract();
            match taken {
                Ok(_) => effects += 1,
                Err(_) => {
                    voids += 1;
                    let mut aged = before.clone();
                    aged.advance(after.time());
                    let all =
                        |one: &Contract<'_>| format!("{:?}", (one.state, one.version, &one.records, &one.courses));
                    assert_eq!(all(&aged), all(after));
                }
            }
            let follows = (before.state, after.state);
            if follows.0 != follows.1 {
                let is_reopened = name == "Award" && !before.state.is_open();
                assert!(TRANSITIONS.contains(&follows) || is_reopened, "{name} {follows:?}");
                seen.insert(follows);
            }
            let is_open = before.state.is_open() || before.state == ContractState::Proposed;
            if !is_open && name != "Award" {
                // To a settlement that was put forward before the end the others can still agree.
                let may_be = taken.is_err() || name == "ContractConsent";
                assert!(may_be && after.state == before.state, "{name} {:?}", before.state);
            }
            for fact in after.facts(SELLER, b"salt", Calendar::first()) {
                assert!(fact.value <= 1_000 && !fact.evidence.is_empty());
                assert!(fact.evidence.iter().all(|hash| after.records.iter().any(|(own, _)| own == hash)));
            }
        }
    }
    assert!(voids > 10_000 && effects > 5_000, "{voids} {effects}");
    // Two take so many records in a row that chance does not bring them.
    assert!(seen.len() >= TRANSITIONS.len() - 2, "{seen:?}");
}

// Goal: a contract with as many obligations as there may be is read in a moment. Method: each performed and received; the
// time is told, and bounded far above what it takes.
#[test]
fn large() {
    let mut case = Case::new();
    let every = format!(r#""every":{{"days":1,"times":{OBLIGATIONS_MAX}}}"#);
    let owed = format!(
        r#"{{"id":"m","kind":"maintain","debtor":"{SELLER}","creditor":"{BUYER}","due":"{}",{every}}}"#,
        stamp(START + 10 * DAY)
    );
    let members = format!(
        r#""parties":[{{"organisation":"{SELLER}","role":"maintainer"}},{{"organisation":"{BUYER}","role":"buyer"}}],
        "category":"maintain","textCommitment":"{}","sizeBand":1,"obligations":[{owed}]"#,
        hash(9)
    );
    let written = case.written(SELLER, "Contract", &members);
    case.contract = Some(Contract::new(&written, Calendar::first()).unwrap());
    case.say(BUYER, "ContractConsent", &format!(r#""to":"{}","sizeBand":1"#, written.hash)).unwrap();
    let begun = std::time::Instant::now();
    // The last one first: none before it is over until the end.
    for number in (1..=OBLIGATIONS_MAX).rev() {
        let performed = case.perform(&format!("m#{number}"), 1_000).unwrap();
        case.receive(&format!("m#{number}"), Some(performed), r#""quantity":1000"#).unwrap();
    }
    assert_eq!((case.contract().state, case.facts(SELLER).len()), (ContractState::Fulfilled, 3 * OBLIGATIONS_MAX));
    println!("{OBLIGATIONS_MAX} obligations: {:?}", begun.elapsed());
    assert!(begun.elapsed() < std::time::Duration::from_secs(20));
}

impl Case {
    fn arrival(&self, event: u64, performance: Hash, quantity: u64) -> Arrival {
        Arrival {
            hash: hash(1_000 + event),
            author: BUYER.to_owned(),
            captured: self.now,
            happened: self.now,
            performance,
            quantity,
            bad: 0,
            is_short: false,
            name: None,
            witness: None,
        }
    }

    fn arrive(&mut self, event: u64, performance: Hash, quantity: u64, is_short: bool) -> Hash {
        let arrival = Arrival { is_short, ..self.arrival(event, performance, quantity) };
        self.contract().arrive(&arrival);
        arrival.hash
    }

    fn delivered(&mut self) -> Option<u64> {
        let contract = self.contract();
        let verdict = contract.courses[0].verdict(contract.time(), Calendar::first())?;
        verdict.provisional.is_none().then_some(verdict.determination.delivered)
    }
}

// Goal: silence accepts what an event does not speak of, but not what it says is missing. Method: one piece of a thousand
// arrives, without a word and with one; nothing arrives, likewise; its creditor then warns.
#[test]
fn arrived_in_part() {
    for (quantity, is_short, expected) in
        [(1_000, false, Some(1_000_000)), (1_000, true, None), (0, false, Some(1_000_000)), (0, true, None)]
    {
        let mut case = Case::active();
        let performance = case.perform("one", 1_000_000).unwrap();
        case.arrive(1, performance, quantity, is_short);
        let is_open = quantity > 0 && !is_short;
        assert_eq!(case.state("one") == ObligationState::Tendered, is_open || quantity + u64::from(is_short) == 0);
        case.wait(9);
        assert_eq!((case.delivered(), case.values(SELLER).len()), (expected, if is_short { 0 } else { 3 }));
        // It is no breach by itself, and one is warned of first.
        case.wait(4);
        let warned = case.say(BUYER, "OverdueNotice", r#""obligation":"one""#);
        assert_eq!((warned.is_ok(), case.contract().courses[0].is_breached()), (is_short, false));
        case.wait(11);
        assert_eq!(case.contract().courses[0].is_breached(), is_short);
    }
    // What is said to be missing may come yet.
    let mut case = Case::active();
    let performance = case.perform("one", 1_000_000).unwrap();
    case.arrive(1, performance, 0, true);
    case.arrive(2, performance, 1_000_000, false);
    case.wait(9);
    assert_eq!(case.delivered(), Some(1_000_000));
}

// Goal: what was inspected is final: neither a later record of its creditor's, nor another event, nor the withdrawal of the
// first changes it. Method: each a millisecond before the days to inspect are over, and when they are.
#[test]
fn inspected() {
    for (early, is_final) in [(1, false), (0, true)] {
        let over = |case: &Case| case.now + 7 * DAY - early;
        // Its creditor's own record.
        let mut case = Case::active();
        let performance = case.perform("one", 1_000_000).unwrap();
        case.arrive(1, performance, 1_000_000, false);
        case.now = over(&case) - 60_000;
        let said = case.receive("one", Some(performance), r#""quantity":1000000"#);
        assert_eq!(said.err(), is_final.then_some(Void::Conflict));
        // More of it.
        let mut case = Case::active();
        let performance = case.perform("one", 1_000_000).unwrap();
        case.arrive(1, performance, 1_000, true);
        case.now = over(&case);
        case.arrive(2, performance, 5_000, true);
        assert_eq!(case.contract().courses[0].receipts.len(), if is_final { 1 } else { 2 });
        // It was not so.
        let mut case = Case::active();
        let performance = case.perform("one", 1_000_000).unwrap();
        let event = case.arrive(1, performance, 1_000_000, false);
        case.now = over(&case);
        let now = case.now;
        case.contract().withdraw(&event, &performance, now);
        let count = case.contract().courses[0].receipts.iter().filter(|one| one.hash == event).count();
        assert_eq!(count, usize::from(is_final));
    }
}

// Goal: an event that is withdrawn in time leaves the performance as if it had said nothing; not if its debtor has agreed or
// disputes. Method: withdrawn a day later, alone and after each of these.
#[test]
fn withdrawn() {
    for answer in ["", "agreed", "disputed"] {
        let mut case = Case::active();
        let performance = case.perform("one", 1_000_000).unwrap();
        let event = case.arrive(1, performance, 1_000_000, false);
        match answer {
            "agreed" => drop(case.say(SELLER, "ContractConsent", &format!(r#""to":"{event}""#)).unwrap()),
            "disputed" => drop(case.say(SELLER, "Dispute", r#""obligations":["one"]"#).unwrap()),
            _ => {}
        }
        case.wait(1);
        let now = case.now;
        case.contract().withdraw(&event, &performance, now);
        let is_there = case.contract().courses[0].receipts.iter().any(|one| one.hash == event);
        assert_eq!(is_there, !answer.is_empty(), "{answer}");
        if answer.is_empty() {
            assert_eq!(case.state("one"), ObligationState::Tendered);
            case.wait(7);
            assert!(case.contract().courses[0].receipts[0].is_deemed);
        }
    }
}

// Goal: while time rests nobody inspects, and what arrives then is taken when it goes on. Method: twenty days of force
// majeure, before or after an arrival; its creditor then finds a part of it bad, in the days that are left.
#[test]
fn arrived_while_time_rests() {
    for arrives_first in [true, false] {
        let mut case = Case::active();
        let performance = case.perform("one", 1_000_000).unwrap();
        if arrives_first {
            case.arrive(1, performance, 1_000_000, false);
        }
        case.wait(1);
        let majeure = case.say(SELLER, "ForceMajeure", "").unwrap();
        case.say(BUYER, "ContractConsent", &format!(r#""to":"{majeure}""#)).unwrap();
        case.wait(1);
        if !arrives_first {
            case.arrive(1, performance, 1_000_000, false);
            assert!(case.contract().courses[0].receipts.is_empty());
        }
        case.wait(19);
        assert_eq!(case.delivered(), None);
        case.say(SELLER, "Resumption", "").unwrap();
        assert_eq!((case.state("one"), case.delivered()), (ObligationState::Accepted, None));
        case.wait(5);
        let mut other = Case { contract: case.contract.clone(), ..case };
        other.wait(4);
        assert_eq!(other.delivered(), Some(1_000_000));
        let (quantity, reasons) = (r#""quantity":1000000,"good":900000"#, hash(5));
        case.receive("one", Some(performance), &format!(r#"{quantity},"reasons":"{reasons}""#)).unwrap();
    }
}

// Goal: one event that is a receipt of two who owe is agreed to by each for itself. Method: it is a receipt of both
// deliveries and of the payment; who owes the payment agrees, and a stranger may not.
#[test]
fn agreed_by_each() {
    let (mut case, event) = (Case::active(), hash(77));
    let said = Received { at: START, quantity: 1, good: 0, returned: 0, is_complete: false };
    case.contract().courses.iter_mut().for_each(|one| one.receipts.push(Receipt::new((event, START), said, None)));
    assert_eq!(case.contract().agree(JUDGE, event), Err(Void::NoRight));
    case.contract().agree(BUYER, event).unwrap();
    let agreed =
        |case: &mut Case| case.contract().courses.iter().map(|one| one.receipts[0].is_agreed).collect::<Vec<_>>();
    assert_eq!(agreed(&mut case), [false, false, true]);
    for _ in 0..2 {
        case.contract().agree(SELLER, event).unwrap();
    }
    assert_eq!(agreed(&mut case), [true, true, true]);
}

// Goal: a creditor's record has room where it takes the place of events. Method: as many events as there may be receipts.
#[test]
fn replaced_where_it_is_full() {
    let mut case = Case::active();
    let performance = case.perform("one", 1_000_000).unwrap();
    for event in 0..4_096 {
        case.arrive(event, performance, 1, false);
    }
    assert_eq!(case.contract().courses[0].receipts.len(), 4_096);
    assert_eq!(case.receive("one", None, r#""quantity":1"#), Err(Void::TooMany));
    case.receive("one", Some(performance), r#""quantity":1000000"#).unwrap();
    assert_eq!(case.contract().courses[0].receipts.len(), 1);
}

mod witnessed;
