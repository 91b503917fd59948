//! A firm's credit file: what its records come to, one after another. Pure: the same records give the same file, on any
//! node and at any height. What a record may not do has no effect, and says why.

use std::collections::{BTreeMap, BTreeSet};

use super::calendar::Calendar;
use super::ceiling::{Ceiling, CeilingCode, Evidence};
use super::devices::{self, Device, DeviceState};
use super::disclosure::{Finding, Verification};
use super::draw::Draw;
use super::evaluate::Grade;
use super::fact::{Fact, FactStatus, Ring, Source};
use super::indicator::Indicator;
use super::kind::{RecordKind, Speaker};
use super::measures::{MeasureCatalogue, MeasureItem};
use super::parameters::Profile;
use super::published::Published;
use super::recalls::{Recall, Recalls};
use super::record::{
    CreditRecord, InspectionResult, LicenceState, ObjectionKind, ObjectionResult, ObjectionStep, PledgeResult,
    RepairResult, RepairStep, Statement, is_organ, may_be_graded,
};
use super::repair::RepairPolicies;
use super::status::{CustomsTier, Licences, Penalty, PenaltyClass, PenaltyState, Status};
use crate::contract::fold::Contract;
use crate::day::Day;
use crate::hash::Hash;
use crate::named::named;

/// The mass of an inspection, and of a pledge (`05-credit-model.md` §5.2).
const INSPECTION_MASS: u64 = 2_000;
const PLEDGE_MASS: u64 = 1_000;
/// Working days to accept or refuse an objection, to check the platform's data, for the provider to answer (§5.7).
const OBJECTION_ACCEPT_DAYS: u32 = 2;
const PLATFORM_CHECK_DAYS: u32 = 2;
const PROVIDER_ANSWER_DAYS: u32 = 10;

named! {
    /// Why a record has no effect.
    pub enum Void {
        /// Its author may not say this: an authority's to say, or the subject's.
        NoRight "CREDIT-NO_RIGHT",
        /// What it names is not in the subject's file.
        UnknownTarget "CREDIT-UNKNOWN_TARGET",
        /// What it names is of another kind, or nothing that can be objected to or repaired.
        WrongTarget "CREDIT-WRONG_TARGET",
        /// It does not follow from the state that things are in.
        Transition "CREDIT-TRANSITION",
        /// The same was objected to before, and there is no new evidence.
        ObjectedBefore "CREDIT-OBJECTED_BEFORE",
        /// The least time of publication is not over.
        MinPeriod "CREDIT-MIN_PERIOD",
        /// The penalty was not delivered together with the notice of how to repair it, and does not score.
        NotDelivered "CREDIT-NOT_DELIVERED",
        /// The measure is in no catalogue of its author that is in force.
        NotCatalogued "CREDIT-NOT_CATALOGUED",
        /// The grade is not what follows from the records. Only a gateway says so: whoever audits raises an alarm.
        GradeDiffers "CREDIT-GRADE_DIFFERS",
    }
}

/// Who has written a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// Its URI.
    pub uri: String,
    /// Whether it is an authority.
    pub is_authority: bool,
}

/// A record with what is known of it beside its contents.
#[derive(Debug, Clone)]
pub struct Written {
    /// Its hash, by which others name it.
    pub hash: Hash,
    /// Who wrote it.
    pub author: Author,
    /// What it says.
    pub record: CreditRecord,
}

/// What became of a penalty or finding by objection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Standing {
    #[default]
    Stands,
    /// An objection is being looked into.
    Suspended,
    /// One was upheld.
    Withdrawn,
    /// It was repaired, or what it is the basis of was.
    Repaired,
}

impl Standing {
    fn status(self) -> FactStatus {
        match self {
            Standing::Stands => FactStatus::Active,
            Standing::Suspended => FactStatus::Suspended,
            Standing::Withdrawn => FactStatus::Superseded,
            Standing::Repaired => FactStatus::Repaired,
        }
    }
}

