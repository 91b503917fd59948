//! What is said of a firm's credit: its records, read out of blocks beside the writer, and what the model makes of them;
//! and the gate for records of credit and of contracts.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use suyuan_epcis::codes::{self, Code, contract, credit, ledger as ledger_codes};
use suyuan_epcis::problem::Reason;
use suyuan_ledger::contract::fold::{self, Contract};
use suyuan_ledger::contract::record::{Act, ContractRecord};
use suyuan_ledger::credit::devices::Register;
use suyuan_ledger::credit::file::{Author, CreditFile, Void, Written};
use suyuan_ledger::credit::measures::{Catalogued, Catalogues};
use suyuan_ledger::credit::reading;
use suyuan_ledger::credit::record::{CreditRecord, Statement};
use suyuan_ledger::credit::removal;
use suyuan_ledger::credit::tables::Tables;
use suyuan_ledger::credit::{Assessment, CeilingCode, Evidence, FactStatus, MODEL, Parameters, Profile, Published};
use suyuan_ledger::day::Day;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::kv::{Read, StoreError, Table};
use suyuan_ledger::organisation::OrganisationRole;
use suyuan_ledger::state::apply::Ledger;
use suyuan_ledger::state::head::lacks_history;
use suyuan_ledger::state::reader::Reader;
use suyuan_ledger::state::replay::stored_block;
use suyuan_ledger::state::verify::VerifiedSubmission;
use suyuan_ledger::submission::{SignedSubmission, SubmittedEvent, record_type};
use suyuan_store::{RocksStore, Snapshot};
use utoipa::ToSchema;

use crate::alarms::Alarms;
use crate::clock::now_ms;
use crate::codes::node as node_codes;
use crate::open::store_reason;

/// So often it is looked whether there are further blocks.
const PAUSE: Duration = Duration::from_millis(200);
/// In a data directory: the height up to which published grades were computed again.
const AUDITED_FILE: &str = "audited";
/// So many blocks at a time.
const AUDITED_AT_ONCE: u64 = 4_096;
/// The weights of a firm of which no authority has said what it does.
const PROFILE_DEFAULT: Profile = Profile::Maker;

pub mod audit;
pub mod draws;
mod overdue;
mod removals;
mod shown;
mod supervised;

pub use overdue::{OverdueSaid, overdue};
pub use removals::{CreditRemoved, RemovalSaid, Remover, Which, removals};
pub use shown::{
    CreditAct, CreditDisclosure, CreditMeasure, CreditMeasureItem, CreditNotice, CreditPenalty, FirmPenalties,
    penalties_of_all, subject_of_procedure,
};
pub use supervised::{
    CodeException, CodeExceptions, CreditDevice, CreditRecall, Excursion, ExcursionDecision, ExcursionMisuse,
    Excursions, RecallClosing, RecallCustomer, equipment, exceptions, excursions,
};

// ---- reading ----

/// Reads records of credit out of blocks, on a thread of its own.
pub struct Reading {
    store: Arc<RocksStore>,
    stops: AtomicBool,
}

/// The ledger as of a height.
pub struct Looked<'a> {
    /// What is stored.
    pub snapshot: Snapshot<'a>,
    /// Where it stands by now, and who is who.
    pub ledger: Ledger,
    /// The height.
    pub height: u64,
    /// The time of its block.
    pub time: i64,
    /// What credit is read with then.
    pub tables: Tables,
}

/// The thread, which ends with this at the latest.
pub struct ReadingThread {
    reading: Arc<Reading>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// Reads all blocks of a store that there are, unless it is to stop; gives the height of the last.
pub fn catch_up(store: &RocksStore, stops: &AtomicBool) -> Result<u64, StoreError> {
    // Two at once would do the same twice; and what is erased meanwhile would be read all the same.
    let _at_work = store.reading();
    // Records that are there already MUST NOT be taken for all that were before them.
    if lacks_history(store)? {
        return Err(StoreError::Later);
    }
    let head = Reader::new(store).head()?.map_or(0, |head| head.height);
    while !stops.load(Ordering::Relaxed)
        && let Some(writes) = reading::read_on(&store.snapshot(), head)?
    {
        store.commit(&writes)?;
    }
    Ok(head)
}

impl Reading {
    /// Of a store, with nobody reading yet.
    pub fn new(store: Arc<RocksStore>) -> Reading {
        Reading { store, stops: AtomicBool::default() }
    }

