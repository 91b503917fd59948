//! What the kernel says of this process.

use std::path::Path;
use std::time::Duration;

/// For how long this thread has been running on a processor: unlike the time of day, it does not count what
/// other programs do meanwhile.
pub fn running() -> Duration {
    // The kernel brings the count up to date when it looks at the thread: else only every few milliseconds.
    std::thread::yield_now();
    let status = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = status.split_whitespace().next().and_then(|number| number.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or(0))
}

/// For how long all threads of this process together have been running on processors, those of RocksDB included.
pub fn running_all() -> Duration {
    /// The kernel counts in hundredths of a second here, on every platform that Linux tells programs of.
    const TICK_MS: u64 = 10;
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Behind the name, which may have anything in it; fields 14 and 15 of all, which start at 1.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: u64 = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * TICK_MS)
}

/// What the kernel holds of this process in memory, in MiB.
pub fn resident_mib() -> u64 {
    status_mib("VmRSS:")
}

/// The most that the kernel has ever held of this process in memory, in MiB.
pub fn resident_most_mib() -> u64 {
    status_mib("VmHWM:")
}

fn status_mib(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    line.and_then(|line| line.trim().trim_end_matches(" kB").trim().parse::<u64>().ok()).unwrap_or(0) / 1024
}

/// The bytes of all files of a folder.
pub fn folder_bytes(path: &Path) -> std::io::Result<u64> {
    let files = std::fs::read_dir(path)?.filter_map(|entry| entry.ok()?.metadata().ok());
    Ok(files.map(|file| file.len()).sum())
}
