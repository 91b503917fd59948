//! Carries out removals: erases the bodies of what is over in a firm's file, and says so on the ledger.
//!
//! Each node does so by itself, after it has judged the removal as the fold does. Where bodies are is noted in a file before
//! they are deleted, since a deletion that is cut short has to be done again until no file of the store has their bytes.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::json;
use suyuan_epcis::problem::Reason;
use suyuan_ledger::credit::file::CreditFile;
use suyuan_ledger::credit::reading::{self, Place};
use suyuan_ledger::credit::record::Removed;
use suyuan_ledger::credit::removal::{self, Asked};
use suyuan_ledger::day::Day;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::kv::StoreError;
use suyuan_ledger::state::reader::Reader;
use suyuan_ledger::submission::{SUITE_ED25519, SubmittedEvent, key_id, record_type};
use suyuan_sdk::signer::Signer;
use suyuan_store::PayloadPlace;
use utoipa::ToSchema;

use super::{Looked, Reading};
use crate::alarms::Alarms;
use crate::clock::now_ms;
use crate::open::{io_reason, store_reason};
use crate::own_lane::OwnLane;
use crate::random::{random, random_uri};
use crate::times::time_text;

/// Where a data directory notes what is being erased.
const NAME: &str = "erasing.json";
/// What went wrong is tried again after so long, twice as long each time.
const PAUSE_MIN: Duration = Duration::from_secs(5);
const PAUSE_MAX: Duration = Duration::from_secs(3_600);
/// So often it is looked who has not told of what was to be erased.
const LOOK_EVERY: Duration = Duration::from_secs(600);
/// Within so many working days all have erased it (`05-credit-model.md` §5.8).
const WORKING_DAYS: u32 = 1;
/// So many acknowledgements go into one submission.
const TOLD_AT_ONCE: usize = 64;

/// A removal, and who has carried it out.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RemovalSaid {
    /// The hash of the record that asks for it.
    pub record: String,
    /// The height of its block.
    pub height: u64,
    /// The firm.
    pub subject: String,
    /// The last day on which it is erased in time.
    pub due: String,
    /// The organisations that say to have erased it.
    pub done: Vec<String>,
    /// Those that have a validator and have not said so.
    pub missing: Vec<String>,
}

/// A record that is to be removed.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreditRemoved {
    /// The hash of its record.
    pub record: String,
    /// The height of its block.
    pub height: u64,
    /// Its index in the block.
    pub index: u32,
}

impl CreditRemoved {
    pub(super) fn of(removed: &Removed) -> CreditRemoved {
        let (height, index) = removed.place;
        CreditRemoved { record: removed.record.to_string(), height, index }
    }
}

/// Which removals are asked for.
#[derive(Debug, Clone, Copy)]
pub enum Which<'a> {
    /// All of them.
    All,
    /// Those of a firm.
    Of(&'a str),
    /// Those that somebody with a validator has not carried out by a day.
    OverdueOn(Day),
}

/// Who has carried out what is to be removed.
pub fn removals(reading: &Reading, which: Which<'_>) -> Result<Vec<RemovalSaid>, Reason> {
    let Ok(looked) = reading.look(None)? else { return Ok(Vec::new()) };
    said(&looked, which).map_err(|error| store_reason(&error))
}

fn said(looked: &Looked<'_>, which: Which<'_>) -> Result<Vec<RemovalSaid>, StoreError> {
    let Looked { snapshot, ledger, height, tables, .. } = looked;
    let (directory, reader) = (&ledger.directory, Reader::new(snapshot));
    let validators = directory.validators().at(*height).iter();
    // With the time since when each has a key: nobody has to tell of what was before.
    let operators: BTreeMap<&str, i64> = validators
        .filter_map(|one| {
            let key = directory.key(&key_id(SUITE_ED25519, &one.key))?;
            Some((directory.organisation_of_validator(one)?.uri.as_str(), key.admitted_at))
        })
        .collect();
    let mut found = Vec::new();
    for one in removal::removals(snapshot, 0, u64::MAX)? {
        if matches!(which, Which::Of(firm) if firm != one.subject) {
            continue;
        }
        let time = reader.record(one.place.0, one.place.1)?.map_or(0, |record| record.block_time);
        let due = tables.calendar().after(Day::in_china(time), WORKING_DAYS);
        let done = removal::done(snapshot, directory, &one.record)?;
        let late = operators.iter().filter(|(one, since)| **since <= time && !done.contains(**one));
        let missing: Vec<String> = late.map(|(one, _)| (*one).to_owned()).collect();
        if matches!(which, Which::OverdueOn(day) if missing.is_empty() || day <= due) {
            continue;
        }
        // What has no effect is nobody's to carry out; and one file that can't be read hides no other.
        match file_of(looked, &one) {
            Ok(file) if file.removals().contains_key(&one.record) => {}
            Ok(_) => continue,
            Err(error) => {
                tracing::error!(%error, subject = one.subject, "a file can't be read");
                continue;
            }
        }
        found.push(RemovalSaid {
            record: one.record.to_string(),
            height: one.place.0,
            subject: one.subject,
            due: due.text().unwrap_or_default(),
            done: done.into_iter().collect(),
            missing,
        });
    }
    Ok(found)
}