    /// Reads all blocks that there are; gives the height of the last. While the node still takes its history, that is for
    /// later.
    pub fn catch_up(&self) -> Result<u64, StoreError> {
        catch_up(&self.store, &self.stops)
    }

    /// What is stored at this moment.
    pub fn snapshot(&self) -> Snapshot<'_> {
        self.store.snapshot()
    }

    /// Looks at the ledger as of a height, the last one if absent, with all read up to there; the height if there is no
    /// such.
    pub fn look(&self, height: Option<u64>) -> Result<Result<Looked<'_>, u64>, Reason> {
        let failed = |error: StoreError| store_reason(&error);
        let head = self.catch_up().map_err(failed)?;
        let snapshot = self.store.snapshot();
        let ledger = Ledger::open(&snapshot).map_err(failed)?;
        let ledger = ledger.ok_or_else(|| Reason::new(node_codes::STORE, &["no ledger"]))?;
        let height = height.unwrap_or(head);
        if height > head || height == 0 {
            return Ok(Err(height));
        }
        let time = match height == ledger.head.height {
            true => ledger.head.time,
            false => {
                let block = stored_block(&snapshot, height);
                block.map_err(|error| Reason::new(node_codes::STORE, &[&format!("{error:?}")]))?.header.time
            }
        };
        let tables = Tables::of(&ledger.directory, height);
        Ok(Ok(Looked { snapshot, ledger, height, time, tables }))
    }

    /// Goes on reading until the thread is dropped, computes again what grades are published from now on, erases what is to
    /// be removed, and tells what is overdue.
    pub fn start(
        self: &Arc<Reading>,
        folder: &Path,
        alarms: Arc<Alarms>,
        mut remover: Remover,
    ) -> std::io::Result<ReadingThread> {
        let (reading, noted) = (Arc::clone(self), folder.join(AUDITED_FILE));
        let thread = Builder::new().name("reading".to_owned()).spawn(move || {
            // What was read and not looked at before the node ended is looked at now, all of it if that is not known.
            let read = reading::height(reading.store.as_ref()).unwrap_or_default();
            let mut audited = audited_up_to(&noted).min(read);
            let mut watch = overdue::Watch::new(remover.key());
            while !reading.stops.load(Ordering::Relaxed) {
                let done = reading.catch_up();
                // What is erased is looked at first, as it was published.
                match done {
                    Ok(head) => audited = reading.audit_on((audited, head), &alarms, &noted),
                    Err(StoreError::Later) => {}
                    Err(error) => {
                        // Whoever asks is told; the writer finds out by itself if the store has failed.
                        tracing::error!(%error, "records of credit can't be read");
                        return;
                    }
                }
                remover.carry_out(&reading, audited);
                remover.watch(&reading, &alarms);
                watch.go_on(&reading, &alarms);
                std::thread::park_timeout(PAUSE);
            }
        })?;
        Ok(ReadingThread { reading: Arc::clone(self), thread: Mutex::new(Some(thread)) })
    }
}

impl Reading {
    /// Computes the grades again that were published from one height (not included) to another, some blocks at a time: up to
    /// where it came.
    fn audit_on(&self, (mut audited, head): (u64, u64), alarms: &Alarms, noted: &Path) -> u64 {
        while audited < head && !self.stops.load(Ordering::Relaxed) {
            let next = head.min(audited.saturating_add(AUDITED_AT_ONCE));
            let found = match self.audit(audited, next) {
                Ok(found) => found,
                Err(reason) => {
                    tracing::error!(code = reason.code.id, "grades can't be computed again: {reason}");
                    break;
                }
            };
            found.wrong.iter().for_each(|wrong| alarms.note_grade(wrong, now_ms()));
            audited = next;
            // One that is out of date or cut off costs only that some are computed once more.
            if found.published > 0
                && let Err(error) = std::fs::write(noted, audited.to_string())
            {
                tracing::warn!(%error, "up to where grades were computed again is not on disk");
            }
        }
        audited
    }
}

