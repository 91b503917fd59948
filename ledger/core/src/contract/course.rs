//! The course of one obligation: what its debtor and creditor say of it, and what that comes to.

use super::obligation::{Determination, Obligation};
use super::record::{Excuse, Finding, Received, Terms};
use crate::credit::Source;
use crate::credit::calendar::Calendar;
use crate::day::Day;
use crate::hash::Hash;
use crate::named::named;

/// What a creditor says against the debtor counts after so many working days, unless it is disputed (§4.5).
const PROVISIONAL_DAYS: u32 = 5;
const DAY_MS: i64 = 86_400_000;
/// Who says alone when something was done is believed to have told the ledger within a day.
const TOLD_MS: i64 = DAY_MS;

named! {
    /// How an obligation stands (§4.4).
    pub enum ObligationState {
        /// It is not to be performed yet.
        Pending "pending",
        /// It may be performed.
        Due "due",
        /// Its debtor says that it has performed.
        Tendered "tendered",
        /// It was received as agreed.
        Accepted "accepted",
        /// In part.
        PartlyAccepted "partly_accepted",
        /// What came was not as agreed, and it is still owed.
        Rejected "rejected",
        /// Its creditor was silent about it.
        DeemedAccepted "deemed_accepted",
        /// What was said of it holds.
        Done "done",
        /// Its time is over.
        Overdue "overdue",
        /// It was performed after its time.
        Cured "cured",
        /// It was not performed, though its creditor warned, or an adjudicator says so.
        Breached "breached",
        /// What is said of it is disputed.
        Disputed "disputed",
        /// It is not owed: nobody could help it.
        ExcusedForceMajeure "excused_fm",
        /// It was its creditor's own doing.
        ExcusedCreditor "excused_creditor",
        /// Its creditor does without it.
        Waived "waived",
        /// Other terms took its place, or the contract ended.
        Superseded "superseded",
    }
}

/// What its debtor says.
#[derive(Debug, Clone)]
pub(super) struct Performance {
    pub hash: Hash,
    pub recorded: i64,
    /// From when on its creditor's silence counts: later than recorded if time rested.
    pub waits_from: i64,
    pub at: i64,
    pub quantity: u64,
    pub is_answered: bool,
}

/// What its creditor says, or is taken to say.
#[derive(Debug, Clone)]
pub(super) struct Receipt {
    /// Its record; that of the performance if its creditor was silent.
    pub hash: Hash,
    pub recorded: i64,
    pub said: Received,
    /// The debtor agrees.
    pub is_agreed: bool,
    /// Its creditor was silent.
    pub is_deemed: bool,
    /// The performance that it answers, if it does.
    pub answers: Option<Hash>,
    /// An event says it: until then who inspects may say otherwise.
    pub inspected_by: Option<i64>,
    /// The event says that less came than was said, or not so that it can be counted: silence accepts no rest.
    pub is_short: bool,
    /// Of what source it is, if not its creditor says it.
    pub witness: Option<Source>,
    /// What it is known by.
    pub name: Option<Hash>,
}

impl Receipt {
    /// What its creditor says, in answer to a performance if it names one.
    pub fn new((hash, recorded): (Hash, i64), said: Received, answers: Option<Hash>) -> Receipt {
        Receipt {
            hash,
            recorded,
            said,
            is_agreed: false,
            is_deemed: false,
            answers,
            inspected_by: None,
            is_short: false,
            witness: None,
            name: None,
        }
    }

    /// Whether an event says it of this performance.
    pub fn is_arrival_of(&self, performance: &Hash) -> bool {
        self.inspected_by.is_some() && self.answers.as_ref() == Some(performance)
    }
}

/// What was found of it, by all parties or an adjudicator.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub hash: Hash,
    pub finding: Finding,
    pub source: Source,
}

