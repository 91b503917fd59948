//! Keeps the alarms of a node, and the evidence of what others did, in the folder `alarms/` of its data directory.
//!
//! An alarm that comes again is counted, under its code and what it is of. `alarms.ndjson` has a JSON object a line, the
//! last of each alarm counts; it is written anew when it is too long. Evidence is a file of its own, written before the
//! line that names it. Both are on disk before anything else is done, but for mere counts, which are written once a
//! minute at most: nobody makes a node write without end by being wrong.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use suyuan_epcis::codes::Code;
use suyuan_epcis::problem::Reason;
use suyuan_ledger::hash::Hash;

use crate::codes::alarm as codes;
use crate::core::Alarm;
use crate::core::evidence::{EVIDENCE_BYTES_MAX, Evidence};
use crate::credits::OverdueSaid;
use crate::credits::audit::{WrongGrade, in_short};
use crate::open::{io_reason, put, read_file};

/// The folder in a data directory.
const FOLDER: &str = "alarms";
const FILE: &str = "alarms.ndjson";
/// The file is written anew, a line for each alarm, when it is longer.
const FILE_BYTES_MAX: u64 = 1 << 20;
/// So many alarms of which there is no evidence are kept; the one that was last seen longest ago goes. Those of which
/// there is evidence are never dropped: there is one a validator, and one of each other kind.
const LESSER_MAX: usize = 256;
/// So many pieces of evidence are kept of one alarm, the first ones.
const EVIDENCE_MAX: usize = 16;
/// An alarm that only comes again is written so often at most, in milliseconds.
const AGAIN_MS: i64 = 60_000;
/// What an alarm is about has at most so many bytes a word.
const ARGUMENT_BYTES_MAX: usize = 512;

/// An alarm, as often as it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Its code.
    pub code: String,
    /// What it is of: a validator, a node, a submission; empty if of the network.
    pub of: String,
    /// What the message is about, of the last time.
    pub arguments: Vec<String>,
    /// When it came first, milliseconds since 1970.
    pub first: i64,
    /// When it came last.
    pub last: i64,
    /// How often.
    pub count: u64,
    /// The names of its evidence.
    pub evidence: Vec<String>,
}

impl Record {
    /// What it says, with its code. A code that this program does not know has none.
    pub fn reason(&self) -> Option<Reason> {
        let code = codes::ALL.iter().find(|code| code.id == self.code)?;
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        Some(Reason::new(code, &arguments))
    }
}

/// What an alarm says.
struct Told {
    code: &'static Code,
    of: String,
    arguments: Vec<String>,
}

impl Told {
    fn of(alarm: &Alarm) -> Told {
        let hex = |key: &[u8; 32]| Hash(*key).to_string();
        let told = |code, of: String, arguments: Vec<String>| Told { code, of, arguments };
        match alarm {
            Alarm::Equivocation { validator, evidence } => {
                let height = evidence.0.height().to_string();
                told(codes::EQUIVOCATION, hex(validator), vec![hex(validator), height])
            }
            Alarm::Fork { node, evidence } => {
                let (own, other) = evidence.as_ref();
                let ids = [own, other].map(|decision| decision.header.id().to_string());
                let [own_id, other_id] = ids;
                let arguments = vec![own.header.height.to_string(), own_id, other_id, hex(node)];
                told(codes::FORK, String::new(), arguments)
            }
            Alarm::State { field, decision, .. } => {
                let arguments = vec![(*field).to_owned(), decision.header.height.to_string()];
                told(codes::STATE, String::new(), arguments)
            }
            Alarm::Stalled { height, silent_ms, waiting, told: highest } => {
                let seconds = silent_ms / 1_000;
                let arguments = [*height, seconds, *waiting as u64, *highest].map(|number| number.to_string());
                told(codes::STALLED, String::new(), arguments.to_vec())
            }
            Alarm::PassedOver { submission, organisation, blocks } => {
                let arguments = vec![submission.to_string(), organisation.to_string(), blocks.to_string()];
                told(codes::PASSED_OVER, submission.to_string(), arguments)
            }
            Alarm::BlockClock { height, validator, ahead_ms } => {
                let arguments = vec![height.to_string(), hex(validator), ahead_ms.to_string()];
                told(codes::BLOCK_CLOCK, hex(validator), arguments)
            }
            Alarm::PeerClock { node, ahead_ms } => {
                told(codes::PEER_CLOCK, hex(node), vec![hex(node), ahead_ms.to_string()])
            }
            Alarm::Misbehaved { node, what } => {
                told(codes::MISBEHAVED, format!("{} {what}", Hash(*node)), vec![hex(node), (*what).to_owned()])
            }
            Alarm::Invalid { id, why } => told(codes::INVALID, String::new(), vec![id.to_string(), shortened(why)]),
            Alarm::Trouble(words) => told(codes::TROUBLE, String::new(), vec![shortened(words)]),
        }
    }
}