/// The height up to which published grades were computed again, as a file has it.
fn audited_up_to(file: &Path) -> u64 {
    std::fs::read_to_string(file).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0)
}

impl ReadingThread {
    /// Ends it. From then on nothing is read out of blocks any more.
    pub fn stop(&self) {
        self.reading.stops.store(true, Ordering::Relaxed);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

impl Drop for ReadingThread {
    fn drop(&mut self) {
        self.stop();
    }
}

// ---- what is said ----

/// A firm's credit, as the model has it of what is recorded.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Credit {
    /// The firm, by its URI.
    pub subject: String,
    /// The height up to which records count.
    pub height: u64,
    /// The day as of which they count: that of the block, in China.
    pub day: String,
    /// The model.
    pub model: String,
    /// SHA-256 of its numbers.
    pub parameters_hash: String,
    /// Whose weights.
    pub profile: String,
    /// 0 to 1000.
    pub score: u64,
    /// The band of the score.
    pub band: String,
    /// The grade; NR if too little is known, which is neutral.
    pub grade: String,
    /// What is said of it where it is published: the grade is then E only if an authority stands for anything against the
    /// firm.
    pub to_publish: PublishedGrade,
    /// The grade that was published last.
    pub published: Option<PublishedGrade>,
    /// What holds the grade down.
    pub ceilings: Vec<CreditCeiling>,
    /// What is measured.
    pub indicators: Vec<CreditIndicator>,
    /// What happened, with the records that say so.
    pub facts: Vec<CreditFact>,
    /// Special equipment that it uses.
    pub equipment: Vec<CreditDevice>,
    /// Its recalls, and those that it was ordered to begin and did not.
    pub recalls: Vec<CreditRecall>,
    /// Its penalties in publication.
    pub penalties: Vec<CreditPenalty>,
    /// What else authorities have done about it. It scores nothing, nor does what follows.
    pub administrative: Vec<CreditAct>,
    /// What it says of itself.
    pub disclosures: Vec<CreditDisclosure>,
    /// Measures in use.
    pub measures: Vec<CreditMeasure>,
    /// Measures of catalogues in force that authorities might take, by its grade or by what is decided of it. None is in
    /// use for being here.
    pub measures_that_apply: Vec<CreditMeasureItem>,
    /// Prompts, warnings and talks that are not done.
    pub notices: Vec<CreditNotice>,
    /// Objections that are looked into.
    pub objections: Vec<CreditProcedure>,
    /// Repairs that are applied for.
    pub repairs: Vec<CreditProcedure>,
    /// The records whose bodies are to be removed: what was held against the firm and was repaired or is over.
    pub to_remove: Vec<CreditRemoved>,
}

/// A grade as it is published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PublishedGrade {
    /// The hash of its record, once it is published.
    pub record: Option<String>,
    /// Whose weights.
    pub profile: String,
    /// SHA-256 of the model's numbers.
    pub parameters_hash: String,
    /// The height up to which records count.
    pub height: u64,
    /// The day as of which they count.
    pub day: String,
    /// 0 to 1000.
    pub score: u64,
    /// The band of the score.
    pub band: String,
    /// The grade.
    pub grade: String,
    /// What holds it down, as CAP-9:C.
    pub ceilings: Vec<String>,
    /// The hash of the explanation.
    pub explanation: String,
}

impl PublishedGrade {
    fn of(record: Option<Hash>, published: &Published) -> PublishedGrade {
        PublishedGrade {
            record: record.map(|hash| hash.to_string()),
            profile: published.profile.name().to_owned(),
            parameters_hash: published.parameters.to_string(),
            height: published.height,
            day: published.day.text().unwrap_or_default(),
            score: published.score,
            band: published.band.name().to_owned(),
            grade: published.grade.name().to_owned(),
            ceilings: published.ceilings.clone(),
            explanation: published.explanation.to_string(),
        }
    }

