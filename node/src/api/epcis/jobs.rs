//! Keeps capture jobs and their documents in the data directory, and the queue of those that wait.
//!
//! | File in `spool/epcis/` | What |
//! |---|---|
//! | `ID.job` | a job, as JSON; replaced as a whole |
//! | `ID.body` | its document, until it has ended |
//!
//! Jobs are worked on in the order in which they came: what a client sends after another document may build on it.
//! A job that had not ended when the node stopped is begun again: events that were recorded then are known by their
//! ids.

use std::collections::{BTreeMap, VecDeque};
use std::fs::{self, File};
use std::io::Write;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use suyuan_epcis::input::Input;
use suyuan_epcis::problem::Reason;
use tempfile::NamedTempFile;

use super::job::{Behaviour, Job};
use crate::clock::now_ms;
use crate::codes::epcis as codes;
use crate::open::{io_reason, read_file, spool_folder};

/// So many documents wait or are being received at once.
pub const WAITING_MAX: usize = 64;
/// Documents that wait fill at most so many bytes.
pub const WAITING_BYTES_MAX: u64 = 1 << 30;
/// So many jobs are kept; the oldest that have ended are forgotten.
pub const JOBS_MAX: usize = 10_000;
/// Jobs fill at most so many bytes, or the oldest that have ended are forgotten.
pub const JOBS_BYTES_MAX: u64 = 64 << 20;
/// Bytes of one job.
const JOB_BYTES_MAX: u64 = 1 << 20;
/// So often is a job begun again.
const INTERRUPTIONS_MAX: u32 = 3;

/// The jobs of a node.
pub struct Jobs {
    folder: PathBuf,
    state: Mutex<State>,
    /// Told when a job comes, and when the node stops.
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Every job: the bytes of its file, and whether it has ended.
    known: BTreeMap<String, (u64, bool)>,
    known_bytes: u64,
    /// Jobs that have not ended, as they are now.
    open: BTreeMap<String, Job>,
    queue: VecDeque<String>,
    waiting_bytes: u64,
    receiving: usize,
    stopping: bool,
    last_id: u64,
}

/// A place in the queue, given back if nothing comes of it.
pub struct Reserved<'a>(&'a Jobs);

impl Drop for Reserved<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.receiving = state.receiving.saturating_sub(1);
    }
}

