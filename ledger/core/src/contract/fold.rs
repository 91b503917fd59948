//! A contract: what its records come to, one after another (§4.3).

use std::collections::{BTreeMap, BTreeSet};

use super::course::{Course, Found, Performance, Receipt, days};
use super::obligation::{Obligation, ObligationKind};
use super::record::{
    Act, Category, ContractRecord, Disclosure, Disputes, Excuse, Finding, OBLIGATIONS_MAX, Outcome, Party, PartySize,
    TerminationKind, Terms,
};
use crate::credit::Source;
use crate::credit::calendar::Calendar;
use crate::credit::file::Author;
use crate::hash::Hash;
use crate::named::named;

/// Days in which a proposal of terms has to be agreed to by all.
const PROPOSAL_DAYS: u32 = 30;
/// Days in which a termination by one party may be objected to.
const TERMINATION_DAYS: u32 = 7;
/// Days in which a case of force majeure has to be agreed to.
const FORCE_MAJEURE_DAYS: u32 = 7;
/// So many records of one author have an effect in a contract. What a court or authority decides always has.
const RECORDS_MAX: usize = 1 << 13;
/// An obligation has at most so many performances and receipts.
const PARTS_MAX: usize = 4_096;
/// Terms of payment that are unlawful above so many days: of organs of state, and of large enterprises to small ones.
const TERM_DAYS_MAX: u32 = 60;
/// What an organ of state may ask for without a further agreement.
const ORGAN_TERM_DAYS: u32 = 30;

named! {
    /// Why a record has no effect.
    pub enum Void {
        /// Its author may not say this.
        NoRight "CONTRACT-NO_RIGHT",
        /// What it names is not there: the contract, an obligation, a record.
        Unknown "CONTRACT-UNKNOWN",
        /// It does not follow from how things stand.
        Transition "CONTRACT-TRANSITION",
        /// Another record was first.
        Conflict "CONTRACT-CONFLICT",
        /// It states another band of size than the proposal.
        Band "CONTRACT-BAND",
        /// There are as many as there may be.
        TooMany "CONTRACT-TOO_MANY",
    }
}

named! {
    /// How a contract stands (§4.3). A draft is its author's own, and on no ledger.
    pub enum ContractState {
        /// Not all have signed it yet.
        Proposed "proposed",
        /// It never came about.
        Void "void",
        /// All have signed it.
        Active "active",
        /// Something was performed.
        InPerformance "in_performance",
        /// Nothing can be performed, and nobody can help it.
        SuspendedForceMajeure "suspended_fm",
        /// All that was owed is over, and nothing was breached.
        Fulfilled "fulfilled",
        /// All that was owed is over, and something was breached.
        ClosedWithBreach "closed_with_breach",
        /// It ended before its time.
        Terminated "terminated",
    }
}

impl ContractState {
    /// Whether it goes on.
    pub fn is_open(self) -> bool {
        matches!(self, ContractState::Active | ContractState::InPerformance | ContractState::SuspendedForceMajeure)
    }

    fn performs(self) -> bool {
        matches!(self, ContractState::Active | ContractState::InPerformance)
    }
}

named! {
    /// What stands out in a contract, and is for those to see who may.
    pub enum ContractFlag {
        /// A term of payment is longer than the law allows.
        TermUnlawful "TERM_UNLAWFUL",
        /// A term of payment is longer than thirty days, which an organ of state has to have agreed to.
        TermLong "TERM_LONG",
    }
}

/// A record with what is known of it beside its contents.
#[derive(Debug, Clone)]
pub struct Written {
    /// Its hash, by which others name it.
    pub hash: Hash,
    /// Who wrote it.
    pub author: Author,
    /// When the ledger took it: the time of its block, milliseconds since 1970.
    pub recorded: i64,
    /// What it says.
    pub record: ContractRecord,
}

/// A performance that counts.
#[derive(Debug, Clone, Copy)]
pub struct Performed<'a> {
    /// The hash of its record.
    pub hash: Hash,
    /// What is owed.
    pub obligation: &'a Obligation,
    /// Since when.
    pub since: i64,
}