/// A record in the file.
#[derive(Debug, Clone)]
struct Item {
    kind: RecordKind,
    /// The item of the catalogue that it is of.
    item: &'static str,
    author: String,
    statement: Statement,
    standing: Standing,
    day: Day,
}

/// An objection on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objection {
    /// What is objected to.
    pub target: Hash,
    /// What is said to be wrong.
    pub kind: ObjectionKind,
    /// What of a contract is objected to; all that rests on the record if empty.
    pub indicators: Vec<Indicator>,
    /// The last step; none if nothing was done yet.
    pub step: Option<ObjectionStep>,
    /// How it was decided.
    pub result: Option<ObjectionResult>,
    /// When it ended.
    pub ended: Option<Day>,
    /// By when the next step is due; none if there is none.
    pub due: Option<Day>,
}

/// An application for repair on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repair {
    /// What is to be repaired.
    pub targets: Vec<Hash>,
    /// The last step; none if nothing was done yet.
    pub step: Option<RepairStep>,
    /// How it was decided.
    pub result: Option<RepairResult>,
    /// By when the next step is due; none if there is none.
    pub due: Option<Day>,
    /// When it ended.
    pub ended: Option<Day>,
    is_extended: bool,
}

/// A firm's credit file.
#[derive(Debug, Clone)]
pub struct CreditFile<'a> {
    subject: String,
    calendar: &'a Calendar,
    policies: &'a RepairPolicies,
    items: BTreeMap<Hash, Item>,
    /// The hashes of the items in their order.
    order: Vec<Hash>,
    /// What measures are the use of, by the hashes of their records.
    measure_items: BTreeMap<Hash, MeasureItem>,
    /// Objections by the hash of their record.
    pub objections: BTreeMap<Hash, Objection>,
    /// Repairs likewise.
    pub repairs: BTreeMap<Hash, Repair>,
    /// Records without effect, in their order.
    pub voids: Vec<(Hash, Void)>,
    /// What follows from contracts and from events.
    computed: Vec<Fact>,
    /// The records of contracts, and whether the subject said it.
    contract_records: BTreeMap<Hash, bool>,
    /// The events that are named for what is computed of all of them: the subject's own, but what they count is not.
    trace_records: BTreeSet<Hash>,
    devices: Vec<Device>,
    recalls: Recalls,
    /// What is removed, by the record that asks for it.
    removals: BTreeMap<Hash, Removal>,
    /// All penalties that are removed.
    removed: BTreeSet<Hash>,
    /// Records without a body that a removal may name.
    gone: BTreeSet<Hash>,
    /// What became of it by objection: of all that rests on a record, or of these indicators alone.
    rests: BTreeMap<Hash, (Standing, Vec<Indicator>)>,
}