    /// The record that publishes it.
    pub fn to_record(&self, subject: &str) -> Value {
        json!({
            "type": "suyuan:Grade", "subject": subject, "profile": self.profile, "model": MODEL,
            "parametersHash": self.parameters_hash, "height": self.height, "day": self.day, "score": self.score,
            "band": self.band, "grade": self.grade, "ceilings": self.ceilings, "explanation": self.explanation,
        })
    }
}

/// A ceiling.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreditCeiling {
    /// Which.
    pub code: String,
    /// The best grade.
    pub ceiling: String,
    /// What it rests on.
    pub evidence: Vec<String>,
}

/// An indicator.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreditIndicator {
    /// Which.
    pub code: String,
    /// 0 to 1000.
    pub value: u16,
    /// In ten-thousandths.
    pub weight_bp: u64,
    /// The mass of its facts, if it is of facts.
    pub mass: Option<u64>,
    /// The records that it rests on, if it is as the firm stands: penalties, licences, tier, what is overdue, score.
    #[serde(default)]
    pub evidence: Vec<String>,
}

/// A fact.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreditFact {
    /// Its name.
    pub id: String,
    /// Its indicator.
    pub indicator: String,
    /// When it happened.
    pub day: String,
    /// 0 to 1000.
    pub value: u16,
    /// In thousandths of a standard fact.
    pub mass: u64,
    /// active, or suspended while an objection is looked into.
    pub status: String,
    /// Who stands for it: S1 an authority, S2 both sides, S3 one side and a second proof, S4 the firm's own word.
    #[serde(default)]
    pub source: String,
    /// 0, or 1 or 2 if the counterparty is related: then it counts half, or not, where it is favourable.
    #[serde(default)]
    pub ring: u8,
    /// The counterparty, by a pseudonym that is this firm's alone.
    #[serde(default)]
    pub counterparty: Option<String>,
    /// The hashes of its records.
    pub evidence: Vec<String>,
    /// The score less what it would be without it.
    pub delta: i64,
}

/// An objection or a repair on its way.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreditProcedure {
    /// The hash of its record.
    pub record: String,
    /// The records that it is about.
    pub targets: Vec<String>,
    /// The last step; none if nothing was done yet.
    pub step: Option<String>,
    /// By when the next one is due.
    pub due: Option<String>,
    /// Whether that day is over.
    pub overdue: bool,
}

/// What is asked of a firm's credit.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked {
    /// At which height; the last one if absent.
    pub height: Option<u64>,
    /// By whose weights; those that an authority has named if absent.
    pub profile: Option<Profile>,
    /// As of which day what is recorded counts; that of the block if absent.
    pub day: Option<Day>,
}

fn nothing(subject: &str, height: u64) -> Reason {
    Reason::new(credit::NOTHING, &[subject, &height.to_string()])
}

/// A firm's credit.
pub fn credit(reading: &Reading, subject: &str, asked: Asked) -> Result<Credit, Reason> {
    let failed = |error: StoreError| store_reason(&error);
    let Looked { snapshot, ledger, height, time, tables } =
        reading.look(asked.height)?.map_err(|height| nothing(subject, height))?;
    let file =
        reading::file(&snapshot, &ledger.directory, subject, (height, time), tables.of_files()).map_err(failed)?;
    if file.is_empty() {
        return Err(nothing(subject, height));
    }
    let profile = asked.profile.or(file.profile()).unwrap_or(PROFILE_DEFAULT);
    let day = asked.day.unwrap_or(Day::in_china(time));
    let catalogues = Catalogues::new(&snapshot, &ledger.directory).in_force(day, height).map_err(failed)?;
    let mut said = say(&file, profile, (height, day), (&catalogues, tables.parameters(day)));
    let removable = removal::removable(&snapshot, &ledger.directory, &file, day).map_err(failed)?;
    said.to_remove = removable.iter().map(CreditRemoved::of).collect();
    Ok(said)
}