/// What an event of who received says of a performance. Quantities are in thousandths of the obligation's unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// The hash of the event's record.
    pub hash: Hash,
    /// Who says it.
    pub author: String,
    /// When the ledger took the event: the time of its block, milliseconds since 1970.
    pub captured: i64,
    /// When it happened, as its author says.
    pub happened: i64,
    /// The performance, by its record.
    pub performance: Hash,
    /// How much came.
    pub quantity: u64,
    /// How much of it is not as it should be.
    pub bad: u64,
    /// It says that less came than was said to have been performed, or not so that it can be counted: silence accepts no
    /// rest.
    pub is_short: bool,
    /// What it is known by, if nothing else that is known by that counts beside it.
    pub name: Option<Hash>,
    /// Of what source it is, if not its creditor says it: an authority or an agency that one has approved, or a bank.
    pub witness: Option<Source>,
}

/// What others have to agree to.
#[derive(Debug, Clone)]
enum Proposed {
    Contract,
    Terms {
        version: u32,
        terms: Terms,
    },
    Settlement(Vec<Outcome>),
    Termination(TerminationKind),
    /// Since when nothing can be performed.
    ForceMajeure {
        since: i64,
    },
}

#[derive(Debug, Clone)]
struct Proposal {
    what: Proposed,
    author: String,
    recorded: i64,
    consents: BTreeSet<String>,
}

impl Proposal {
    /// When it lapses, or takes effect since nobody has objected; none if it waits.
    fn lapses(&self) -> Option<i64> {
        let count = match self.what {
            Proposed::Contract | Proposed::Terms { .. } => PROPOSAL_DAYS,
            Proposed::Termination(TerminationKind::Unilateral) => TERMINATION_DAYS,
            Proposed::ForceMajeure { .. } => FORCE_MAJEURE_DAYS,
            Proposed::Settlement(_) | Proposed::Termination(_) => return None,
        };
        Some(self.recorded.saturating_add(days(count)))
    }
}

/// A contract.
#[derive(Debug, Clone)]
pub struct Contract<'a> {
    calendar: &'a Calendar,
    /// By the hash of its first record.
    pub id: Hash,
    /// Who is party to it.
    pub parties: Vec<Party>,
    /// What it is about.
    pub category: Category,
    /// Whether the parties belong together.
    pub are_related: bool,
    /// What may appear in reports.
    pub disclosure: Disclosure,
    /// The project that was tendered, by a hash of its number.
    pub project: Option<Hash>,
    /// How disputes are settled.
    pub disputes: Disputes,
    /// The version of the terms in force; 0 before all have signed.
    pub version: u32,
    /// The terms in force; those proposed before.
    pub terms: Terms,
    /// How it stands.
    pub state: ContractState,
    /// Obligations of all versions, in their order.
    pub courses: Vec<Course>,
    proposals: BTreeMap<Hash, Proposal>,
    /// Proposals that were decided, or nobody can agree to any more.
    decided: BTreeSet<Hash>,
    /// Since when nothing can be performed, and since when the ledger knows.
    suspended: Option<(i64, i64)>,
    /// What arrived while nothing could be performed.
    held: Vec<Arrival>,
    /// What arrived under a name: of each name one is heard.
    named: Vec<Arrival>,
    /// The first obligation that is not over.
    open: usize,
    /// How many records of each author had an effect.
    counts: BTreeMap<String, usize>,
    /// What happened, in its order: each record that had an effect, with its author.
    pub records: Vec<(Hash, String)>,
    /// Records without effect, in their order.
    pub voids: Vec<(Hash, Void)>,
    time: i64,
}

