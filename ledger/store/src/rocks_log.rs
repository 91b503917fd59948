//! Looks at RocksDB's logs before RocksDB does: its reader (11.8.1, `log_reader.cc`, `ReadPhysicalRecord`) never ends on a record
//! whose type a flipped bit has made one of those that are written into recycled logs, since it gives such a record back as bad
//! without going on behind it (facebook/rocksdb#13333). None are recycled here, so that such a type is damage.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// A log is cut into blocks, and no record's header or part lies over a block's end.
const BLOCK_BYTES: usize = 32 << 10;
/// Checksum 4, length 2, type 1.
const HEADER_BYTES: usize = 7;
/// Types of recycled logs: whole, first, middle and last parts of a record, sizes of times, what log was before.
const RECYCLED: [u8; 6] = [5, 6, 7, 8, 11, 131];
/// And what is none.
const NO_TYPE: u8 = 127;

/// A record that RocksDB would read for ever.
pub(crate) struct Endless {
    /// The log's file.
    pub path: PathBuf,
    /// The place of the record's type in it.
    pub at: u64,
}

impl Endless {
    /// Whether the log says which files the database has: without it there is none.
    pub fn is_in_manifest(&self) -> bool {
        self.path.extension().is_none()
    }

    /// Makes the record one that RocksDB takes for unreadable, which it is, so that it ends there.
    pub fn end_there(&self) -> io::Result<()> {
        let mut file = File::options().write(true).open(&self.path)?;
        file.seek(SeekFrom::Start(self.at))?;
        file.write_all(&[NO_TYPE])?;
        file.sync_all()
    }
}

/// The first such record in a database's logs, its manifests among them.
pub(crate) fn endless(database: &Path) -> io::Result<Option<Endless>> {
    let mut logs = Vec::new();
    for entry in fs::read_dir(database)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.ends_with(".log") || name.starts_with("MANIFEST-") {
            logs.push(entry.path());
        }
    }
    logs.sort();
    for path in logs {
        if let Some(at) = recycled_record(&mut File::open(&path)?)? {
            return Ok(Some(Endless { path, at }));
        }
    }
    Ok(None)
}

/// Where a log has a record of a recycled one, going from record to record as RocksDB does: behind one that can't be it goes on
/// with the next block.
fn recycled_record(mut log: &mut dyn Read) -> io::Result<Option<u64>> {
    let (mut block, mut begin) = (Vec::with_capacity(BLOCK_BYTES), 0u64);
    loop {
        block.clear();
        (&mut log).take(BLOCK_BYTES as u64).read_to_end(&mut block)?;
        if block.is_empty() {
            return Ok(None);
        }
        let mut at = 0usize;
        while let Some([.., low, high, kind]) = block.get(at..).and_then(|rest| rest.first_chunk::<HEADER_BYTES>()) {
            let length = usize::from(u16::from_le_bytes([*low, *high]));
            if RECYCLED.contains(kind) {
                return Ok(Some(begin + (at + HEADER_BYTES - 1) as u64));
            }
            if *kind == 0 && length == 0 {
                break;
            }
            at += HEADER_BYTES + length;
        }
        begin += block.len() as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(log: &[u8]) -> Option<usize> {
        recycled_record(&mut &*log).unwrap().map(|at| usize::try_from(at).unwrap())
    }

    fn record(kind: u8, length: u16) -> Vec<u8> {
        let mut bytes = vec![9; 4];
        bytes.extend(length.to_le_bytes());
        bytes.push(kind);
        bytes.extend(vec![5; usize::from(length)]);
        bytes
    }

    // Goal: only a header's type counts, in any block, and nothing behind what RocksDB skips. Method: logs made by hand.
    #[test]
    fn records() {
        assert_eq!(place(&[]), None);
        let sound = [record(1, 100), record(2, 0), record(10, 5)].concat();
        assert_eq!(place(&sound), None);
        for kind in RECYCLED {
            assert_eq!(place(&[sound.clone(), record(kind, 3)].concat()), Some(sound.len() + 6));
        }
        // A preallocated tail, a header that is cut off.
        assert_eq!(place(&[sound.clone(), vec![0; 100], record(5, 3)].concat()), None);
        assert_eq!(place(&[sound.clone(), record(5, 3)[..6].to_vec()].concat()), None);
        // A block's last bytes are too few for a header; the next block begins with one.
        let full = record(2, u16::try_from(BLOCK_BYTES - HEADER_BYTES - 3).unwrap());
        let log = [full, vec![0; 3], record(4, 10), record(7, 1)].concat();
        assert_eq!(place(&log), Some(BLOCK_BYTES + 17 + 6));
        // A length that leads out of the block: on with the next one.
        let log = [record(1, 10), record(1, u16::MAX)[..7].to_vec(), vec![6; BLOCK_BYTES - 24], record(8, 0)].concat();
        assert_eq!(place(&log), Some(BLOCK_BYTES + 6));
    }
}