/// What a file was when a removal was asked for.
fn file_of<'a>(
    Looked { snapshot, ledger, tables, .. }: &'a Looked<'_>,
    asked: &Asked,
) -> Result<CreditFile<'a>, StoreError> {
    let data = tables.of_files();
    reading::file_of_records(snapshot, &ledger.directory, &asked.subject, asked.place.0, data)
}

/// Carries removals out, in a node that runs.
pub struct Remover {
    path: PathBuf,
    lane: Arc<OwnLane>,
    key: Hash,
    /// Up to which height it has looked.
    looked: u64,
    /// What is being erased.
    erasing: Vec<Place>,
    /// What is carried out, and nobody was told yet: by the removal's record, the firm.
    untold: BTreeMap<Hash, String>,
    again: Instant,
    pause: Duration,
    /// When it is looked next who is late.
    watch: Instant,
}

impl Remover {
    /// Of a data directory, with what was being erased when the node ended.
    pub fn open(folder: &Path, lane: Arc<OwnLane>, key: &dyn Signer) -> Result<Remover, Reason> {
        let path = folder.join(NAME);
        let erasing = match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| io_reason(&path, &error.into()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(io_reason(&path, &error)),
        };
        let key = key.key_id();
        let (untold, again, watch) = (BTreeMap::new(), Instant::now(), Instant::now());
        Ok(Remover { path, lane, key, looked: 0, erasing, untold, again, pause: PAUSE_MIN, watch })
    }

    /// The key in whose name the others are told.
    pub(super) fn key(&self) -> Hash {
        self.key
    }

    /// Does what there is to do up to a height. What fails is tried again later.
    pub(super) fn carry_out(&mut self, reading: &Reading, head: u64) {
        let is_idle = self.erasing.is_empty() && self.untold.is_empty() && self.looked >= head;
        if is_idle || Instant::now() < self.again {
            return;
        }
        match self.try_carry_out(reading, head) {
            Ok(()) if self.untold.is_empty() => self.pause = PAUSE_MIN,
            // What was handed in may not be on the ledger yet.
            Ok(()) => self.wait(),
            Err(reason) => {
                tracing::warn!(code = reason.code.id, "bodies are still to be erased: {reason}");
                self.wait();
            }
        }
    }

    /// Raises an alarm for whoever is late.
    pub(super) fn watch(&mut self, reading: &Reading, alarms: &Alarms) {
        let now = Instant::now();
        if now < self.watch {
            return;
        }
        self.watch = now.checked_add(LOOK_EVERY).unwrap_or(now);
        // By the ledger's time: a node that was away does not know yet what others have told meanwhile.
        let late = reading.look(None).and_then(|looked| {
            let Ok(looked) = looked else { return Ok(Vec::new()) };
            let today = Day::in_china(looked.time);
            said(&looked, Which::OverdueOn(today)).map_err(|error| store_reason(&error))
        });
        match late {
            Ok(late) => late.iter().for_each(|one| {
                let note = |organisation: &String| alarms.note_removal(organisation, &one.record, &one.due, now_ms());
                one.missing.iter().for_each(note);
            }),
            Err(reason) => tracing::warn!(code = reason.code.id, "nobody looked who is late to erase: {reason}"),
        }
    }

    fn wait(&mut self) {
        self.again = Instant::now().checked_add(self.pause).unwrap_or(self.again);
        self.pause = self.pause.saturating_mul(2).min(PAUSE_MAX);
    }