/// The course of an obligation.
#[derive(Debug, Clone)]
pub struct Course {
    /// What is owed.
    pub obligation: Obligation,
    /// The version of the terms.
    pub version: u32,
    /// Since when it is owed.
    pub(super) since: i64,
    pub(super) grace_days: u32,
    pub(super) size_band: u8,
    pub(super) performances: Vec<Performance>,
    pub(super) receipts: Vec<Receipt>,
    /// Its creditor has warned: the record, and when the ledger had it.
    pub(super) warning: Option<(Hash, i64)>,
    /// It was found to be breached by the warning: when.
    pub(super) breached: Option<i64>,
    pub(super) found: Option<Found>,
    pub(super) dispute: Option<Hash>,
    /// Of a payment, so much of it is disputed and the rest is not.
    pub(super) disputed: Option<u64>,
    /// So many milliseconds more, in which nothing could be done.
    pub(super) extension: i64,
    /// Since when time rests, as long as it does.
    pub(super) rests: Option<i64>,
    pub(super) is_superseded: bool,
}

/// What an obligation came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// It.
    pub determination: Determination,
    /// Who stands for it.
    pub source: Source,
    /// The records that say so.
    pub evidence: Vec<Hash>,
    /// Until when it does not count yet; none if it does.
    pub provisional: Option<Day>,
}

impl Course {
    pub(super) fn new(obligation: Obligation, (version, since): (u32, i64), terms: &Terms) -> Course {
        Course {
            obligation,
            version,
            since,
            grace_days: terms.grace_days,
            size_band: terms.size_band,
            performances: Vec::new(),
            receipts: Vec::new(),
            warning: None,
            breached: None,
            found: None,
            dispute: None,
            disputed: None,
            extension: 0,
            rests: None,
            is_superseded: false,
        }
    }

    /// Whether all of it is disputed.
    pub(super) fn is_wholly_disputed(&self) -> bool {
        self.dispute.is_some() && self.disputed.is_none()
    }

    /// How much of it is not disputed, where only a part is, in thousandths.
    pub(super) fn undisputed(&self) -> u64 {
        self.obligation.quantity.saturating_sub(self.disputed.unwrap_or(0))
    }

    /// How much its creditor has received, in thousandths.
    pub(super) fn paid(&self) -> u64 {
        let paid = self.receipts.iter().map(|one| one.said.quantity.saturating_sub(one.said.returned));
        paid.fold(0, u64::saturating_add)
    }

    /// Whether nothing is added to it any more: it is over, or what is not disputed of it is.
    pub(super) fn is_settled(&self, at: i64, calendar: &Calendar) -> bool {
        self.is_over(at, calendar) || self.is_part_settled(at, calendar)
    }

    /// Whether a part is disputed, and what is not holds.
    pub(super) fn is_part_settled(&self, at: i64, calendar: &Calendar) -> bool {
        let holds = || self.verdict(at, calendar).is_some_and(|verdict| verdict.provisional.is_none());
        self.disputed.is_some() && holds()
    }

    /// What is heard of a performance under a name.
    pub(super) fn heard(&self, performance: &Hash, name: &Hash) -> Option<&Receipt> {
        self.receipts.iter().find(|one| one.name.as_ref() == Some(name) && one.is_arrival_of(performance))
    }

    /// How much of a performance others than its creditor say was done.
    pub(super) fn witnessed(&self, performance: &Hash) -> u64 {
        let receipts = self.receipts.iter().filter(|one| one.witness.is_some() && one.is_arrival_of(performance));
        receipts.fold(0, |sum, one| sum.saturating_add(one.said.quantity))
    }

    /// Whether others than its creditor say of all of it that it was done.
    pub(super) fn is_witnessed(&self) -> bool {
        let said: Vec<Received> =
            self.receipts.iter().filter(|one| one.witness.is_some()).map(|one| one.said).collect();
        !said.is_empty() && self.obligation.determine(&said, self.extension).is_some()
    }

    /// It is owed no more. What is not disputed of it, if that is settled, stays so; the rest is left open for good.
    pub(super) fn supersede(&mut self, at: i64, calendar: &Calendar) {
        match self.is_settled(at, calendar) {
            true => self.dispute = None,
            false => self.is_superseded = true,
        }
    }