impl<'a> Contract<'a> {
    /// Begins with a contract's first record.
    pub fn new(written: &Written, calendar: &'a Calendar) -> Result<Contract<'a>, Void> {
        let Act::Propose { parties, category, terms, are_related, disclosure, project, disputes } = &written.record.act
        else {
            return Err(Void::Unknown);
        };
        if !parties.iter().any(|party| party.organisation == written.author.uri) {
            return Err(Void::NoRight);
        }
        let mut contract = Contract {
            calendar,
            id: written.hash,
            parties: parties.clone(),
            category: *category,
            are_related: *are_related,
            disclosure: *disclosure,
            project: *project,
            disputes: disputes.clone(),
            version: 0,
            terms: terms.clone(),
            state: ContractState::Proposed,
            courses: Vec::new(),
            proposals: BTreeMap::new(),
            decided: BTreeSet::new(),
            suspended: None,
            held: Vec::new(),
            named: Vec::new(),
            open: 0,
            counts: BTreeMap::new(),
            records: vec![(written.hash, written.author.uri.clone())],
            voids: Vec::new(),
            time: written.recorded,
        };
        contract.put_forward(written, Proposed::Contract);
        Ok(contract)
    }

    /// Whether an organisation is party to it.
    pub fn has_party(&self, uri: &str) -> bool {
        self.parties.iter().any(|party| party.organisation == uri)
    }

    /// Takes the next record, or notes why it has no effect.
    pub fn take(&mut self, written: &Written) -> Result<(), Void> {
        self.advance(written.recorded);
        let taken = self.judge(written).and_then(|()| self.effect(written));
        match taken {
            Ok(()) => {
                let count = self.counts.entry(written.author.uri.clone()).or_default();
                *count = count.saturating_add(1);
                self.records.push((written.hash, written.author.uri.clone()));
            }
            Err(void) if self.voids.len() < RECORDS_MAX => self.voids.push((written.hash, void)),
            Err(_) => {}
        }
        self.close();
        taken
    }

    /// A performance, if it has had an effect.
    pub fn performed(&self, hash: &Hash) -> Option<Performed<'_>> {
        let course =
            self.courses.iter().rev().find(|course| course.performances.iter().any(|one| one.hash == *hash))?;
        Some(Performed { hash: *hash, obligation: &course.obligation, since: course.since })
    }

    /// Whether a performance had an effect on what is owed by now, so that what it names shows nothing else.
    pub fn claims(&self, hash: &Hash) -> bool {
        let courses = self.courses.iter().filter(|course| !course.is_superseded || course.found.is_some());
        courses.into_iter().any(|course| course.performances.iter().any(|one| one.hash == *hash))
    }

    /// Lets time pass, up to a time of the ledger: silence is acceptance, proposals lapse, what was warned of is a breach,
    /// each when its time is over, whenever that is looked at.
    pub fn advance(&mut self, to: i64) {
        let to = self.time.max(to);
        loop {
            let lapses = self.proposals.iter().filter_map(|(hash, one)| Some((one.lapses()?, *hash)));
            let next = lapses.min().filter(|(at, _)| *at <= to);
            self.let_pass(next.map_or(to, |(at, _)| at.max(self.time)));
            let Some(proposal) = next.and_then(|(_, hash)| Some((hash, self.proposals.remove(&hash)?))) else { return };
            let (hash, proposal) = proposal;
            self.decided.insert(hash);
            match proposal.what {
                Proposed::Contract => self.state = ContractState::Void,
                Proposed::Termination(_) if self.state.is_open() => self.terminate(),
                _ => {}
            }
        }
    }

    fn let_pass(&mut self, to: i64) {
        self.time = to;
        if self.state.performs() {
            let calendar = self.calendar;
            for course in self.courses.iter_mut().filter(|course| !course.is_part_settled(to, calendar)) {
                course.deem_accepted(to, self.terms.inspection_days);
                course.breach(to, self.calendar);
            }
        }
        self.close();
    }

    /// Closes it if nothing is owed any more.
    fn close(&mut self) {
        let (now, calendar) = (self.time, self.calendar);
        if !self.state.performs() {
            return;
        }
        // What is over stays so.
        while self.courses.get(self.open).is_some_and(|course| course.is_over(now, calendar)) {
            self.open = self.open.saturating_add(1);
        }
        if self.open == self.courses.len() {
            let is_breached = self.courses.iter().any(|course| course.is_breached() && !course.is_superseded);
            self.state = if is_breached { ContractState::ClosedWithBreach } else { ContractState::Fulfilled };
            self.end_proposals();
        }
    }

    /// Nobody can agree any more to what was proposed.
    fn end_proposals(&mut self) {
        self.decided.extend(std::mem::take(&mut self.proposals).into_keys());
    }

    // ---- who may say what ----