fn say(
    file: &CreditFile<'_>,
    profile: Profile,
    (height, day): (u64, Day),
    (catalogues, parameters): (&[(String, Catalogued)], &Parameters),
) -> Credit {
    let (facts, status) = (file.facts_on(day), file.status(day));
    let assessment = Assessment::new(parameters, profile, &facts, &status, day);
    let deltas: BTreeMap<usize, i64> =
        assessment.deltas().into_iter().map(|delta| (delta.fact, delta.points)).collect();
    let evaluation = assessment.evaluation();
    let to_publish = Published::assessed(&assessment, &facts, (height, day));
    let ceiling_codes: Vec<CeilingCode> = evaluation.ceilings.iter().map(|ceiling| ceiling.code).collect();
    let text = |day: Day| day.text().unwrap_or_default();
    let texts = |hashes: &[Hash]| hashes.iter().map(Hash::to_string).collect::<Vec<_>>();
    // What was repaired, withdrawn or replaced is shown no more.
    let is_shown = |status: FactStatus| matches!(status, FactStatus::Active | FactStatus::Suspended);
    let shown = facts.iter().enumerate().filter(|(_, fact)| is_shown(fact.status) && fact.day <= day);
    let objections = file.objections.iter().filter(|(_, one)| one.due.is_some()).map(|(record, one)| CreditProcedure {
        record: record.to_string(),
        targets: vec![one.target.to_string()],
        step: one.step.map(|step| step.name().to_owned()),
        due: one.due.map(text),
        overdue: one.due.is_some_and(|due| due < day),
    });
    let repairs = file.repairs.iter().filter(|(_, one)| one.due.is_some()).map(|(record, one)| CreditProcedure {
        record: record.to_string(),
        targets: texts(&one.targets),
        step: one.step.map(|step| step.name().to_owned()),
        due: one.due.map(text),
        overdue: one.due.is_some_and(|due| due < day),
    });
    Credit {
        subject: file.subject().to_owned(),
        height,
        day: text(day),
        model: MODEL.to_owned(),
        parameters_hash: parameters.hash().to_string(),
        profile: profile.name().to_owned(),
        score: evaluation.score,
        band: evaluation.band.name().to_owned(),
        grade: evaluation.grade.name().to_owned(),
        to_publish: PublishedGrade::of(None, &to_publish),
        published: file.published().map(|(hash, published)| PublishedGrade::of(Some(hash), published)),
        ceilings: evaluation
            .ceilings
            .iter()
            .map(|ceiling| CreditCeiling {
                code: ceiling.code.name().to_owned(),
                ceiling: ceiling.grade.name().to_owned(),
                evidence: match &ceiling.evidence {
                    Evidence::Words(words) => vec![words.clone()],
                    Evidence::List(list) => list.clone(),
                },
            })
            .collect(),
        indicators: evaluation
            .rows
            .iter()
            .map(|row| CreditIndicator {
                code: row.ind.name().to_owned(),
                value: row.value,
                weight_bp: row.weight_bp,
                mass: row.mass,
                evidence: texts(assessment.evidence(row.ind)),
            })
            .collect(),
        facts: shown
            .map(|(place, fact)| CreditFact {
                id: fact.id.clone(),
                indicator: fact.indicator.name().to_owned(),
                day: text(fact.day),
                value: fact.value,
                mass: fact.mass,
                status: fact.status.name().to_owned(),
                source: fact.source.name().to_owned(),
                ring: fact.ring as u8,
                counterparty: fact.counterparty.clone(),
                evidence: texts(&fact.evidence),
                delta: deltas.get(&place).copied().unwrap_or(0),
            })
            .collect(),
        equipment: file.devices(day).iter().map(|state| supervised::device(state, day)).collect(),
        recalls: supervised::recalls(file.recalls()),
        penalties: shown::penalties(file, day, u32::MAX),
        administrative: shown::administrative(file),
        disclosures: shown::disclosures(file),
        measures: shown::measures(file, day),
        measures_that_apply: shown::may_apply(catalogues, to_publish.grade, &ceiling_codes),
        notices: shown::notices(file, day),
        objections: objections.collect(),
        repairs: repairs.collect(),
        to_remove: Vec::new(),
    }
}

