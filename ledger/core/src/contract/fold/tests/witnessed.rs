//! What is known under one name: who witnesses it, its creditor, and what is withdrawn.

use super::*;

/// A contract of three pieces that its debtor says to have done, and events of them.
struct Works {
    case: Case,
    performance: Hash,
    next: u64,
}

impl Works {
    fn new(quantity: u64) -> Works {
        let mut case = Case::active();
        case.wait(9);
        let performance = case.perform("one", quantity).unwrap();
        Works { case, performance, next: 0 }
    }

    /// An event of one piece under a name.
    fn event(&mut self, name: u64, is_witness: bool, is_good: bool) -> Hash {
        self.next += 1;
        let arrival = self.case.arrival(self.next, self.performance, 1_000);
        let bad = if is_good { 0 } else { 1_000 };
        let arrival =
            Arrival { name: Some(hash(900 + name)), witness: is_witness.then_some(Source::Authority), bad, ..arrival };
        self.case.contract().arrive(&arrival);
        arrival.hash
    }

    fn withdraw(&mut self, event: Hash) {
        let now = self.case.now;
        self.case.contract().withdraw(&event, &self.performance.clone(), now);
    }

    /// How much is said of the performance, and how much of it is good.
    fn told(&mut self) -> (u64, u64) {
        let contract = self.case.contract();
        let course = contract.courses.iter().find(|course| course.obligation.id == "one").unwrap();
        let said = course.receipts.iter().filter(|one| one.answers == Some(self.performance)).map(|one| one.said);
        said.fold((0, 0), |(all, good), one| (all + one.quantity, good + one.good))
    }
}

// Goal: nothing that was said to be bad becomes good by silence, because somebody else says it too, or takes back what it has
// said. Method: each of these after silence has accepted the rest, and beside what its creditor says of it.
#[test]
fn witnessed() {
    // Three pieces, one of them bad; the rest is accepted the day after; then a witness says that it is bad.
    let mut late = Works::new(3_000);
    late.case.wait(6);
    let bad = late.event(1, false, false);
    late.case.wait(2);
    assert_eq!(late.told(), (3_000, 2_000));
    let witness = late.event(1, true, false);
    late.case.wait(1);
    assert_eq!(late.told(), (3_000, 2_000));
    // That is taken back, and the first word counts again; then nothing is left, and its creditor was silent.
    late.withdraw(witness);
    late.case.wait(1);
    assert_eq!(late.told(), (3_000, 2_000));
    late.withdraw(bad);
    late.case.wait(1);
    assert_eq!(late.told(), (3_000, 3_000));
    // What its creditor says of the rest stands beside a witness, no more than that counts, and it outlives it.
    for said in [1_000, 3_000] {
        let mut answered = Works::new(3_000);
        let witness = answered.event(1, true, true);
        let more = format!(r#""quantity":{said},"complete":true"#);
        let performance = answered.performance;
        answered.case.receive("one", Some(performance), &more).unwrap();
        let rest = said.min(2_000);
        assert_eq!(answered.told(), (1_000 + rest, 1_000 + rest));
        answered.withdraw(witness);
        answered.case.wait(20);
        assert_eq!(answered.told(), (rest, rest));
    }
    // An inspected name is not in the way of another one.
    let mut two = Works::new(2_000);
    two.event(1, false, true);
    two.case.wait(5);
    two.event(2, false, true);
    two.case.wait(3);
    two.event(2, true, false);
    two.case.wait(20);
    assert_eq!(two.told(), (2_000, 1_000));
    // That its debtor agrees to its creditor's word keeps no witness out.
    let mut agreed = Works::new(1_000);
    let said = agreed.event(1, false, true);
    agreed.case.say(SELLER, "ContractConsent", &format!(r#""to":"{said}""#)).unwrap();
    agreed.event(1, true, false);
    assert_eq!(agreed.told(), (1_000, 0));
}

// Goal: a name counts once, in any order of events, witnesses, withdrawals and time, and no more is told than was performed.
// Method: many of each at random.
#[test]
fn names_count_once() {
    let mut random = Random(77);
    for _ in 0..2_000 {
        let mut works = Works::new(2_000);
        let mut events = Vec::new();
        for _ in 0..random.below(10) {
            match random.below(6) {
                0 if !events.is_empty() => {
                    let event = events[random.below(events.len() as u64) as usize];
                    works.withdraw(event);
                }
                1 => works.case.wait(random.below(4) as i64),
                2 => {
                    let (performance, quantity) = (works.performance, 500 * random.below(5));
                    let more = format!(r#""quantity":{quantity},"complete":true"#);
                    let _ = works.case.receive("one", Some(performance), &more);
                }
                _ => {
                    works.case.now += 3_600_000;
                    events.push(works.event(random.below(2), random.below(3) == 0, random.below(2) == 0));
                }
            }
            let (performance, contract) = (works.performance, works.case.contract());
            let course = contract.courses.iter().find(|course| course.obligation.id == "one").unwrap();
            let of = |name: u64| {
                let name = Some(hash(900 + name));
                course.receipts.iter().filter(|one| one.answers == Some(performance) && one.name == name).count()
            };
            assert!(of(0) <= 1 && of(1) <= 1);
            assert!(works.told().0 <= 2_000, "{:?}", works.told());
        }
    }
}