    /// What it came to, as known at a time of the ledger; none as long as more is expected, or if it is not owed. Of a payment
    /// of which a part is disputed, what the rest came to (§4.5).
    pub fn verdict(&self, at: i64, calendar: &Calendar) -> Option<Verdict> {
        if self.disputed.is_some() && self.found.is_none() {
            let obligation = Obligation { quantity: self.undisputed(), ..self.obligation.clone() };
            return Course { obligation, disputed: None, ..self.clone() }.verdict(at, calendar);
        }
        if self.is_superseded && self.found.is_none() {
            return None;
        }
        let all =
            |determination, source, evidence| Some(Verdict { determination, source, evidence, provisional: None });
        let said: Vec<Received> = self.receipts.iter().map(|receipt| receipt.said).collect();
        if let Some(found) = &self.found {
            return match found.finding {
                Finding::Performed(received) => {
                    let determination = self.obligation.determine(&[received], self.extension)?;
                    all(determination, found.source, vec![found.hash])
                }
                Finding::Breached => {
                    let last = self.breached.unwrap_or_else(|| self.obligation.latest(self.extension));
                    all(self.obligation.breached(last), found.source, vec![found.hash])
                }
                // It was not late, whatever was received when.
                Finding::Excused(Excuse::Creditor) => {
                    let determination = self.obligation.determine(&said, i64::MAX)?;
                    all(determination, found.source, vec![found.hash])
                }
                Finding::Excused(Excuse::Waived | Excuse::ForceMajeure) => None,
            };
        }
        if let (Some(breached), Some((warning, _))) = (self.breached, self.warning) {
            return all(self.obligation.breached(breached), Source::OneSide, vec![warning]);
        }
        let determination = self.obligation.determine(&said, self.extension)?;
        // What one side says, and the other was silent about.
        let is_of_one =
            |receipt: &Receipt| receipt.witness.is_none() && (receipt.is_deemed || self.is_against_debtor(receipt));
        let source = match self.receipts.iter().all(|receipt| receipt.witness == Some(Source::Authority)) {
            true => Source::Authority,
            false if self.receipts.iter().any(is_of_one) => Source::OneSide,
            false => Source::BothSides,
        };
        let last = self.receipts.iter().filter(|receipt| self.is_against_debtor(receipt)).map(|one| one.recorded).max();
        let until = last.map(|last| calendar.after(Day::in_china(last), PROVISIONAL_DAYS));
        let inspected = self.receipts.iter().filter_map(|one| one.inspected_by).max().map(Day::in_china);
        // Nobody inspects while time rests.
        let rested = self.rests.map_or(at, |since| since.min(at));
        let inspected = inspected.filter(|until| Day::in_china(rested) <= *until);
        let provisional = until.filter(|until| Day::in_china(at) <= *until).max(inspected);
        let evidence = self.receipts.iter().map(|receipt| receipt.hash).collect();
        Some(Verdict { determination, source, evidence, provisional })
    }

    /// Whether a receipt says what is bad for the debtor, and that has not agreed.
    fn is_against_debtor(&self, receipt: &Receipt) -> bool {
        let Received { at, quantity, good, is_complete, .. } = receipt.said;
        let is_bad = good < quantity || is_complete || at > self.obligation.latest(self.extension);
        is_bad && !receipt.is_agreed && !receipt.is_deemed
    }

    /// Days after which it counts half if it is late.
    pub fn grace_days(&self) -> u32 {
        self.grace_days
    }

    /// Whether its creditor says that something of it is bad, to which its debtor has not agreed.
    pub(super) fn is_said_to_be_bad(&self) -> bool {
        let is_bad = |receipt: &Receipt| receipt.said.good < receipt.said.quantity || receipt.said.is_complete;
        self.receipts.iter().any(|receipt| is_bad(receipt) && !receipt.is_agreed)
    }