// ---- the gate ----

/// Why a record of credit is not taken in here. On the ledger it would have no effect.
#[derive(Debug, Clone)]
pub struct Refused {
    /// Which event of the submission.
    pub event: u64,
    /// Where in it.
    pub pointer: String,
    /// Why.
    pub reason: Reason,
}

/// The code of a void.
pub fn code_of(void: Void) -> &'static Code {
    codes::find(void.name()).unwrap_or(credit::TRANSITION)
}

/// The code of a void of a contract.
pub fn code_of_contract(void: fold::Void) -> &'static Code {
    codes::find(void.name()).unwrap_or(contract::TRANSITION)
}

/// Looks whether the records of credit and of contracts in a submission will have an effect, as things stand.
pub fn gate(reading: &Reading, submission: &SignedSubmission) -> Result<Option<Refused>, StoreError> {
    if submission.events.iter().all(|event| !record_type::is_read_apart(event.record_type)) {
        return Ok(None);
    }
    // Sent again, it is answered as before, whatever it has changed since.
    if reading.store.get(Table::Submission, &submission.submission.id().0)?.is_some() {
        return Ok(None);
    }
    let head = reading.catch_up()?;
    let snapshot = reading.store.snapshot();
    let Some(ledger) = Ledger::open(&snapshot)? else { return Ok(None) };
    // Who is unknown the ledger refuses.
    let author = ledger.directory.organisation(submission.submission.organisation);
    let author =
        author.map(|one| Author { uri: one.uri.clone(), is_authority: one.role == OrganisationRole::Authority });
    let Some(author) = author else { return Ok(None) };
    let at = (head, now_ms().max(ledger.head.time));
    // What is not signed by whom it names is refused by the writer, and costs nobody more than that.
    let Ok(verified) = VerifiedSubmission::verify(submission.clone(), ledger.head.chain, &ledger.directory) else {
        return Ok(None);
    };
    // What is refused is kept all the same, and a penalty that was removed would be on the disk again.
    for (event, place) in verified.tags().iter().zip(0..) {
        let is_of_credit = submission.events.get(place).is_some_and(|event| event.record_type == record_type::CREDIT);
        if is_of_credit && store_has(&snapshot, &event.event)? {
            let (event, reason) = (place as u64, Reason::new(ledger_codes::DUPLICATE, &[]));
            return Ok(Some(Refused { event, pointer: "/eventID".to_owned(), reason }));
        }
    }
    let tables = Tables::of(&ledger.directory, at.0);
    let mut gate = Gate {
        store: &snapshot,
        ledger: &ledger,
        author,
        at,
        tables: &tables,
        files: BTreeMap::new(),
        contracts: BTreeMap::new(),
        graded: BTreeSet::new(),
    };
    for (event, place) in submission.events.iter().zip(0..) {
        let refused = match event.record_type {
            record_type::CREDIT => gate.credit(event)?,
            record_type::CONTRACT => gate.contract(event)?,
            _ => None,
        };
        if let Some((reason, pointer)) = refused {
            return Ok(Some(Refused { event: place, pointer, reason }));
        }
    }
    Ok(None)
}

/// Whether an event of this tag is on the ledger.
fn store_has(store: &dyn Read, tag: &Hash) -> Result<bool, StoreError> {
    Ok(store.get(Table::Event, &tag.0)?.is_some())
}

/// Takes the records of one submission as if they were on the ledger. What hashes they will have there is not known yet; no
/// record of this submission can name another.
struct Gate<'a> {
    store: &'a Snapshot<'a>,
    ledger: &'a Ledger,
    author: Author,
    at: (u64, i64),
    tables: &'a Tables,
    files: BTreeMap<String, CreditFile<'a>>,
    contracts: BTreeMap<Hash, Contract<'a>>,
    /// Whose grades are published.
    graded: BTreeSet<String>,
}