    fn judge(&self, written: &Written) -> Result<(), Void> {
        let Author { uri, is_authority } = &written.author;
        let is_party = self.has_party(uri);
        // Nobody judges its own case.
        let is_judge = *is_authority && !is_party;
        if !is_judge && self.counts.get(uri).is_some_and(|count| *count >= RECORDS_MAX) {
            return Err(Void::TooMany);
        }
        let may = match &written.record.act {
            Act::Propose { .. } => return Err(Void::Unknown),
            Act::Award { .. } | Act::Terminate { kind: TerminationKind::ByLaw, .. } => is_judge,
            // An authority may confirm that nobody could help it.
            Act::Consent { to, .. } => is_party || (is_judge && self.is_force_majeure(to)),
            Act::Perform { obligation, .. } => *uri == self.course(obligation)?.obligation.debtor,
            // That it is a bank, or an authority, is not known here.
            Act::Confirm { .. } => !is_party,
            Act::Receive { obligation, .. } | Act::Warn { obligation } | Act::Excuse { obligation, .. } => {
                *uri == self.course(obligation)?.obligation.creditor
            }
            _ => is_party,
        };
        if may { Ok(()) } else { Err(Void::NoRight) }
    }

    fn is_force_majeure(&self, hash: &Hash) -> bool {
        self.proposals.get(hash).is_some_and(|one| matches!(one.what, Proposed::ForceMajeure { .. }))
    }

    fn place(&self, id: &str) -> Result<usize, Void> {
        let place = self.courses.iter().rposition(|course| course.obligation.id == id);
        // Before all have signed nothing is owed.
        place.ok_or(if self.version == 0 { Void::Transition } else { Void::Unknown })
    }

    fn course(&self, id: &str) -> Result<&Course, Void> {
        self.place(id).and_then(|place| self.courses.get(place).ok_or(Void::Unknown))
    }

    fn course_mut(&mut self, id: &str) -> Result<&mut Course, Void> {
        let place = self.place(id)?;
        self.courses.get_mut(place).ok_or(Void::Unknown)
    }

    // ---- what it does ----

    fn effect(&mut self, written: &Written) -> Result<(), Void> {
        let (hash, author, recorded) = (written.hash, &written.author.uri, written.recorded);
        match &written.record.act {
            Act::Propose { .. } => Err(Void::Unknown),
            Act::Amend { version, terms } => self.amend(written, *version, terms),
            Act::Consent { to, size_band } => self.consent(author, *to, *size_band),
            Act::Dissent { to } => self.dissent(author, *to),
            Act::Perform { obligation, at, quantity, .. } => self.perform(
                obligation,
                Performance { hash, recorded, waits_from: recorded, at: *at, quantity: *quantity, is_answered: false },
            ),
            Act::Receive { obligation, performance, received, .. } => {
                self.receive(obligation, Receipt::new((hash, recorded), *received, *performance))
            }
            Act::Confirm { obligation, at, .. } => self.confirmable(obligation, *at),
            Act::Warn { obligation } => self.warn(obligation, hash, recorded),
            Act::Excuse { obligation, excuse } => self.excuse(obligation, *excuse, hash),
            Act::ForceMajeure { .. } => {
                let is_asked = self.proposals.values().any(|one| matches!(one.what, Proposed::ForceMajeure { .. }));
                if !self.state.performs() || is_asked {
                    return Err(Void::Transition);
                }
                // Who says alone since when is believed to have told the ledger within a day.
                let since = written.record.event_time.clamp(recorded.saturating_sub(days(1)), recorded);
                self.put_forward(written, Proposed::ForceMajeure { since });
                Ok(())
            }
            Act::Resume => self.resume(),
            Act::Dispute { obligations, disputed, .. } => self.dispute((author, obligations), *disputed, hash),
            Act::Settle { outcomes } => {
                if !self.state.is_open() {
                    return Err(Void::Transition);
                }
                outcomes.iter().try_for_each(|one| self.course(&one.obligation).map(drop))?;
                self.put_forward(written, Proposed::Settlement(outcomes.clone()));
                Ok(())
            }
            Act::Award { outcomes, .. } => {
                if matches!(self.state, ContractState::Proposed | ContractState::Void) {
                    return Err(Void::Transition);
                }
                self.find(outcomes, hash, Source::Authority)
            }
            Act::Terminate { kind: TerminationKind::ByLaw, .. } => {
                if !self.state.is_open() {
                    return Err(Void::Transition);
                }
                self.terminate();
                Ok(())
            }
            Act::Terminate { kind, .. } => {
                let is_asked = self.proposals.values().any(|one| matches!(one.what, Proposed::Termination(_)));
                // What nobody can perform is ended by all.
                let is_alone = *kind == TerminationKind::Unilateral;
                // Nor does who was warned end it alone.
                let is_warned = |course: &Course| course.warning.is_some() && course.obligation.debtor == *author;
                let may = !is_alone || (self.state.performs() && !self.courses.iter().any(is_warned));
                if !self.state.is_open() || is_asked || !may {
                    return Err(Void::Transition);
                }
                self.put_forward(written, Proposed::Termination(*kind));
                Ok(())
            }
        }
    }

