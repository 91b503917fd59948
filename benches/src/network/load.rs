//! Loads a network: clients side by side, each on a thread of its own.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use suyuan_ledger::derive::PAYLOAD_BYTES_MAX;

use super::client::{Client, Said};
use crate::chain::Failure;

/// A busy node is asked again after so long.
pub const BUSY_WAIT: Duration = Duration::from_millis(5);

/// What is captured: the generator's events in their order or from several places in turn, and again from the start under
/// other names.
pub struct Source {
    lines: Vec<Vec<u8>>,
    next: AtomicUsize,
    /// From so many places of the file they come in turn, from each in its order.
    lanes: usize,
}

impl Source {
    /// The first so many events of a folder.
    pub fn read(folder: &Path, events: usize) -> Result<Source, Failure> {
        let lines = BufReader::with_capacity(1 << 20, File::open(folder.join("events.ndjson"))?).lines().take(events);
        let lines = lines.map(|line| line.map(String::into_bytes)).collect::<Result<Vec<_>, _>>()?;
        if lines.is_empty() {
            return Err("no events".into());
        }
        Ok(Source { lines, next: AtomicUsize::new(0), lanes: 1 })
    }

    /// The same from so many places of the file at once, so that every second brings the same mixture. The file is one long
    /// story: in parts an event names eighteen things, in others one, and takes a third of the time.
    pub fn mixed(mut self, lanes: usize) -> Source {
        let lanes = lanes.clamp(1, self.lines.len().max(1));
        // Whole lanes: what is left over at the end is left out.
        self.lines.truncate(self.lines.len() / lanes * lanes);
        Source { lanes, ..self }
    }

    /// The same under other names from the start, so that they are beside those of another source.
    pub fn again(self) -> Source {
        self.again_from(0)
    }

    /// The same from an event on.
    pub fn again_from(self, place: usize) -> Source {
        let next = AtomicUsize::new(self.lines.len() + place);
        Source { next, ..self }
    }

    /// So many MiB of events as large as they may be, of a subject each: JSON around text that does not compress well.
    pub fn bodies(mib: usize) -> Result<Source, Failure> {
        const EACH: usize = 4;
        let mut lines = Vec::with_capacity(mib * EACH);
        for number in 0..mib * EACH {
            let serial = format!("B{number:08}");
            let head = format!(
                r#"{{"type":"ObjectEvent","eventID":"urn:uuid:00000000-0000-4000-8000-{number:012}","eventTime":"2026-01-01T00:00:00Z","eventTimeZoneOffset":"+00:00","action":"OBSERVE","bizStep":"inspecting","epcList":["https://id.gs1.org/01/09521000000018/21/{serial}"],"ex:body":""#
            );
            let end = r#""}"#;
            let mut event = head.into_bytes();
            let mut random = blake3::Hasher::new().update(serial.as_bytes()).finalize_xof();
            let mut text = vec![0; PAYLOAD_BYTES_MAX - event.len() - end.len()];
            random.fill(&mut text);
            // Six bits each.
            event.extend(text.iter().map(|byte| b'0' + byte % 64).map(|byte| if byte == b'\\' { b'z' } else { byte }));
            event.extend_from_slice(end.as_bytes());
            lines.push(event);
        }
        Ok(Source { lines, next: AtomicUsize::new(0), lanes: 1 })
    }

    /// How many events there are before they come again.
    pub fn events(&self) -> usize {
        self.lines.len()
    }

    /// The next events; fewer, or none, behind the last one if `once`.
    fn take(&self, count: usize, once: bool) -> Vec<Vec<u8>> {
        let from = self.next.fetch_add(count, Ordering::Relaxed);
        let to = if once { from.saturating_add(count).min(self.lines.len()) } else { from.saturating_add(count) };
        (from..to).filter_map(|place| self.event(place)).collect()
    }

    fn event(&self, place: usize) -> Option<Vec<u8>> {
        const ID: &[u8] = b"urn:uuid:";
        let (round, place) = (place / self.lines.len(), place % self.lines.len());
        let place = place % self.lanes * (self.lines.len() / self.lanes) + place / self.lanes;
        let mut event = self.lines.get(place)?.clone();
        if round > 0 {
            // The same thing seen again: another event.
            let at = event.windows(ID.len()).position(|window| window == ID)? + ID.len();
            event.get_mut(at..at + 8)?.copy_from_slice(format!("{round:08x}").as_bytes());
        }
        Some(event)
    }
}

/// What came of a load.
#[derive(Default)]
pub struct Outcome {
    /// Of each submission on the ledger: when it was answered since the start, how long that took, its events.
    pub answered: Vec<(Duration, Duration, usize)>,
    /// Events that their receipts refuse, by code.
    pub refused: BTreeMap<u16, usize>,
    /// Posts that were told to come again.
    pub busy: usize,
    /// Posts.
    pub posts: usize,
    /// How long all took.
    pub taken: Duration,
}

impl Outcome {
    /// Events on the ledger.
    pub fn events(&self) -> usize {
        self.answered.iter().map(|(_, _, events)| events).sum()
    }

    /// Events a second, over all of it.
    pub fn rate(&self) -> f64 {
        self.events() as f64 / self.taken.as_secs_f64()
    }

    /// Events a second between two moments, counted from the start.
    pub fn rate_between(&self, from: Duration, to: Duration) -> f64 {
        let within = self.answered.iter().filter(|(at, _, _)| (from..to).contains(at));
        within.map(|(_, _, events)| *events).sum::<usize>() as f64 / (to.saturating_sub(from)).as_secs_f64()
    }