fn shortened(words: &str) -> String {
    let end = words.char_indices().map(|(at, _)| at).take_while(|at| *at <= ARGUMENT_BYTES_MAX).last();
    match words.len() > ARGUMENT_BYTES_MAX {
        true => words.get(..end.unwrap_or(0)).unwrap_or_default().to_owned(),
        false => words.to_owned(),
    }
}

/// What is kept of an alarm in memory.
struct Kept {
    record: Record,
    /// When its line was last written; `None` if it never was.
    written: Option<i64>,
}

struct State {
    records: BTreeMap<(String, String), Kept>,
    /// `None` before the first alarm: a node that has none makes no folder.
    file: Option<File>,
    bytes: u64,
}

/// The alarms of a data directory.
pub struct Alarms {
    folder: PathBuf,
    chain: Hash,
    state: Mutex<State>,
}

impl Alarms {
    /// Opens those of a data directory.
    pub fn open(path: &Path, chain: Hash) -> Result<Alarms, Reason> {
        let folder = path.join(FOLDER);
        let known = read(path)?;
        let records = known
            .into_iter()
            .map(|record| ((record.code.clone(), record.of.clone()), Kept { written: Some(record.last), record }));
        let mut state = State { records: records.collect(), file: None, bytes: 0 };
        if !state.records.is_empty() {
            // A line that was cut off would swallow the next one.
            write_anew(&folder, &mut state).map_err(|error| io_reason(&folder, &error))?;
        }
        Ok(Alarms { folder, chain, state: Mutex::new(state) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes an alarm. If it can't be written, that is logged: a node does not stop for what it has to tell.
    pub fn note(&self, alarm: &Alarm, now: i64) {
        if let Err(error) = self.try_note(alarm, now) {
            tracing::error!(%error, ?alarm, "an alarm is not on disk");
        }
    }

    /// Notes that a grade was published that does not follow from the records.
    pub fn note_grade(&self, wrong: &WrongGrade, now: i64) {
        let WrongGrade { record, subject, published, follows } = wrong;
        let arguments = vec![
            record.to_string(),
            shortened(subject),
            published.height.to_string(),
            in_short(Some(published)),
            in_short(follows.as_ref()),
        ];
        let told = Told { code: codes::GRADE, of: shortened(subject), arguments };
        if let Err(error) = self.keep(told, None, now) {
            tracing::error!(%error, ?wrong, "an alarm is not on disk");
        }
    }

    /// Notes that an organisation has not told in time to have erased something.
    pub fn note_removal(&self, organisation: &str, removal: &str, due: &str, now: i64) {
        let arguments = vec![shortened(organisation), removal.to_owned(), due.to_owned()];
        let told = Told { code: codes::REMOVAL, of: shortened(organisation), arguments };
        if let Err(error) = self.keep(told, None, now) {
            tracing::error!(%error, organisation, removal, "an alarm is not on disk");
        }
    }

    /// Notes that so much of a kind is overdue, and what is most.
    pub fn note_overdue(&self, count: u64, longest: &OverdueSaid, now: i64) {
        let OverdueSaid { firm, duty, of, due, days } = longest;
        let said = [count.to_string(), duty.clone(), of.clone(), firm.clone(), due.clone(), days.to_string()];
        let arguments = said.iter().map(|word| shortened(word)).collect();
        let told = Told { code: codes::OVERDUE, of: shortened(duty), arguments };
        if let Err(error) = self.keep(told, None, now) {
            tracing::error!(%error, ?longest, "an alarm is not on disk");
        }
    }

    fn try_note(&self, alarm: &Alarm, now: i64) -> io::Result<()> {
        self.keep(Told::of(alarm), alarm.evidence(self.chain), now)
    }

    fn keep(&self, told: Told, evidence: Option<Evidence>, now: i64) -> io::Result<()> {
        let Told { code, of, arguments } = told;
        let mut state = self.state();
        let key = (code.id.to_owned(), of.clone());
        let is_new = !state.records.contains_key(&key);
        let kept = state.records.entry(key.clone()).or_insert_with(|| {
            let (code, evidence) = (code.id.to_owned(), Vec::new());
            Kept {
                record: Record { code, of, arguments: Vec::new(), first: now, last: now, count: 0, evidence },
                written: None,
            }
        });
        kept.record.count = kept.record.count.saturating_add(1);
        kept.record.last = now;
        kept.record.arguments = arguments;
        let mut is_shown = false;
        if kept.record.evidence.len() < EVIDENCE_MAX
            && let Some(evidence) = evidence
        {
            let bytes = evidence.to_bytes();
            let name = name_of(code, &evidence, &bytes);
            if !kept.record.evidence.contains(&name) {
                fs::create_dir_all(&self.folder)?;
                put(&self.folder.join(&name), &bytes).map_err(|reason| io::Error::other(reason.to_string()))?;
                kept.record.evidence.push(name);
                is_shown = true;
            }
        }
        let is_due = kept.written.is_none_or(|written| now.saturating_sub(written).saturating_abs() >= AGAIN_MS);
        if is_new || is_shown || is_due {
            self.write(&mut state, &key, now)?;
        }
        self.drop_oldest(&mut state)
    }

    fn write(&self, state: &mut State, key: &(String, String), now: i64) -> io::Result<()> {
        let Some(kept) = state.records.get_mut(key) else { return Ok(()) };
        let mut line = serde_json::to_vec(&kept.record)?;
        line.push(b'\n');
        kept.written = Some(now);
        let Some(file) = &mut state.file else { return write_anew(&self.folder, state) };
        file.write_all(&line)?;
        file.sync_data()?;
        state.bytes = state.bytes.saturating_add(line.len() as u64);
        match state.bytes > FILE_BYTES_MAX {
            true => write_anew(&self.folder, state),
            false => Ok(()),
        }
    }

    /// Drops what was seen longest ago, if there is too much of which there is no evidence.
    fn drop_oldest(&self, state: &mut State) -> io::Result<()> {
        let lesser = state.records.iter().filter(|(_, kept)| kept.record.evidence.is_empty());
        let (count, oldest) = (lesser.clone().count(), lesser.min_by_key(|(_, kept)| kept.record.last));
        if count <= LESSER_MAX {
            return Ok(());
        }
        if let Some(key) = oldest.map(|(key, _)| key.clone()) {
            state.records.remove(&key);
        }
        Ok(())
    }

    /// All of them, those first that came last.
    pub fn list(&self) -> Vec<Record> {
        sorted(self.state().records.values().map(|kept| kept.record.clone()).collect())
    }

    /// The bytes of a piece of evidence, by its name.
    pub fn evidence(&self, name: &str) -> Result<Option<Vec<u8>>, Reason> {
        evidence_in(&self.folder, name)
    }
}

impl Drop for Alarms {
    /// What was counted since it was last written.
    fn drop(&mut self) {
        let mut state = self.state();
        let is_written = |kept: &Kept| kept.written.is_some_and(|written| written >= kept.record.last);
        if state.records.values().all(is_written) {
            return;
        }
        if let Err(error) = write_anew(&self.folder, &mut state) {
            tracing::error!(%error, "counts of alarms are not on disk");
        }
    }
}

fn open_file(folder: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).open(folder.join(FILE))
}

/// Writes a line for each alarm, in place of all that were.
fn write_anew(folder: &Path, state: &mut State) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    let mut text = Vec::new();
    for kept in state.records.values() {
        serde_json::to_writer(&mut text, &kept.record)?;
        text.push(b'\n');
    }
    file.write_all(&text)?;
    file.as_file().sync_all()?;
    file.persist(folder.join(FILE)).map_err(|error| error.error)?;
    File::open(folder)?.sync_all()?;
    state.file = Some(open_file(folder)?);
    state.bytes = text.len() as u64;
    Ok(())
}

/// The name of a piece of evidence: what it is of, where, and a hash of it.
fn name_of(code: &Code, evidence: &Evidence, bytes: &[u8]) -> String {
    let kind = code.id.trim_start_matches("ALARM-").to_lowercase();
    let hash = blake3::hash(bytes).to_hex();
    format!("{kind}-{}-{}.evidence", evidence.height(), hash.get(..16).unwrap_or_default())
}

/// The alarms of a data directory that may be in use.
pub fn read(path: &Path) -> Result<Vec<Record>, Reason> {
    let file = path.join(FOLDER).join(FILE);
    let mut text = Vec::new();
    // Twice the limit: it is written anew once it is longer.
    match File::open(&file).and_then(|opened| opened.take(2 * FILE_BYTES_MAX).read_to_end(&mut text)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        read => read.map_err(|error| io_reason(&file, &error))?,
    };
    let mut records: BTreeMap<(String, String), Record> = BTreeMap::new();
    // The last line may be cut off, and a line may be of a later version.
    for record in text.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice::<Record>(line).ok()) {
        records.insert((record.code.clone(), record.of.clone()), record);
    }
    Ok(sorted(records.into_values().collect()))
}