    fn put_forward(&mut self, written: &Written, what: Proposed) {
        let author = written.author.uri.clone();
        let consents = BTreeSet::from([author.clone()]);
        self.proposals.insert(written.hash, Proposal { what, author, recorded: written.recorded, consents });
    }

    fn amend(&mut self, written: &Written, version: u32, terms: &Terms) -> Result<(), Void> {
        if !self.state.performs() {
            return Err(Void::Transition);
        }
        let is_asked = self.proposals.values().any(|one| matches!(one.what, Proposed::Terms { .. }));
        if version != self.version.saturating_add(1) || is_asked {
            return Err(Void::Conflict);
        }
        let are_parties =
            terms.obligations.iter().all(|one| self.has_party(&one.debtor) && self.has_party(&one.creditor));
        if !are_parties {
            return Err(Void::Unknown);
        }
        if self.courses.len().saturating_add(terms.obligations.len()) > OBLIGATIONS_MAX.saturating_mul(16) {
            return Err(Void::TooMany);
        }
        self.put_forward(written, Proposed::Terms { version, terms: terms.clone() });
        Ok(())
    }

    /// Why a record can't be answered: it was decided, or is none.
    fn unanswerable(&self, to: &Hash) -> Void {
        match self.decided.contains(to) {
            true => Void::Conflict,
            false => Void::Unknown,
        }
    }

    fn consent(&mut self, author: &str, to: Hash, size_band: Option<u8>) -> Result<(), Void> {
        if !self.proposals.contains_key(&to) {
            return self.agree(author, to);
        }
        let all = self.parties.len();
        let unknown = self.unanswerable(&to);
        let proposal = self.proposals.get_mut(&to).ok_or(unknown)?;
        let band = match &proposal.what {
            Proposed::Contract => Some(self.terms.size_band),
            Proposed::Terms { terms, .. } => Some(terms.size_band),
            _ => None,
        };
        if size_band != band {
            return Err(Void::Band);
        }
        if !proposal.consents.insert(author.to_owned()) {
            return Err(Void::Conflict);
        }
        // One other party, or an authority, is enough for what nobody could help.
        let is_enough = matches!(proposal.what, Proposed::ForceMajeure { .. }) || proposal.consents.len() == all;
        if !is_enough {
            return Ok(());
        }
        let Some(proposal) = self.proposals.remove(&to) else { return Err(Void::Unknown) };
        self.decided.insert(to);
        match proposal.what {
            Proposed::Contract => {
                self.state = ContractState::Active;
                self.come_into_force(1, self.terms.clone());
            }
            Proposed::Terms { version, terms } => self.come_into_force(version, terms),
            Proposed::Settlement(outcomes) => self.find(&outcomes, to, Source::BothSides)?,
            Proposed::Termination(_) => self.terminate(),
            Proposed::ForceMajeure { since } => {
                if !self.state.performs() {
                    return Err(Void::Transition);
                }
                self.state = ContractState::SuspendedForceMajeure;
                self.suspended = Some((since, self.time));
                self.courses.iter_mut().for_each(|course| course.rests = Some(self.time));
            }
        }
        Ok(())
    }

