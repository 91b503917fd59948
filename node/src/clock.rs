//! The clock: the machine's, or in a trial one that somebody sets.
//!
//! A trial is a network whose genesis says so. What takes months there takes minutes: terms, deadlines, months of events. Its
//! processes are given a file in `SUYUAN_CLOCK` with one time in it. That was the time when the file was written, and from
//! then on it goes on as fast as the machine's:
//!
//! ```text
//! echo 2027-03-01T09:00:00+08:00 >clock
//! ```
//!
//! It is looked at whenever somebody asks for the time, so that nobody hears of a block of a time that its own clock does not
//! know yet. It never goes back, since blocks can't. A process with such a clock neither makes nor opens a ledger but that of a trial, nor
//! writes to a node of another.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use suyuan_epcis::problem::Reason;

use crate::codes::node as codes;
use crate::open::io_reason;
use crate::times::{milliseconds, time_text};

/// The variable that names the file.
pub const VARIABLE: &str = "SUYUAN_CLOCK";
/// Bytes of the file.
const BYTES_MAX: u64 = 64;

static SET: OnceLock<SetClock> = OnceLock::new();

/// Milliseconds since 1970, by this process's clock.
pub fn now_ms() -> i64 {
    SET.get().map_or_else(machine_ms, SetClock::now_ms)
}

/// Whether the clock is one that is set.
pub fn is_set() -> bool {
    SET.get().is_some()
}

/// Refuses a network that is no trial while the clock is set; `of` says what is known of it.
pub fn allow(is_trial: bool, of: &str) -> Result<(), Reason> {
    match is_set() && !is_trial {
        true => Err(Reason::new(codes::CLOCK, &[of])),
        false => Ok(()),
    }
}

/// If the clock is set it is this time at least: that of a ledger's last block, though the file was written anew since.
pub fn no_earlier_than(time_ms: i64) {
    if let Some(clock) = SET.get() {
        clock.no_earlier_than(time_ms);
    }
}

/// Goes by the time in a file from now on.
pub fn follow(file: &OsStr) -> Result<(), Reason> {
    let clock = SetClock::new(Path::new(file))?;
    // What else could be followed already is what the same process was told before.
    SET.set(clock).map_err(|_| Reason::new(codes::CLOCK_FILE, &[VARIABLE, "another clock is followed already"]))
}

/// Sets the clock of those who go by a file, to a time that is later than theirs.
pub fn set(file: &Path, time_ms: i64) -> Result<(), Reason> {
    let at = |error| io_reason(file, &error);
    // Never half of it: who asks meanwhile has the time of before.
    let new = file.with_extension("new");
    fs::write(&new, time_text(time_ms)).map_err(at)?;
    fs::rename(&new, file).map_err(at)
}

fn machine_ms() -> i64 {
    since_1970_ms(SystemTime::now())
}

fn since_1970_ms(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// A clock that goes by a file.
struct SetClock {
    file: PathBuf,
    last: Mutex<Last>,
}

/// How it stood when somebody asked last.
struct Last {
    /// By so much it was ahead of the machine's clock, or behind it.
    ahead_ms: i64,
    /// Whether it was said that the file is not heeded.
    is_told: bool,
}

impl SetClock {
    fn new(file: &Path) -> Result<SetClock, Reason> {
        let last = Mutex::new(Last { ahead_ms: ahead_ms(file)?, is_told: false });
        Ok(SetClock { file: file.to_owned(), last })
    }

    fn no_earlier_than(&self, time_ms: i64) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.ahead_ms = last.ahead_ms.max(time_ms.saturating_sub(machine_ms()));
    }

    fn now_ms(&self) -> i64 {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let why = match ahead_ms(&self.file) {
            Ok(ahead_ms) if ahead_ms >= last.ahead_ms => {
                *last = Last { ahead_ms, is_told: false };
                None
            }
            Ok(_) => Some(Reason::new(codes::CLOCK_FILE, &[&self.file.display().to_string(), "earlier than it was"])),
            Err(reason) => Some(reason),
        };
        // It goes on as it did until the file is right.
        if let Some(why) = why.filter(|_| !std::mem::replace(&mut last.is_told, true)) {
            tracing::warn!("{why}");
        }
        machine_ms().saturating_add(last.ahead_ms)
    }
}

/// By how much the time in a file is ahead of the machine's when it was written.
fn ahead_ms(file: &Path) -> Result<i64, Reason> {
    let at = |error: io::Error| io_reason(file, &error);
    let opened = fs::File::open(file).map_err(at)?;
    let written = opened.metadata().and_then(|known| known.modified()).map_err(at)?;
    let mut text = String::new();
    opened.take(BYTES_MAX).read_to_string(&mut text).map_err(at)?;
    let wrong = || Reason::new(codes::CLOCK_FILE, &[&file.display().to_string(), "not a time"]);
    let time_ms = milliseconds(text.trim()).ok_or_else(wrong)?;
    Ok(time_ms.saturating_sub(since_1970_ms(written)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    /// By how much a clock is ahead of the machine's, to a second.
    fn ahead_s(clock: &SetClock) -> i64 {
        (clock.now_ms() - machine_ms() + 500).div_euclid(1_000)
    }

    // Goal: whoever goes by a file has its time at once, it goes on from there, never back, and a file that is gone or no time
    // leaves it as it was. Method: a file that is set, spoilt, removed and set again.
    #[test]
    fn set_and_followed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("clock");
        assert!(SetClock::new(&file).is_err());
        fs::write(&file, "soon").unwrap();
        assert!(SetClock::new(&file).is_err());
        let start = machine_ms() - 9_000 * HOUR;
        set(&file, start).unwrap();
        let clock = SetClock::new(&file).unwrap();
        assert_eq!(ahead_s(&clock), -9_000 * HOUR / 1_000);
        // Many in a moment: each is heeded.
        for hour in 1..200 {
            set(&file, start + hour * HOUR).unwrap();
            assert_eq!(ahead_s(&clock), (hour - 9_000) * HOUR / 1_000);
        }
        let now = clock.now_ms();
        std::thread::sleep(std::time::Duration::from_millis(30));
        assert!((30..HOUR).contains(&(clock.now_ms() - now)));
        set(&file, start).unwrap();
        assert_eq!(ahead_s(&clock), (199 - 9_000) * HOUR / 1_000, "not back");
        fs::write(&file, "").unwrap();
        assert_eq!(ahead_s(&clock), (199 - 9_000) * HOUR / 1_000, "not while it is written");
        fs::write(&file, "2127-03-01T09:00:00+08:00\n").unwrap();
        let then = milliseconds("2127-03-01T01:00:00Z").unwrap();
        assert!((0..60_000).contains(&(clock.now_ms() - then)));
        fs::remove_file(&file).unwrap();
        clock.no_earlier_than(then + 24 * HOUR);
        clock.no_earlier_than(then);
        assert!((0..60_000).contains(&(clock.now_ms() - then - 24 * HOUR)), "no earlier than a ledger");
        let then = then + 24 * HOUR;
        assert!((0..60_000).contains(&(clock.now_ms() - then)), "goes on without the file");
    }
}