impl<'a> CreditFile<'a> {
    /// An empty file of a subject.
    pub fn new(subject: &str, calendar: &'a Calendar, policies: &'a RepairPolicies) -> CreditFile<'a> {
        CreditFile {
            subject: subject.to_owned(),
            calendar,
            policies,
            items: BTreeMap::new(),
            order: Vec::new(),
            measure_items: BTreeMap::new(),
            objections: BTreeMap::new(),
            repairs: BTreeMap::new(),
            voids: Vec::new(),
            computed: Vec::new(),
            contract_records: BTreeMap::new(),
            trace_records: BTreeSet::new(),
            devices: Vec::new(),
            recalls: Recalls::default(),
            removals: BTreeMap::new(),
            removed: BTreeSet::new(),
            gone: BTreeSet::new(),
            rests: BTreeMap::new(),
        }
    }

    /// Takes what a contract of the subject has come to. Contracts MUST be taken before records that object to what they
    /// say.
    pub fn take_contract(&mut self, contract: &Contract<'_>, salt: &[u8]) {
        if !may_be_graded(&self.subject) {
            return;
        }
        self.computed.extend(contract.facts(&self.subject, salt, self.calendar));
        self.contract_records.extend(contract.records.iter().map(|(hash, author)| (*hash, *author == self.subject)));
    }

    /// Takes what the subject's events come to. As with contracts, before records that object to it.
    pub fn take_traces(&mut self, facts: Vec<Fact>) {
        if may_be_graded(&self.subject) {
            self.trace_records.extend(facts.iter().flat_map(|fact| fact.evidence.iter().copied()));
            self.computed.extend(facts);
        }
    }

    /// Takes the equipment that was ever registered in the subject's name. As with contracts, before records that object to
    /// it.
    pub fn take_devices(&mut self, devices: Vec<Device>) {
        if may_be_graded(&self.subject) {
            self.trace_records.extend(devices.iter().flat_map(Device::records));
            self.devices = devices;
        }
    }

    /// Takes the subject's recalls, likewise.
    pub fn take_recalls(&mut self, recalls: Recalls) {
        if may_be_graded(&self.subject) {
            let ordered = recalls.unanswered.iter().map(|order| order.record);
            self.trace_records.extend(ordered.chain(recalls.announced.iter().map(|recall| recall.record)));
            self.computed.extend(recalls.announced.iter().filter_map(Recall::fact));
            self.recalls = recalls;
        }
    }

    /// Takes what a measure is the use of, by its author's catalogues. It MUST be taken before the measure's record, which
    /// has no effect without.
    pub fn take_measure_item(&mut self, record: Hash, item: MeasureItem) {
        self.measure_items.insert(record, item);
    }

    /// The equipment that the subject uses on a day.
    pub fn devices(&self, day: Day) -> Vec<DeviceState> {
        let states = self.devices.iter().filter_map(|device| device.on(day));
        states.filter(|device| device.user == self.subject).collect()
    }

    /// The subject's recalls.
    pub fn recalls(&self) -> &Recalls {
        &self.recalls
    }

    /// Whose it is.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Whether nothing in it has had an effect.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
            && self.contract_records.is_empty()
            && self.computed.is_empty()
            && self.trace_records.is_empty()
            && self.removals.is_empty()
    }

    /// Takes the next record, or notes why it has no effect.
    pub fn take(&mut self, written: &Written) -> Result<(), Void> {
        let taken = self.judge(written).and_then(|()| self.effect(written));
        if let Err(void) = taken {
            self.voids.push((written.hash, void));
        }
        taken
    }

    /// Whether a record had no effect.
    pub fn is_void(&self, hash: &Hash) -> bool {
        self.voids.iter().any(|(void, _)| void == hash)
    }

    /// Whether a record's author may say it.
    fn judge(&self, written: &Written) -> Result<(), Void> {
        let Author { uri, is_authority } = &written.author;
        let record = &written.record;
        let may = match record.kind.speaker() {
            Speaker::AuthorityItself => *is_authority && *uri == record.subject,
            Speaker::Subject => *uri == record.subject,
            Speaker::Authority => *is_authority && *uri != record.subject,
            Speaker::Anybody => true,
        };
        match may && record.subject == self.subject {
            true => Ok(()),
            false => Err(Void::NoRight),
        }
    }

    fn effect(&mut self, written: &Written) -> Result<(), Void> {
        let Written { hash, record, .. } = written;
        let day = Day::in_china(record.event_time);
        match &record.statement {
            Statement::Objection { target, kind, evidence, indicators, .. } => {
                return self.object((*hash, day), *target, (*kind, indicators), !evidence.is_empty());
            }
            Statement::ObjectionStep { objection, step, result, .. } => {
                return self.objection_step(objection, *step, *result, day);
            }
            Statement::Repair { targets, pledge, .. } => return self.apply_for_repair((*hash, day), targets, pledge),
            Statement::RepairStep { repair, step, result, .. } => {
                return self.repair_step(repair, (*step, *result), &written.author.uri, day);
            }
            Statement::Removal { targets } => return self.remove(*hash, targets, day),
            // Who has erased something adds nothing to the file.
            Statement::RemovalDone { removal } => {
                return if self.removals.contains_key(removal) { Ok(()) } else { Err(Void::UnknownTarget) };
            }
            Statement::PledgeResult { pledge, .. } => self.need(pledge, RecordKind::Pledge)?,
            Statement::Verification(said) => self.may_verify(said)?,
            Statement::Unlicensed(found) => self.may_be_unlicensed(found)?,
            Statement::NoticeDone(done) => self.may_be_done(done)?,
            Statement::Draw(draw) if self.draws().any(|other| other.id == draw.id) => return Err(Void::Transition),
            Statement::MeasureCatalogue(catalogue) if self.catalogues().any(|one| one.version == catalogue.version) => {
                return Err(Void::Transition);
            }
            Statement::Measure(_) if !self.measure_items.contains_key(hash) => return Err(Void::NotCatalogued),
            Statement::Penalty { delivered: None, .. } => return Err(Void::NotDelivered),
            _ => {}
        }
        self.add(written, day);
        Ok(())
    }

    fn draws(&self) -> impl Iterator<Item = &Draw> {
        self.items.values().filter_map(|item| match &item.statement {
            Statement::Draw(draw) => Some(&**draw),
            _ => None,
        })
    }

    fn catalogues(&self) -> impl Iterator<Item = &MeasureCatalogue> {
        self.items.values().filter_map(|item| match &item.statement {
            Statement::MeasureCatalogue(catalogue) => Some(&**catalogue),
            _ => None,
        })
    }

    fn add(&mut self, Written { hash, author, record }: &Written, day: Day) {
        let (author, statement) = (author.uri.clone(), record.statement.clone());
        let (kind, item, standing) = (record.kind, record.item, Standing::Stands);
        self.order.push(*hash);
        self.items.insert(*hash, Item { kind, item, author, statement, standing, day });
    }

    fn item(&self, hash: &Hash) -> Result<&Item, Void> {
        self.items.get(hash).ok_or(Void::UnknownTarget)
    }

    fn need(&self, hash: &Hash, kind: RecordKind) -> Result<(), Void> {
        match self.item(hash)?.kind == kind {
            true => Ok(()),
            false => Err(Void::WrongTarget),
        }
    }

    /// How that stands to which can be objected: what others have said.
    fn standing(&self, hash: &Hash) -> Result<Standing, Void> {
        match (self.items.get(hash), self.contract_records.get(hash)) {
            (Some(item), _) if item.kind.speaker() != Speaker::Authority => Err(Void::WrongTarget),
            (Some(item), _) => Ok(item.standing),
            (None, Some(true)) => Err(Void::WrongTarget),
            (None, None) if !self.trace_records.contains(hash) => Err(Void::UnknownTarget),
            (None, _) => Ok(self.rests.get(hash).map_or(Standing::Stands, |(standing, _)| *standing)),
        }
    }

    fn set(&mut self, hash: &Hash, standing: Standing, indicators: &[Indicator]) {
        match self.items.get_mut(hash) {
            // What is repaired stays so, however an objection to it is decided later.
            Some(item) if item.standing == Standing::Repaired => {}
            Some(item) => item.standing = standing,
            None => drop(self.rests.insert(*hash, (standing, indicators.to_vec()))),
        }
    }

    // ---- objection (§5.7) ----

    fn object(
        &mut self,
        (hash, day): (Hash, Day),
        target: Hash,
        (kind, indicators): (ObjectionKind, &[Indicator]),
        has_evidence: bool,
    ) -> Result<(), Void> {
        if self.standing(&target)? != Standing::Stands {
            return Err(Void::Transition);
        }
        let before = self.objections.values().any(|one| one.target == target && one.step.is_some());
        let is_open = self.objections.values().any(|one| one.target == target && one.due.is_some());
        match (is_open, before && !has_evidence) {
            (true, _) => return Err(Void::Transition),
            (false, true) => return Err(Void::ObjectedBefore),
            (false, false) => {}
        }
        let due = Some(self.calendar.after(day, OBJECTION_ACCEPT_DAYS));
        let indicators = indicators.to_vec();
        self.objections
            .insert(hash, Objection { target, kind, indicators, step: None, result: None, ended: None, due });
        Ok(())
    }

    fn objection_step(
        &mut self,
        hash: &Hash,
        step: ObjectionStep,
        result: Option<ObjectionResult>,
        day: Day,
    ) -> Result<(), Void> {
        let objection = self.objections.get(hash).ok_or(Void::UnknownTarget)?.clone();
        let follows = match objection.step {
            None => matches!(step, ObjectionStep::Accept | ObjectionStep::Refuse),
            Some(ObjectionStep::Refuse | ObjectionStep::Decide) => false,
            Some(last) => step > last && step != ObjectionStep::Refuse,
        };
        if !follows {
            return Err(Void::Transition);
        }
        let due = match step {
            ObjectionStep::Accept => Some(self.calendar.after(day, PLATFORM_CHECK_DAYS)),
            ObjectionStep::PlatformCheck => objection.due,
            ObjectionStep::ProviderAsked => Some(self.calendar.after(day, PROVIDER_ANSWER_DAYS)),
            ObjectionStep::ProviderAnswer => objection.due,
            ObjectionStep::Refuse | ObjectionStep::Decide => None,
        };
        let (target, indicators) = (objection.target, &objection.indicators);
        match (step, result) {
            (ObjectionStep::Accept, _) if self.suspends(&target, objection.kind) => {
                self.set(&target, Standing::Suspended, indicators)
            }
            (ObjectionStep::Decide, Some(ObjectionResult::Upheld | ObjectionResult::Partly)) => {
                self.set(&target, Standing::Withdrawn, indicators);
            }
            (ObjectionStep::Decide, _) => self.set(&target, Standing::Stands, indicators),
            _ => {}
        }
        let ended = due.is_none().then_some(day);
        self.objections.insert(*hash, Objection { step: Some(step), result, due, ended, ..objection });
        Ok(())
    }

    /// Whether the effect of a record rests while an objection to it is looked into: not that of an authority's gravest
    /// decisions, unless they are of another firm or copied wrongly.
    fn suspends(&self, target: &Hash, kind: ObjectionKind) -> bool {
        let is_of_form = matches!(kind, ObjectionKind::Identity | ObjectionKind::Transcription);
        let is_grave = self.items.get(target).is_some_and(|item| match &item.statement {
            Statement::Listing { .. } => true,
            Statement::Penalty { class, .. } => *class == PenaltyClass::Serious,
            Statement::CustomsTier { tier, .. } => is_dishonest(*tier).is_some(),
            Statement::Falsification(_) => true,
            _ => false,
        });
        is_of_form || !is_grave
    }

    // ---- what it comes to ----

    /// The grade that was published as of the greatest height, and the hash of its record.
    pub fn published(&self) -> Option<(Hash, &Published)> {
        let stands = self.in_order().filter(|(_, item)| item.standing == Standing::Stands);
        let grades = stands.filter_map(|(hash, item)| match &item.statement {
            Statement::Grade(published) => Some((*hash, &**published)),
            _ => None,
        });
        grades.max_by_key(|(_, published)| published.height)
    }

    fn in_order(&self) -> impl Iterator<Item = (&Hash, &Item)> {
        self.order.iter().filter_map(|hash| Some((hash, self.items.get(hash)?)))
    }

    /// The profile that an authority has said last.
    pub fn profile(&self) -> Option<Profile> {
        let profile = |item: &Item| if let Statement::Profile(profile) = item.statement { Some(profile) } else { None };
        self.in_order()
            .filter(|(_, item)| item.standing == Standing::Stands)
            .filter_map(|(_, item)| profile(item))
            .last()
    }

    /// The facts that are computed, with what became of them by objection.
    fn computed_facts(&self) -> impl Iterator<Item = Fact> {
        self.computed.iter().map(|fact| {
            let rests = fact.evidence.iter().filter_map(|hash| self.rests.get(hash));
            let mut rests = rests.filter(|(_, of)| of.is_empty() || of.contains(&fact.indicator));
            let standing = rests.find(|(standing, _)| *standing != Standing::Stands).map(|(standing, _)| *standing);
            Fact { status: standing.unwrap_or_default().status(), ..fact.clone() }
        })
    }

    /// The facts, each from its records.
    pub fn facts(&self) -> Vec<Fact> {
        let own = self.in_order().filter_map(|(hash, item)| {
            let (indicator, day, value, mass) = match &item.statement {
                Statement::Inspection { day, result, .. } => {
                    (Indicator::Inspection, *day, inspection_value(*result), INSPECTION_MASS)
                }
                Statement::PledgeResult { result, .. } => {
                    (Indicator::Commitment, item.day, pledge_value(*result), PLEDGE_MASS)
                }
                // What is true counts nothing, or a firm could make itself good at keeping pledges by trifles.
                Statement::Verification(Verification { result: Finding::False, .. }) => {
                    (Indicator::Commitment, item.day, pledge_value(PledgeResult::Broken), PLEDGE_MASS)
                }
                _ => return None,
            };
            Some(Fact {
                id: format!("{}.{hash}", indicator.name()),
                indicator,
                day,
                value,
                mass,
                source: Source::Authority,
                counterparty: None,
                status: item.standing.status(),
                ring: Ring::Independent,
                evidence: vec![*hash],
            })
        });
        // What is repaired is as if it were not. Of an organ of state only how it pays is told.
        let is_told = |fact: &Fact| !is_organ(&self.subject) || fact.indicator == Indicator::Payment;
        let told = self.computed_facts().chain(own).filter(is_told);
        told.filter(|fact| fact.status != FactStatus::Repaired).collect()
    }

    /// The facts that count on a day: of months that go on nothing does, on their last day neither.
    pub fn facts_on(&self, day: Day) -> Vec<Fact> {
        let goes_on = |fact: &Fact| {
            matches!(fact.indicator, Indicator::TraceCompleteness | Indicator::TraceTimeliness) && fact.day >= day
        };
        let mut facts = self.facts();
        facts.retain(|fact| !goes_on(fact));
        facts
    }

    /// Whether what rests on a record is contested, as far as an indicator goes.
    fn is_contested(&self, record: &Hash, indicator: Indicator) -> bool {
        self.rests
            .get(record)
            .is_some_and(|(standing, of)| *standing != Standing::Stands && (of.is_empty() || of.contains(&indicator)))
    }

    /// How the firm stands on a day.
    pub fn status(&self, day: Day) -> Status {
        if is_organ(&self.subject) {
            return Status { is_organ: true, ..Status::default() };
        }
        let contested = |indicator: Indicator| move |hash: &Hash| self.is_contested(hash, indicator);
        let (equipment, overdue, unfit) = devices::standing(&self.devices(day), day, contested(Indicator::Equipment));
        let recalled = self.recalls.ceiling(day, contested(Indicator::Recall));
        let ceilings = overdue.into_iter().chain(recalled).chain(self.unlicensed(day)).collect();
        let mut status = Status { equipment, ceilings, ..Status::default() };
        let mut licences: BTreeMap<(&str, &str), (bool, Hash)> = BTreeMap::new();
        let mut score: Option<(Day, u16, Hash)> = None;
        let (mut penalties, mut tier) = (Vec::new(), None);
        for (hash, item) in self.in_order() {
            let is_in_force = |from: Day, to: Option<Day>| from <= day && to.is_none_or(|to| day <= to);
            let is_in_effect = item.standing == Standing::Stands;
            match &item.statement {
                Statement::Penalty { class, decision, decided, .. } if *decided <= day => {
                    let state = self.penalty_state(item, day);
                    status.penalties.push(Penalty { class: *class, state });
                    penalties.extend((state == PenaltyState::Published).then_some(*hash));
                    if (*class, state) == (PenaltyClass::Serious, PenaltyState::Published) {
                        status.ceilings.push(decided_by(CeilingCode::SeriousPenalty, Grade::C, decision, hash));
                    }
                }
                Statement::Listing { decision, from, to, .. } if is_in_effect && is_in_force(*from, *to) => {
                    status.ceilings.push(decided_by(CeilingCode::Listed, Grade::E, decision, hash));
                }
                Statement::Falsification(said) if is_in_effect => {
                    let ceiling = said.ceiling(day);
                    status
                        .ceilings
                        .extend(ceiling.map(|grade| decided_by(CeilingCode::Falsified, grade, &said.decision, hash)));
                }
                Statement::Licence { kind, number, from, to, state, .. } if is_in_effect => {
                    let is_valid = *state == LicenceState::Valid && is_in_force(*from, *to);
                    match state {
                        // It was given back: nothing that needs it is done any more.
                        LicenceState::Cancelled => licences.remove(&(kind, number)),
                        _ => licences.insert((kind, number), (is_valid, *hash)),
                    };
                }
                Statement::PublicScore { score: value, day: of } if is_in_effect && *of <= day => {
                    score = score.filter(|(newest, ..)| newest > of).or(Some((*of, *value, *hash)));
                }
                Statement::CustomsTier { tier: said, from, to, .. } if is_in_effect && is_in_force(*from, *to) => {
                    status.customs_tier = Some(*said);
                    tier = Some(*hash);
                    status.ceilings.retain(|ceiling| ceiling.code != CeilingCode::CustomsDishonest);
                    let ceiling = is_dishonest(*said).map(|grade| {
                        let evidence = Evidence::List(vec![hash.to_string()]);
                        Ceiling { code: CeilingCode::CustomsDishonest, grade, evidence }
                    });
                    status.ceilings.extend(ceiling);
                }
                _ => {}
            }
        }
        if !licences.is_empty() {
            let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
            let valid = licences.values().filter(|(is_valid, _)| *is_valid).count();
            status.licences = Licences { required: count(licences.len()), valid: count(valid) };
        }
        status.public_score = score.map(|(_, value, _)| value);
        let evidence = [
            (Indicator::Penalty, penalties),
            (Indicator::Licence, licences.into_values().map(|(_, hash)| hash).collect()),
            (Indicator::CustomsTier, tier.into_iter().collect()),
            (Indicator::Equipment, unfit),
            (Indicator::PublicScore, score.into_iter().map(|(.., hash)| hash).collect()),
        ];
        status.evidence = evidence.into_iter().filter(|(_, records)| !records.is_empty()).collect();
        status
    }
}