    /// The debtor agrees to what its creditor says.
    fn agree(&mut self, author: &str, to: Hash) -> Result<(), Void> {
        let unknown = self.unanswerable(&to);
        // One event may be a receipt of two that owe: of who sold the goods, and of who carried them.
        let is_told = |course: &Course| course.receipts.iter().any(|receipt| receipt.hash == to);
        let without = if self.courses.iter().any(is_told) { Void::NoRight } else { unknown };
        let is_own = |course: &Course| course.obligation.debtor == author && is_told(course);
        if !self.courses.iter().any(is_own) {
            return Err(without);
        }
        let is_open = |receipt: &Receipt| receipt.hash == to && !receipt.is_agreed;
        let (now, calendar) = (self.time, self.calendar);
        let may_be = |course: &Course| !course.is_wholly_disputed() && !course.is_part_settled(now, calendar);
        let is_asked = |course: &Course| may_be(course) && course.receipts.iter().any(is_open);
        let course = self.courses.iter_mut().find(|course| is_own(course) && is_asked(course)).ok_or(Void::Conflict)?;
        course.receipts.iter_mut().filter(|receipt| receipt.hash == to).for_each(|receipt| receipt.is_agreed = true);
        Ok(())
    }

    fn come_into_force(&mut self, version: u32, terms: Terms) {
        let (now, calendar, mut since) = (self.time, self.calendar, BTreeMap::new());
        for course in self.courses.iter_mut().filter(|course| !course.is_over(now, calendar)) {
            course.supersede(now, calendar);
            since.insert(course.obligation.id.clone(), (course.obligation.clone(), course.since));
        }
        let of = |one: &Obligation| {
            let unit = one.unit.clone().filter(|_| one.kind == ObligationKind::Pay);
            (one.kind, one.debtor.clone(), one.creditor.clone(), unit)
        };
        // What goes on between the same two under other terms is owed since it was first.
        let courses = terms.obligations.iter().map(|one| {
            let before = since.get(&one.id).filter(|(before, _)| of(before) == of(one));
            Course::new(one.clone(), (version, before.map_or(now, |(_, since)| *since)), &terms)
        });
        self.courses.extend(courses);
        (self.version, self.terms) = (version, terms);
    }

    fn dissent(&mut self, author: &str, to: Hash) -> Result<(), Void> {
        let unknown = self.unanswerable(&to);
        let proposal = self.proposals.get(&to).ok_or(unknown)?;
        // Whoever has agreed is bound; whoever proposed may take it back.
        if proposal.author != author && proposal.consents.contains(author) {
            return Err(Void::Conflict);
        }
        if matches!(proposal.what, Proposed::Contract) {
            self.state = ContractState::Void;
        }
        self.proposals.remove(&to);
        self.decided.insert(to);
        Ok(())
    }

    fn perform(&mut self, obligation: &str, performance: Performance) -> Result<(), Void> {
        if !self.state.performs() {
            return Err(Void::Transition);
        }
        let (now, calendar) = (self.time, self.calendar);
        let waits = self.course(obligation)?.obligation.depends_on.iter().any(|on| {
            self.course(on).is_ok_and(|before| {
                before.performances.is_empty() && before.receipts.is_empty() && !before.is_over(now, calendar)
            })
        });
        let course = self.course_mut(obligation)?;
        if waits
            || performance.at < course.obligation.earliest()
            || course.is_settled(now, calendar)
            || course.breached.is_some()
        {
            return Err(Void::Transition);
        }
        if course.performances.len() >= PARTS_MAX {
            return Err(Void::TooMany);
        }
        course.performances.push(performance);
        self.state = ContractState::InPerformance;
        Ok(())
    }