    /// Events in each whole second.
    pub fn each_second(&self) -> Vec<f64> {
        let second = Duration::from_secs(1);
        let seconds = 0..u32::try_from(self.taken.as_secs()).unwrap_or(0);
        seconds.map(|at| self.rate_between(second * at, second * (at + 1))).collect()
    }

    /// Notes what was said to a post of so many events, of which the first was sent then; whether it is recorded.
    fn note(&mut self, said: Said, begun: Instant, sent: Instant, events: usize) -> bool {
        self.posts += 1;
        match said {
            Said::Recorded { refused } => {
                refused.into_iter().for_each(|code| *self.refused.entry(code).or_default() += 1);
                self.answered.push((begun.elapsed(), sent.elapsed(), events));
                true
            }
            Said::Busy => {
                self.busy += 1;
                false
            }
        }
    }

    /// Adds another client's.
    fn add(&mut self, other: Outcome) {
        self.answered.extend(other.answered);
        for (code, count) in other.refused {
            *self.refused.entry(code).or_default() += count;
        }
        self.busy += other.busy;
        self.posts += other.posts;
    }

    /// Milliseconds from post to answer.
    pub fn times(&self) -> Vec<f64> {
        self.answered.iter().map(|(_, long, _)| long.as_secs_f64() * 1e3).collect()
    }
}

/// What a load is told to do.
pub struct Plan<'a> {
    /// Where events come from.
    pub source: &'a Source,
    /// So many make a submission.
    pub group: usize,
    /// Whether it ends with the source.
    pub once: bool,
    /// A client posts so often, unless it still waits for an answer; else as soon as it is answered.
    pub every: Option<Duration>,
    /// When it ends in any case.
    pub stop: &'a AtomicBool,
}

/// Has all clients work until the source is empty or they are told to stop, and every answer has come. Clients start
/// together. An error of one is that of all.
pub fn load(clients: &mut [Client], plan: &Plan<'_>) -> Result<Outcome, String> {
    let (begun, all, failed) = (Instant::now(), Mutex::new(Outcome::default()), Mutex::new(None));
    let count = clients.len().max(1);
    thread::scope(|scope| {
        for (number, client) in clients.iter_mut().enumerate() {
            let (all, failed) = (&all, &failed);
            scope.spawn(move || {
                // Those that post at fixed times do so spread over the time between.
                let first = begun + plan.every.unwrap_or_default().mul_f64(number as f64 / count as f64);
                let mut one = Outcome::default();
                if let Err(error) = work(client, plan, (begun, first), &mut one) {
                    lock(failed).get_or_insert(error.to_string());
                    plan.stop.store(true, Ordering::Relaxed);
                }
                lock(all).add(one);
            });
        }
    });
    let mut all = all.into_inner().unwrap_or_default();
    all.taken = begun.elapsed();
    match failed.into_inner().unwrap_or_default() {
        Some(error) => Err(error),
        None => Ok(all),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn work(
    client: &mut Client,
    plan: &Plan<'_>,
    (begun, mut due): (Instant, Instant),
    outcome: &mut Outcome,
) -> Result<(), Failure> {
    let (mut sent, mut events) = (begun, 0);
    while !plan.stop.load(Ordering::Relaxed) {
        if let Some(every) = plan.every {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            // A time that was missed is not made up for.
            due = (due + every).max(Instant::now());
        }
        if !client.is_waiting() {
            let payloads = plan.source.take(plan.group, plan.once);
            if payloads.is_empty() {
                return Ok(());
            }
            events = payloads.len();
            client.sign(payloads);
            sent = Instant::now();
        }
        if !outcome.note(client.post()?, begun, sent, events) && plan.every.is_none() {
            thread::sleep(BUSY_WAIT);
        }
    }
    Ok(())
}

/// Has all clients post an event each so often for so long, whatever becomes of what they posted before: what is offered does
/// not hang on what is taken, but that a client has one post on its way at a time, and makes up for what it missed. One
/// thread for all of them, or they would take more of the machine than what they measure.
pub fn offer(clients: Vec<Client>, source: &Arc<Source>, every: Duration, long: Duration) -> Result<Outcome, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, async {
        let (begun, count, mut tasks) = (Instant::now(), clients.len().max(1), tokio::task::JoinSet::new());
        for (number, client) in clients.into_iter().enumerate() {
            let first = every.mul_f64(number as f64 / count as f64);
            tasks.spawn_local(keep_posting(client, source.clone(), begun, (first, every, long)));
        }
        let mut all = Outcome::default();
        while let Some(one) = tasks.join_next().await {
            all.add(one??);
        }
        all.taken = begun.elapsed();
        Ok(all)
    })
}

async fn keep_posting(
    mut client: Client,
    source: Arc<Source>,
    begun: Instant,
    (first, every, long): (Duration, Duration, Duration),
) -> Result<Outcome, Failure> {
    let mut connection = client.for_task()?;
    let (mut outcome, mut due, mut sent) = (Outcome::default(), first, begun);
    while due < long && begun.elapsed() < long {
        tokio::time::sleep_until((begun + due).into()).await;
        if !client.is_waiting() {
            client.sign(source.take(1, false));
            // From when it was due, or the wait behind a late answer would be nobody's.
            sent = begun + due;
        }
        let said = client.post_on(&mut connection).await?;
        outcome.note(said, begun, sent, 1);
        due += every;
    }
    Ok(outcome)
}