    /// Time rested: it may be performed so much later, and silence counted for nothing from one time to another.
    pub(super) fn rest(&mut self, extension: i64, (from, to): (i64, i64)) {
        let silent = to.saturating_sub(from).max(0);
        self.extension = self.extension.saturating_add(extension);
        if let Some((_, warned)) = &mut self.warning {
            *warned = warned.saturating_add(silent);
        }
        for one in &mut self.performances {
            one.waits_from = one.waits_from.saturating_add(silent);
        }
        // What was inspected before stays so.
        for by in self.receipts.iter_mut().filter_map(|one| one.inspected_by.as_mut()).filter(|by| **by > from) {
            *by = by.saturating_add(silent);
        }
    }

    /// Whether nothing more comes of it: what it came to holds, or it is not owed.
    pub fn is_over(&self, at: i64, calendar: &Calendar) -> bool {
        let is_excused = self.found.as_ref().is_some_and(|found| matches!(found.finding, Finding::Excused(_)));
        let holds = || self.verdict(at, calendar).is_some_and(|verdict| verdict.provisional.is_none());
        self.is_superseded || (self.dispute.is_none() && (is_excused || holds()))
    }

    /// Whether it was not performed.
    pub fn is_breached(&self) -> bool {
        match &self.found {
            Some(found) => found.finding == Finding::Breached,
            None => self.breached.is_some(),
        }
    }

    /// How it stands at a time of the ledger.
    pub fn state(&self, at: i64, calendar: &Calendar) -> ObligationState {
        if self.dispute.is_some() {
            return ObligationState::Disputed;
        }
        match self.found.as_ref().map(|found| found.finding) {
            Some(Finding::Excused(Excuse::Waived)) => return ObligationState::Waived,
            Some(Finding::Excused(Excuse::ForceMajeure)) => return ObligationState::ExcusedForceMajeure,
            Some(Finding::Excused(Excuse::Creditor)) => return ObligationState::ExcusedCreditor,
            _ => {}
        }
        if self.is_superseded {
            return ObligationState::Superseded;
        }
        if self.is_breached() {
            return ObligationState::Breached;
        }
        let is_late = at > self.obligation.latest(self.extension);
        match self.verdict(at, calendar) {
            Some(verdict) if verdict.provisional.is_none() && verdict.determination.late_days > 0 => {
                ObligationState::Cured
            }
            Some(verdict) if verdict.provisional.is_none() => ObligationState::Done,
            Some(_) => self.received(),
            None if self.performances.iter().any(|one| !one.is_answered) => ObligationState::Tendered,
            None if is_late => ObligationState::Overdue,
            None if !self.receipts.is_empty() => self.received(),
            None if at < self.obligation.earliest() => ObligationState::Pending,
            None => ObligationState::Due,
        }
    }

    fn received(&self) -> ObligationState {
        let sum =
            |of: fn(&Received) -> u64| self.receipts.iter().fold(0u64, |sum, one| sum.saturating_add(of(&one.said)));
        let (good, quantity) = (sum(|said| said.good), sum(|said| said.quantity));
        match (self.receipts.iter().any(|one| one.is_deemed), good) {
            (true, _) => ObligationState::DeemedAccepted,
            (false, 0) => ObligationState::Rejected,
            (false, good) if good == quantity => ObligationState::Accepted,
            (false, _) => ObligationState::PartlyAccepted,
        }
    }

    /// How much of a performance is not told of by what is said of it, if only events say something: none if something
    /// stands, be it said, passed over in silence, or inspected by a time.
    pub(super) fn unsaid(&self, performance: &Performance, at: i64) -> Option<u64> {
        let mut rest = performance.quantity;
        for one in self.receipts.iter().filter(|one| one.answers == Some(performance.hash)) {
            // What is heard at one time is heard wholly, where there is no day to inspect too.
            one.inspected_by.filter(|by| at < *by || one.recorded == at)?;
            rest = rest.saturating_sub(one.said.quantity);
        }
        Some(rest)
    }