    fn receive(&mut self, obligation: &str, mut receipt: Receipt) -> Result<(), Void> {
        if !self.state.performs() {
            return Err(Void::Transition);
        }
        let (now, calendar) = (self.time, self.calendar);
        let is_replaced = |one: &Receipt, hash: &Hash| one.is_arrival_of(hash) && one.witness.is_none();
        let course = self.course_mut(obligation)?;
        // That nothing more comes can't be said before anything did, or was due.
        let is_early = receipt.said.is_complete
            && course.performances.is_empty()
            && receipt.recorded <= course.obligation.latest(course.extension);
        if is_early || course.is_settled(now, calendar) || course.is_wholly_disputed() {
            return Err(Void::Transition);
        }
        if course.is_witnessed() {
            return Err(Void::Conflict);
        }
        let replaced =
            receipt.answers.map_or(0, |hash| course.receipts.iter().filter(|one| is_replaced(one, &hash)).count());
        if course.receipts.len().saturating_sub(replaced) >= PARTS_MAX {
            return Err(Void::TooMany);
        }
        if let Some(hash) = receipt.answers {
            let answered = course.performances.iter().find(|one| one.hash == hash).ok_or(Void::Unknown)?;
            // What was inspected stands, as does what was answered without an event, and what others witness.
            let witnessed = course.witnessed(&hash);
            let stands = course.unsaid(answered, now).is_none() || witnessed >= answered.quantity;
            if stands || (answered.is_answered && replaced == 0) {
                return Err(Void::Conflict);
            }
            if witnessed > 0 {
                // It is of the rest, whatever it says.
                let said = &mut receipt.said;
                let rest = answered.quantity.saturating_sub(witnessed);
                let bad = said.quantity.saturating_sub(said.good);
                said.quantity = said.quantity.min(rest);
                said.good = said.quantity.saturating_sub(bad);
                said.returned = said.returned.min(said.quantity);
            }
            // What its creditor says takes the place of what events say.
            course.receipts.retain(|one| !one.is_arrival_of(&hash) || one.witness.is_some());
            course.performances.iter_mut().filter(|one| one.hash == hash).for_each(|one| one.is_answered = true);
        }
        course.receipts.push(receipt);
        self.state = ContractState::InPerformance;
        Ok(())
    }

    /// Whether a bank may confirm a payment: one that was owed by then and still is. What it says is told by the performance that
    /// names it.
    fn confirmable(&self, obligation: &str, at: i64) -> Result<(), Void> {
        let course = self.course(obligation)?;
        let is_owed = course.obligation.kind == ObligationKind::Pay && course.since <= at;
        match self.state.is_open() && is_owed && !course.is_settled(self.time, self.calendar) {
            true => Ok(()),
            false => Err(Void::Transition),
        }
    }

    fn warn(&mut self, obligation: &str, hash: Hash, recorded: i64) -> Result<(), Void> {
        if !self.state.performs() {
            return Err(Void::Transition);
        }
        let (now, calendar) = (self.time, self.calendar);
        let course = self.course_mut(obligation)?;
        let is_late = now > course.obligation.latest(course.extension);
        if !is_late || course.warning.is_some() || course.is_settled(now, calendar) || course.is_wholly_disputed() {
            return Err(Void::Transition);
        }
        course.warning = Some((hash, recorded));
        Ok(())
    }

    fn excuse(&mut self, obligation: &str, excuse: Excuse, hash: Hash) -> Result<(), Void> {
        if !self.state.is_open() {
            return Err(Void::Transition);
        }
        let (now, calendar) = (self.time, self.calendar);
        let course = self.course_mut(obligation)?;
        // What is in the debtor's favour, its creditor may say alone; not what would make its own word final, or leave out
        // what the debtor has done.
        let may = match excuse {
            Excuse::Waived => course.performances.is_empty() && course.receipts.is_empty(),
            Excuse::Creditor | Excuse::ForceMajeure => !course.is_said_to_be_bad(),
        };
        if !may || course.dispute.is_some() || course.is_over(now, calendar) {
            return Err(Void::Transition);
        }
        course.found = Some(Found { hash, finding: Finding::Excused(excuse), source: Source::BothSides });
        Ok(())
    }

    fn resume(&mut self) -> Result<(), Void> {
        let (now, calendar) = (self.time, self.calendar);
        let Some((since, known)) = self.suspended.filter(|_| self.state == ContractState::SuspendedForceMajeure) else {
            return Err(Void::Transition);
        };
        let rested = now.saturating_sub(since).max(0);
        for course in self.courses.iter_mut().filter(|one| !one.is_over(now, calendar)) {
            // What was due before could have been performed.
            let extension = if course.obligation.latest(course.extension) >= since { rested } else { 0 };
            course.rest(extension, (known, now));
        }
        self.courses.iter_mut().for_each(|course| course.rests = None);
        (self.state, self.suspended) = (ContractState::InPerformance, None);
        // What arrived meanwhile is inspected from now on.
        std::mem::take(&mut self.held).iter().for_each(|arrival| self.receive_event(arrival, None));
        Ok(())
    }