/// A ceiling with the number of the decision that it rests on: no machine can set it (§5.5).
fn decided_by(code: CeilingCode, grade: Grade, decision: &str, hash: &Hash) -> Ceiling {
    Ceiling { code, grade, evidence: Evidence::List(vec![decision.to_owned(), hash.to_string()]) }
}

/// The ceiling of a customs' tier for dishonest firms.
fn is_dishonest(tier: CustomsTier) -> Option<Grade> {
    match tier {
        CustomsTier::Dishonest => Some(Grade::D),
        CustomsTier::SeriouslyDishonest => Some(Grade::E),
        CustomsTier::Advanced | CustomsTier::Certified | CustomsTier::Regular => None,
    }
}

fn inspection_value(result: InspectionResult) -> u16 {
    match result {
        InspectionResult::Pass => 1_000,
        InspectionResult::RectifiedInTime => 800,
        InspectionResult::RectifiedLate => 300,
        InspectionResult::Fail => 0,
    }
}

fn pledge_value(result: PledgeResult) -> u16 {
    match result {
        PledgeResult::Kept => 1_000,
        PledgeResult::Partly => 500,
        PledgeResult::Broken => 0,
    }
}

#[cfg(test)]
mod any_order;
mod licences;
mod overdue;
mod removal;
mod repair;
mod shown;
#[cfg(test)]
mod tests;

pub use overdue::{Duty, Overdue};
pub(super) use removal::About;
pub use removal::Removal;
pub use shown::{Disclosed, MeasureUsed, PenaltySaid, Said};