    fn try_carry_out(&mut self, reading: &Reading, head: u64) -> Result<(), Reason> {
        let failed = |error: StoreError| store_reason(&error);
        self.erase(reading)?;
        let mut unread = None;
        for asked in removal::removals(reading.store.as_ref(), self.looked, head).map_err(failed)? {
            let found = match reading.look(None)? {
                Ok(looked) => self.judge(&looked, &asked),
                Err(_) => continue,
            };
            match found {
                Ok(Some(places)) => {
                    let count = places.len();
                    self.note(places)?;
                    self.erase(reading)?;
                    if count > 0 {
                        tracing::info!(removal = %asked.record, count, "bodies are erased");
                    }
                    self.untold.insert(asked.record, asked.subject);
                }
                Ok(None) => {}
                // One file that can't be read keeps no other from being done.
                Err(error) => unread = Some(error),
            }
        }
        self.tell(reading)?;
        match unread {
            None => {
                self.looked = head;
                Ok(())
            }
            Some(error) => Err(failed(error)),
        }
    }

    /// Where the bodies of a removal are that is to be carried out; none if it has no effect, or is.
    fn judge(&self, looked: &Looked<'_>, asked: &Asked) -> Result<Option<Vec<Place>>, StoreError> {
        let Looked { snapshot, ledger, .. } = looked;
        // Another node of the same organisation may have told of it.
        let done = removal::done(snapshot, &ledger.directory, &asked.record)?;
        let own = ledger.directory.key(&self.key).and_then(|key| ledger.directory.organisation(key.organisation));
        let file = file_of(looked, asked)?;
        let places = removal::bodies_of(snapshot, &ledger.directory, asked, &file)?;
        let is_done = own.is_some_and(|own| done.contains(&own.uri)) && places.is_empty();
        Ok((!is_done && file.removals().contains_key(&asked.record)).then_some(places))
    }

    /// Erases what is noted.
    fn erase(&mut self, reading: &Reading) -> Result<(), Reason> {
        if self.erasing.is_empty() {
            return Ok(());
        }
        let places = self.erasing.iter().map(|(height, index)| PayloadPlace { height: *height, index: *index });
        let places: Vec<PayloadPlace> = places.collect();
        reading.store.erase_payloads(&places).map_err(|error| store_reason(&error))?;
        self.note(Vec::new())
    }

    /// Notes what is to be erased, on the disk before anything is.
    fn note(&mut self, places: Vec<Place>) -> Result<(), Reason> {
        if places.is_empty() && self.erasing.is_empty() {
            return Ok(());
        }
        let write = || -> std::io::Result<()> {
            let (bytes, draft) = (serde_json::to_vec(&places)?, self.path.with_extension("new"));
            let mut file = File::create(&draft)?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            fs::rename(&draft, &self.path)?;
            self.path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
        };
        write().map_err(|error| io_reason(&self.path, &error))?;
        self.erasing = places;
        Ok(())
    }

    /// Tells the others what is carried out, until the ledger has it.
    fn tell(&mut self, reading: &Reading) -> Result<(), Reason> {
        if self.untold.is_empty() {
            return Ok(());
        }
        let Ok(Looked { snapshot, ledger, time, .. }) = reading.look(None)? else { return Ok(()) };
        let key = ledger.directory.key(&self.key).filter(|key| key.is_active_at(time));
        // Who may not write has nobody to tell.
        let Some(own) = key.and_then(|key| ledger.directory.organisation(key.organisation)) else {
            self.untold.clear();
            return Ok(());
        };
        let (mut events, mut told) = (Vec::new(), Vec::new());
        for (removal, subject) in &self.untold {
            let done = removal::done(&snapshot, &ledger.directory, removal).map_err(|error| store_reason(&error))?;
            if done.contains(&own.uri) {
                told.push(*removal);
            } else if events.len() < TOLD_AT_ONCE {
                let record = json!({
                    "type": "suyuan:RemovalDone", "eventID": random_uri()?, "eventTime": time_text(now_ms()),
                    "subject": subject, "removal": removal.to_string(),
                });
                let payload = record.to_string().into_bytes();
                events.push(SubmittedEvent { record_type: record_type::CREDIT, salt: random()?, payload });
            }
        }
        self.untold.retain(|removal, _| !told.contains(removal));
        // Some are there: the next ones need not wait as long.
        if !told.is_empty() {
            self.pause = PAUSE_MIN;
        }
        if !events.is_empty() {
            // Whether it was recorded the ledger says.
            let _ = self.lane.submit(events);
        }
        Ok(())
    }
}