impl Jobs {
    /// Opens the jobs of a data directory; those that had not ended wait again.
    pub fn open(directory: &Path) -> Result<Jobs, Reason> {
        let folder = spool_folder(directory).join("epcis");
        fs::create_dir_all(&folder).map_err(|error| io_reason(&folder, &error))?;
        let jobs = Jobs { folder, state: Mutex::default(), changed: Condvar::new() };
        let mut names: Vec<PathBuf> = fs::read_dir(&jobs.folder)
            .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect())
            .map_err(|error| io_reason(&jobs.folder, &error))?;
        names.sort();
        for path in names {
            let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
            match path.extension().and_then(|ending| ending.to_str()) {
                Some("job") => jobs.take_up(&path, &stem)?,
                // A document whose job was not written was never acknowledged.
                Some("body") if jobs.path(&stem, "job").exists() => {}
                _ if path.is_dir() => {}
                _ => fs::remove_file(&path).map_err(|error| io_reason(&path, &error))?,
            }
        }
        Ok(jobs)
    }

    fn take_up(&self, path: &Path, id: &str) -> Result<(), Reason> {
        let bytes = read_file(path, JOB_BYTES_MAX)?;
        let job = serde_json::from_slice(&bytes).ok().filter(|job: &Job| job.id == id);
        let Some(mut job) = job else {
            // Cut off when the machine stopped: it said nothing that was final.
            return fs::remove_file(path).map_err(|error| io_reason(path, &error));
        };
        let mut state = self.lock();
        let number = id.split('-').next().and_then(|number| u64::from_str_radix(number, 16).ok());
        state.last_id = state.last_id.max(number.unwrap_or(0));
        state.known.insert(id.to_owned(), (bytes.len() as u64, job.finished.is_some()));
        state.known_bytes = state.known_bytes.saturating_add(bytes.len() as u64);
        if job.finished.is_some() {
            return Ok(());
        }
        let length = fs::metadata(self.path(id, "body")).map_or(0, |metadata| metadata.len());
        let lost = if length != job.bytes {
            Some(Reason::new(codes::BODY_LOST, &[]))
        } else if job.interruptions >= INTERRUPTIONS_MAX {
            Some(Reason::new(codes::INTERRUPTED, &[&job.interruptions.to_string()]))
        } else {
            None
        };
        state.waiting_bytes = state.waiting_bytes.saturating_add(job.bytes);
        state.open.insert(id.to_owned(), job.clone());
        match lost {
            Some(reason) => {
                drop(state);
                job.failure(&reason);
                self.finish(job)
            }
            None => {
                state.queue.push_back(id.to_owned());
                Ok(())
            }
        }
    }

    /// Takes a place in the queue for a document that is about to come; none if it is full.
    pub fn reserve(&self) -> Option<Reserved<'_>> {
        let mut state = self.lock();
        let full = state.open.len().saturating_add(state.receiving) >= WAITING_MAX
            || state.waiting_bytes >= WAITING_BYTES_MAX
            || state.stopping;
        if full {
            return None;
        }
        state.receiving = state.receiving.saturating_add(1);
        Some(Reserved(self))
    }

    /// A file for a document that comes, gone with its last owner unless it is kept.
    pub fn receive(&self) -> Result<NamedTempFile, Reason> {
        tempfile::Builder::new()
            .prefix("new-")
            .tempfile_in(&self.folder)
            .map_err(|error| io_reason(&self.folder, &error))
    }

    /// Makes a document that has come a job, and lets it wait.
    pub fn add(
        &self,
        body: NamedTempFile,
        bytes: u64,
        behaviour: Behaviour,
        account: Option<String>,
    ) -> Result<Job, Reason> {
        let id = self.new_id()?;
        let mut job = Job::new(id.clone(), behaviour, now_ms(), account);
        job.bytes = bytes;
        let path = self.path(&id, "body");
        body.persist(&path).map_err(|error| io_reason(&path, &error.error))?;
        self.save(&job, false)?;
        let mut state = self.lock();
        state.waiting_bytes = state.waiting_bytes.saturating_add(bytes);
        state.open.insert(id.clone(), job.clone());
        state.queue.push_back(id);
        drop(state);
        self.changed.notify_all();
        Ok(job)
    }

    /// The next job that waits, with its document; waits for one. None once the node stops.
    pub fn next(&self) -> Option<(Job, Result<Input, Reason>)> {
        let mut state = self.lock();
        let job = loop {
            if state.stopping {
                return None;
            }
            match state.queue.pop_front().map(|id| state.open.get(&id).cloned()) {
                Some(Some(job)) => break job,
                Some(None) => {}
                None => state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            }
        };
        drop(state);
        let path = self.path(&job.id, "body");
        let opened = Input::open(&path).map_err(|error| io_reason(&path, &error));
        Some((job, opened))
    }

    /// Notes on disk that a job is being worked on: if the node stops before it ends, that is an interruption.
    pub fn begin(&self, job: &mut Job) -> Result<(), Reason> {
        job.begin();
        let noted = Job { interruptions: job.interruptions.saturating_add(1), ..job.clone() };
        self.save(&noted, false)?;
        self.tell(job);
        Ok(())
    }

    /// Tells how far a job has come.
    pub fn tell(&self, job: &Job) {
        self.lock().open.insert(job.id.clone(), job.clone());
    }

    /// Ends a job. Its end is on disk before its document goes.
    pub fn finish(&self, mut job: Job) -> Result<(), Reason> {
        job.finish(now_ms());
        self.save(&job, true)?;
        let body = self.path(&job.id, "body");
        if body.exists() {
            fs::remove_file(&body).map_err(|error| io_reason(&body, &error))?;
        }
        let mut state = self.lock();
        state.open.remove(&job.id);
        state.waiting_bytes = state.waiting_bytes.saturating_sub(job.bytes);
        self.forget_oldest(&mut state)
    }

    /// A job.
    pub fn get(&self, id: &str) -> Result<Option<Job>, Reason> {
        let state = self.lock();
        if let Some(job) = state.open.get(id) {
            return Ok(Some(job.clone()));
        }
        if !state.known.contains_key(id) {
            return Ok(None);
        }
        // Under the lock, so that it is not forgotten meanwhile.
        let path = self.path(id, "job");
        let bytes = read_file(&path, JOB_BYTES_MAX)?;
        serde_json::from_slice(&bytes).map(Some).map_err(|error| io_reason(&path, &error.into()))
    }

    /// The ids of the jobs before one, the latest first: so many, and whether there are more.
    pub fn before(&self, id: Option<&str>, count: usize) -> (Vec<String>, bool) {
        let state = self.lock();
        let mut ids: Vec<String> = match id {
            Some(id) => state
                .known
                .range::<str, _>((Bound::Unbounded, Bound::Excluded(id)))
                .rev()
                .take(count + 1)
                .map(|(id, _)| id.clone())
                .collect(),
            None => state.known.keys().rev().take(count + 1).cloned().collect(),
        };
        let more = ids.len() > count;
        ids.truncate(count);
        (ids, more)
    }

    /// Whether the node is stopping: work on a job ends between two submissions.
    pub fn is_stopping(&self) -> bool {
        self.lock().stopping
    }

    /// Lets no more job begin.
    pub fn stop(&self) {
        self.lock().stopping = true;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn path(&self, id: &str, ending: &str) -> PathBuf {
        self.folder.join([id, ".", ending].concat())
    }

    /// The milliseconds of the moment, above all earlier ones, and random digits that nobody guesses.
    fn new_id(&self) -> Result<String, Reason> {
        let mut random = [0u8; 8];
        getrandom::fill(&mut random)
            .map_err(|error| io_reason(&self.folder, &std::io::Error::other(error.to_string())))?;
        let mut state = self.lock();
        let now = u64::try_from(now_ms()).unwrap_or(0);
        state.last_id = now.max(state.last_id.saturating_add(1));
        let digits: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(format!("{:012x}-{digits}", state.last_id))
    }

    /// Writes a job's file, as a whole.
    fn save(&self, job: &Job, synced: bool) -> Result<(), Reason> {
        let path = self.path(&job.id, "job");
        let at = |error: std::io::Error| io_reason(&path, &error);
        let bytes = serde_json::to_vec(job).map_err(|error| at(error.into()))?;
        let mut file = NamedTempFile::new_in(&self.folder).map_err(at)?;
        file.write_all(&bytes).map_err(at)?;
        if synced {
            file.as_file().sync_all().map_err(at)?;
        }
        file.persist(&path).map_err(|error| at(error.error))?;
        if synced {
            File::open(&self.folder).and_then(|folder| folder.sync_all()).map_err(at)?;
        }
        let mut state = self.lock();
        let before = state.known.insert(job.id.clone(), (bytes.len() as u64, job.finished.is_some()));
        let before = before.map_or(0, |(bytes, _)| bytes);
        state.known_bytes = state.known_bytes.saturating_sub(before).saturating_add(bytes.len() as u64);
        Ok(())
    }

    fn forget_oldest(&self, state: &mut State) -> Result<(), Reason> {
        while state.known.len() > JOBS_MAX || state.known_bytes > JOBS_BYTES_MAX {
            let oldest = state.known.iter().find(|(_, (_, ended))| *ended);
            let Some((id, bytes)) = oldest.map(|(id, (bytes, _))| (id.clone(), *bytes)) else { return Ok(()) };
            let path = self.path(&id, "job");
            fs::remove_file(&path).map_err(|error| io_reason(&path, &error))?;
            state.known.remove(&id);
            state.known_bytes = state.known_bytes.saturating_sub(bytes);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(jobs: &Jobs, text: &str) -> Job {
        let _place = jobs.reserve().unwrap();
        let mut body = jobs.receive().unwrap();
        body.write_all(text.as_bytes()).unwrap();
        jobs.add(body, text.len() as u64, Behaviour::Rollback, None).unwrap()
    }

    // Goal: jobs outlive the node: what waited waits again, in its order, what was at work says so, what had ended has;
    // what was never acknowledged is gone, and a job is not begun for ever. Method: one folder opened again and again.
    #[test]
    fn outlive_the_node() {
        let folder = tempfile::tempdir().unwrap();
        let jobs = Jobs::open(folder.path()).unwrap();
        let ids: Vec<String> = ["a", "bb", "ccc"].iter().map(|text| add(&jobs, text).id).collect();
        assert!(ids.is_sorted());
        let (mut first, input) = jobs.next().unwrap();
        assert_eq!((first.id.as_str(), input.unwrap().length().unwrap()), (ids[0].as_str(), 1));
        jobs.begin(&mut first).unwrap();
        first.recorded = 7;
        jobs.finish(first).unwrap();
        let kept = jobs.get(&ids[0]).unwrap().unwrap();
        assert_eq!((kept.recorded, kept.finished.is_some(), kept.interruptions), (7, true, 0));
        fs::write(folder.path().join("spool/epcis/new-1"), "cut").unwrap();
        for run in 0..=INTERRUPTIONS_MAX {
            // As after a kill: nothing more was written.
            let again = Jobs::open(folder.path()).unwrap();
            let second = again.get(&ids[1]).unwrap().unwrap();
            let gone = run == INTERRUPTIONS_MAX;
            assert_eq!((second.interruptions, second.finished.is_some()), (run, gone), "{run}");
            let (mut job, _) = again.next().unwrap();
            assert_eq!(job.id, ids[if gone { 2 } else { 1 }]);
            again.begin(&mut job).unwrap();
        }
        let names = fs::read_dir(folder.path().join("spool/epcis")).unwrap();
        assert_eq!(names.count(), 4, "three jobs and a document");
        let last = Jobs::open(folder.path()).unwrap();
        assert_eq!(last.get(&ids[0]).unwrap().unwrap().recorded, 7);
        assert_eq!(last.get(&ids[1]).unwrap().unwrap().document()["errors"][0]["code"], "CAPTURE-INTERRUPTED");
        assert_eq!(last.before(None, 2), (vec![ids[2].clone(), ids[1].clone()], true));
        assert_eq!(last.before(Some(&ids[1]), 2), (vec![ids[0].clone()], false));
    }
}