/// The bytes of a piece of evidence of a data directory, by its name.
pub fn read_evidence(path: &Path, name: &str) -> Result<Option<Vec<u8>>, Reason> {
    evidence_in(&path.join(FOLDER), name)
}

fn evidence_in(folder: &Path, name: &str) -> Result<Option<Vec<u8>>, Reason> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    let stem = name.strip_suffix(".evidence").filter(|stem| !stem.is_empty() && stem.bytes().all(is_plain));
    let path = folder.join(name);
    match stem.is_some() && path.exists() {
        true => read_file(&path, EVIDENCE_BYTES_MAX as u64).map(Some),
        false => Ok(None),
    }
}

fn sorted(mut records: Vec<Record>) -> Vec<Record> {
    records.sort_by(|one, other| other.last.cmp(&one.last).then_with(|| one.code.cmp(&other.code)));
    records
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consensus::{ConsensusMessage, SignedVote};

    const CHAIN: Hash = Hash([3; 32]);

    fn equivocation(validator: u8, round: u32) -> Alarm {
        let vote = |id: u8| {
            let (id, validator) = (Hash([id; 32]), [validator; 32]);
            ConsensusMessage::Vote(SignedVote { kind: 0, height: 7, round, id, validator, signature: [0; 64] })
        };
        Alarm::Equivocation { validator: [validator; 32], evidence: Box::new((vote(1), vote(2))) }
    }

    fn misbehaved(node: u32) -> Alarm {
        let mut key = [0; 32];
        key[..4].copy_from_slice(&node.to_le_bytes());
        Alarm::Misbehaved { node: key, what: "nothing good" }
    }

    // Goal: alarms are there again after a crash, counted, with their evidence. Method: noted, the folder copied as it is,
    // opened; with a line that is cut off.
    #[test]
    fn survive() {
        let folder = tempfile::tempdir().unwrap();
        let alarms = Alarms::open(folder.path(), CHAIN).unwrap();
        alarms.note(&equivocation(1, 0), 1_000);
        alarms.note(&equivocation(1, 0), 2_000);
        alarms.note(&equivocation(1, 1), 3_000);
        alarms.note(&misbehaved(1), 4_000);
        // A mere count, a moment later: not written; a minute later it is.
        alarms.note(&misbehaved(1), 5_000);
        let copied = tempfile::tempdir().unwrap();
        let into = copied.path().join(FOLDER);
        fs::create_dir_all(&into).unwrap();
        for entry in fs::read_dir(folder.path().join(FOLDER)).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), into.join(entry.file_name())).unwrap();
        }
        let mut file = OpenOptions::new().append(true).open(into.join(FILE)).unwrap();
        file.write_all(br#"{"code":"ALARM-FO"#).unwrap();
        let again = Alarms::open(copied.path(), CHAIN).unwrap();
        let counts: Vec<(String, u64, i64)> =
            again.list().into_iter().map(|record| (record.code, record.count, record.last)).collect();
        let expected = [("ALARM-MISBEHAVED", 1, 4_000), ("ALARM-EQUIVOCATION", 3, 3_000)];
        assert_eq!(counts, expected.map(|(code, count, last)| (code.to_owned(), count, last)));
        again.note(&misbehaved(1), 4_000 + AGAIN_MS);
        assert_eq!(read(copied.path()).unwrap()[0].count, 2);
        let record = &again.list()[1];
        assert_eq!((record.first, record.evidence.len()), (1_000, 2));
        for name in &record.evidence {
            let bytes = again.evidence(name).unwrap().unwrap();
            assert_eq!(Evidence::from_bytes(&bytes).unwrap().height(), 7);
        }
        for name in ["../../FORMAT", "none.evidence", ".evidence", "alarms.ndjson", "/etc/passwd"] {
            assert_eq!(again.evidence(name).unwrap(), None, "{name}");
        }
        drop(alarms);
        assert_eq!(read(folder.path()).unwrap()[0].count, 2);
    }

    // Goal: evidence is not lost for lesser alarms, and neither fills the disk. Method: thousands of both.
    #[test]
    fn bounded() {
        let folder = tempfile::tempdir().unwrap();
        let alarms = Alarms::open(folder.path(), CHAIN).unwrap();
        alarms.note(&equivocation(1, 0), 0);
        for number in 0..600 {
            alarms.note(&misbehaved(number), i64::from(number));
            alarms.note(&equivocation(2, number), i64::from(number));
        }
        let list = alarms.list();
        assert_eq!(list.len(), LESSER_MAX + 2);
        let of = |key: u8| list.iter().find(|record| record.of == Hash([key; 32]).to_string()).unwrap();
        assert_eq!((of(1).evidence.len(), of(2).evidence.len(), of(2).count), (1, EVIDENCE_MAX, 600));
        let files = fs::read_dir(folder.path().join(FOLDER)).unwrap().count();
        assert_eq!(files, 1 + 1 + EVIDENCE_MAX);
        let length = fs::metadata(folder.path().join(FOLDER).join(FILE)).unwrap().len();
        assert!(length <= FILE_BYTES_MAX, "{length}");
    }

    // Goal: every alarm has its words, and the words their arguments. Method: messages in both languages have no gap left.
    #[test]
    fn words() {
        use suyuan_epcis::codes::Language;
        let alarms = [
            equivocation(1, 0),
            misbehaved(1),
            Alarm::Stalled { height: 1, silent_ms: 31_000, waiting: 2, told: 3 },
            Alarm::PassedOver { submission: CHAIN, organisation: 1, blocks: 8 },
            Alarm::BlockClock { height: 1, validator: [1; 32], ahead_ms: -7 },
            Alarm::PeerClock { node: [1; 32], ahead_ms: 7 },
            Alarm::Invalid { id: CHAIN, why: "w".repeat(5_000) },
            Alarm::Trouble("词".repeat(5_000)),
        ];
        for alarm in alarms {
            let Told { code, of, arguments } = Told::of(&alarm);
            let record =
                Record { code: code.id.to_owned(), of, arguments, first: 0, last: 0, count: 1, evidence: Vec::new() };
            let reason = record.reason().unwrap();
            for language in [Language::En, Language::Zh] {
                let text = reason.what(language);
                assert!(!text.contains('{') && text.len() < 1_000, "{text}");
            }
        }
    }
}