    /// An event is withdrawn that says something of a performance: whether it does so no more. What was inspected, agreed
    /// to or disputed stands.
    pub(super) fn withdraw(
        &mut self,
        event: &Hash,
        performance: &Hash,
        (at, calendar): (i64, &Calendar),
    ) -> Option<u64> {
        if self.is_wholly_disputed() || self.is_over(at, calendar) {
            return None;
        }
        let is_open = |one: &Receipt| !one.is_agreed && one.inspected_by.is_some_and(|by| at < by);
        let is_it = |one: &Receipt| one.hash == *event && one.is_arrival_of(performance) && is_open(one);
        let withdrawn = self.receipts.iter().find(|one| is_it(one)).map(|one| one.said.quantity)?;
        self.take_back(event, performance);
        Some(withdrawn)
    }

    /// Takes back what an event says of a performance.
    pub(super) fn take_back(&mut self, event: &Hash, performance: &Hash) {
        self.receipts.retain(|one| one.hash != *event || !one.is_arrival_of(performance));
        self.performances.iter_mut().filter(|one| one.hash == *performance).for_each(|one| one.is_answered = false);
        self.look_again(performance);
    }

    /// Looks again whether a performance is answered: its creditor has said so itself, or all of it is told.
    pub(super) fn look_again(&mut self, performance: &Hash) {
        let told = || self.receipts.iter().filter(|one| one.answers.as_ref() == Some(performance));
        let sum = told().fold(0u64, |sum, one| sum.saturating_add(one.said.quantity));
        let is_said = told().any(|one| one.is_short || (one.inspected_by.is_none() && !one.is_deemed));
        for one in self.performances.iter_mut().filter(|one| one.hash == *performance) {
            one.is_answered |= is_said || sum >= one.quantity;
        }
    }

    /// Takes silence for acceptance where its time is over: of all, or of the rest of what has come.
    pub(super) fn deem_accepted(&mut self, at: i64, inspection_days: u32) {
        if self.is_wholly_disputed() || self.is_superseded || self.found.is_some() {
            return;
        }
        // Of what is disputed silence accepts nothing.
        let mut open = self.disputed.map(|_| self.undisputed().saturating_sub(self.paid()));
        let Course { performances, receipts, .. } = self;
        for one in performances.iter_mut().filter(|one| !one.is_answered) {
            if one.waits_from.saturating_add(days(inspection_days)) <= at {
                one.is_answered = true;
                let told = receipts.iter().filter(|told| told.answers == Some(one.hash));
                let mut rest = told.fold(one.quantity, |rest, told| rest.saturating_sub(told.said.quantity));
                if let Some(open) = &mut open {
                    rest = rest.min(*open);
                    *open = open.saturating_sub(rest);
                    if rest == 0 {
                        continue;
                    }
                }
                receipts.push(Receipt {
                    hash: one.hash,
                    recorded: one.recorded,
                    said: Received {
                        at: one.at.max(one.recorded.saturating_sub(TOLD_MS)),
                        quantity: rest,
                        good: rest,
                        returned: 0,
                        is_complete: false,
                    },
                    is_agreed: true,
                    is_deemed: true,
                    answers: Some(one.hash),
                    inspected_by: None,
                    is_short: false,
                    witness: None,
                    name: None,
                });
            }
        }
    }

    /// Takes it for breached if it was warned of long enough ago, and nothing has come.
    pub(super) fn breach(&mut self, at: i64, calendar: &Calendar) {
        let Some((_, warned)) = self.warning else { return };
        let over = warned.saturating_add(days(self.grace_days));
        let is_open =
            !self.is_wholly_disputed() && self.breached.is_none() && !self.is_superseded && self.found.is_none();
        let is_answered = self.performances.iter().any(|one| !one.is_answered);
        if over <= at && is_open && !is_answered && self.verdict(at, calendar).is_none() {
            self.breached = Some(over);
        }
    }
}

/// So many days in milliseconds.
pub(super) fn days(count: u32) -> i64 {
    DAY_MS.saturating_mul(count.into())
}