    fn dispute(
        &mut self,
        (author, obligations): (&str, &[String]),
        disputed: Option<u64>,
        hash: Hash,
    ) -> Result<(), Void> {
        if !self.state.is_open() {
            return Err(Void::Transition);
        }
        let (now, calendar) = (self.time, self.calendar);
        for id in obligations {
            let course = self.course(id)?;
            // What is disputed in part may be disputed wholly; nobody disputes less than before.
            let is_disputed = course.dispute.is_some() && (course.disputed.is_none() || disputed.is_some());
            if is_disputed || course.is_settled(now, calendar) {
                return Err(Void::Transition);
            }
            // Who owes a payment says how much of it is not in question: nothing that was paid is.
            let Obligation { kind, debtor, quantity, .. } = &course.obligation;
            let open = quantity.saturating_sub(course.paid()).min(quantity.saturating_sub(1));
            if disputed.is_some_and(|part| *kind != ObligationKind::Pay || debtor != author || part > open) {
                return Err(Void::Transition);
            }
        }
        obligations.iter().try_for_each(|id| {
            let course = self.course_mut(id)?;
            (course.dispute, course.disputed) = (Some(hash), disputed);
            Ok(())
        })
    }

    /// What was found holds, whatever was said before.
    fn find(&mut self, outcomes: &[Outcome], hash: Hash, source: Source) -> Result<(), Void> {
        outcomes.iter().try_for_each(|one| self.course(&one.obligation).map(drop))?;
        for Outcome { obligation, finding } in outcomes {
            let course = self.course_mut(obligation)?;
            (course.dispute, course.disputed, course.is_superseded) = (None, None, false);
            course.found = Some(Found { hash, finding: *finding, source });
        }
        Ok(())
    }

    /// Ends it: what is open is owed no more. What is disputed an adjudicator may still decide.
    fn terminate(&mut self) {
        let (now, calendar) = (self.time, self.calendar);
        let nobody_could = self.state == ContractState::SuspendedForceMajeure;
        for course in self.courses.iter_mut().filter(|course| !course.is_over(now, calendar)) {
            match nobody_could && !course.is_settled(now, calendar) {
                true => {
                    let finding = Finding::Excused(Excuse::ForceMajeure);
                    course.found = Some(Found { hash: self.id, finding, source: Source::BothSides });
                }
                false => course.supersede(now, calendar),
            }
        }
        self.courses.iter_mut().for_each(|course| course.rests = None);
        self.held.clear();
        self.named.clear();
        self.end_proposals();
        (self.state, self.suspended) = (ContractState::Terminated, None);
    }

    // ---- what stands out ----

    /// Terms of payment that the law does not allow, by obligation (§4.5).
    pub fn flags(&self) -> Vec<(&str, ContractFlag)> {
        let size = |uri: &str| self.parties.iter().find(|party| party.organisation == uri).and_then(|party| party.size);
        let payments = self.terms.obligations.iter().filter(|one| one.kind == ObligationKind::Pay);
        let flag = |days: u32, debtor: Option<PartySize>, creditor: Option<PartySize>| match (debtor, creditor) {
            (Some(PartySize::Organ), _) if days > TERM_DAYS_MAX => Some(ContractFlag::TermUnlawful),
            (Some(PartySize::Organ), _) if days > ORGAN_TERM_DAYS => Some(ContractFlag::TermLong),
            (Some(PartySize::Large), Some(PartySize::Small)) if days > TERM_DAYS_MAX => {
                Some(ContractFlag::TermUnlawful)
            }
            _ => None,
        };
        payments
            .filter_map(|one| Some((one.id.as_str(), flag(one.term_days?, size(&one.debtor), size(&one.creditor))?)))
            .collect()
    }

    /// Whether something is disputed.
    pub fn is_disputed(&self) -> bool {
        self.courses.iter().any(|course| course.dispute.is_some() && !course.is_superseded)
    }

    /// The time of the ledger up to which it is told.
    pub fn time(&self) -> i64 {
        self.time
    }
}

mod arrived;
#[cfg(test)]
mod tests;