/// Why one is refused, and where in it.
type Why = Option<(Reason, String)>;

impl Gate<'_> {
    fn credit(&mut self, event: &SubmittedEvent) -> Result<Why, StoreError> {
        let record = match CreditRecord::parse(&event.payload) {
            Ok(record) => record,
            Err(error) => return Ok(Some((Reason::new(credit::RECORD_FORM, &[&error.argument]), error.pointer))),
        };
        let subject = record.subject.clone();
        if !self.files.contains_key(&subject) {
            let data = self.tables.of_files();
            let file = reading::file(self.store, &self.ledger.directory, &subject, self.at, data)?;
            self.files.insert(subject.clone(), file);
        }
        if let Statement::Grade(published) = &record.statement {
            // To compute one again takes time: of each firm one at once, of those who may.
            if !self.author.is_authority || self.author.uri == subject {
                return Ok(Some((Reason::new(code_of(Void::NoRight), &[]), String::new())));
            }
            if !self.graded.insert(subject.clone()) {
                return Ok(Some((Reason::new(code_of(Void::Transition), &[]), String::new())));
            }
            let at = (published.height, (self.at.0.saturating_add(1), 0));
            let follows = match removal::is_before_removal(self.store, &subject, at)? {
                true => None,
                false => audit::follows(self.store, &self.ledger.directory, &subject, published)?,
            };
            if follows.as_ref() != Some(&**published) {
                let words = audit::in_short(follows.as_ref());
                return Ok(Some((Reason::new(credit::GRADE_DIFFERS, &[&words]), String::new())));
            }
        }
        if let Statement::Removal { targets } = &record.statement {
            for target in targets {
                if !removal::is_there(self.store, &self.ledger.directory, target)? {
                    return Ok(Some((Reason::new(code_of(Void::UnknownTarget), &[]), "/targets".to_owned())));
                }
            }
        }
        let Some(file) = self.files.get_mut(&subject) else { return Ok(None) };
        let written = Written { hash: event.digest(), author: self.author.clone(), record };
        // It will be behind all that is there.
        let place = (self.at.0.saturating_add(1), 0);
        if let Some(item) = Catalogues::new(self.store, &self.ledger.directory).item_of(&written, place)? {
            file.take_measure_item(written.hash, item);
        }
        let taken = file.take(&written);
        Ok(taken.err().map(|void| (Reason::new(code_of(void), &[]), String::new())))
    }

    fn contract(&mut self, event: &SubmittedEvent) -> Result<Why, StoreError> {
        let record = match ContractRecord::parse(&event.payload) {
            Ok(record) => record,
            Err(error) => return Ok(Some((Reason::new(contract::RECORD_FORM, &[&error.argument]), error.pointer))),
        };
        let why = |void: fold::Void| Some((Reason::new(code_of_contract(void), &[]), String::new()));
        let (id, calendar) = (record.contract, self.tables.calendar());
        let written = fold::Written { hash: event.digest(), author: self.author.clone(), recorded: self.at.1, record };
        let Some(id) = id else { return Ok(Contract::new(&written, calendar).err().and_then(why)) };
        if let Entry::Vacant(place) = self.contracts.entry(id) {
            let found = reading::contract(self.store, &self.ledger.directory, &id, self.at, calendar)?;
            let Some((contract, _)) = found else { return Ok(why(fold::Void::Unknown)) };
            place.insert(contract);
        }
        let Some(contract) = self.contracts.get_mut(&id) else { return Ok(None) };
        if let Act::Confirm { licence, at, .. } = &written.record.act {
            let (height, recorded) = self.at;
            let mut register = Register::new(self.store, &self.ledger.directory, height);
            if !register.may_confirm(&self.author, licence.as_deref(), (*at, recorded, height))? {
                return Ok(why(fold::Void::NoRight));
            }
        }
        Ok(contract.take(&written).err().and_then(why))
    }
}
