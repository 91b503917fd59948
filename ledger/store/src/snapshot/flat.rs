//! Keeps values of one width by number, in a file: what is known of every event, of every log, however many there are.

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use suyuan_ledger::kv::StoreError;

/// So many values are read at once.
const PAGE_VALUES: u64 = 1_024;
/// So many pages are kept by a reader: of events 22 MiB, of logs 16.
const PAGES_MAX: u64 = 512;

/// Whoever reads all values reads so many bytes at once.
const READ_BYTES: usize = 1 << 16;

/// Where values are.
#[derive(Debug, Clone)]
pub(super) struct Flat<const WIDTH: usize> {
    path: PathBuf,
}

impl<const WIDTH: usize> Flat<WIDTH> {
    /// An empty one; what was there is gone.
    pub fn create(path: &Path) -> Result<Flat<WIDTH>, StoreError> {
        File::create(path).map_err(|error| failed(path, &error))?;
        Ok(Flat { path: path.to_owned() })
    }

    /// Writes values from a number on.
    pub fn writer(&self, first: u64) -> Result<Writer<WIDTH>, StoreError> {
        let opened = OpenOptions::new().write(true).open(&self.path).and_then(|mut file| {
            file.seek(SeekFrom::Start(first.saturating_mul(WIDTH as u64)))?;
            Ok(file)
        });
        let file = opened.map_err(|error| failed(&self.path, &error))?;
        Ok(Writer { file: BufWriter::with_capacity(1 << 18, file), path: self.path.clone() })
    }

    /// Reads what was written and flushed.
    pub fn reader(&self) -> Result<Reader<WIDTH>, StoreError> {
        let file = File::open(&self.path).map_err(|error| failed(&self.path, &error))?;
        Ok(Reader { file, path: self.path.clone(), pages: Vec::new() })
    }

    /// All that was written and flushed, from the first on.
    pub fn values(&self) -> Result<Values<WIDTH>, StoreError> {
        let file = File::open(&self.path).map_err(|error| failed(&self.path, &error))?;
        Ok(Values { file: BufReader::with_capacity(READ_BYTES, file), path: self.path.clone() })
    }
}

/// Values one after another.
pub(super) struct Values<const WIDTH: usize> {
    file: BufReader<File>,
    path: PathBuf,
}

impl<const WIDTH: usize> Iterator for Values<WIDTH> {
    type Item = Result<[u8; WIDTH], StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut value = [0; WIDTH];
        match self.file.read_exact(&mut value) {
            Ok(()) => Some(Ok(value)),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => None,
            Err(error) => Some(Err(failed(&self.path, &error))),
        }
    }
}

/// Writes values one after another.
pub(super) struct Writer<const WIDTH: usize> {
    file: BufWriter<File>,
    path: PathBuf,
}

impl<const WIDTH: usize> Writer<WIDTH> {
    pub fn push(&mut self, value: &[u8; WIDTH]) -> Result<(), StoreError> {
        self.file.write_all(value).map_err(|error| failed(&self.path, &error))
    }

    /// From now on they can be read.
    pub fn flush(&mut self) -> Result<(), StoreError> {
        self.file.flush().map_err(|error| failed(&self.path, &error))
    }
}

/// Reads values by their numbers.
pub(super) struct Reader<const WIDTH: usize> {
    file: File,
    path: PathBuf,
    /// By the last digits of its number, the page that was read last.
    pages: Vec<(u64, Vec<u8>)>,
}

impl<const WIDTH: usize> Reader<WIDTH> {
    /// The value of a number, if it was written.
    pub fn get(&mut self, number: u64) -> Result<Option<[u8; WIDTH]>, StoreError> {
        let page = number / PAGE_VALUES;
        let slot = (page % PAGES_MAX) as usize;
        if self.pages.len() <= slot {
            self.pages.resize_with(slot + 1, || (u64::MAX, Vec::new()));
        }
        let Some((kept, bytes)) = self.pages.get_mut(slot) else { return Ok(None) };
        if *kept != page {
            let start = page.saturating_mul(PAGE_VALUES).saturating_mul(WIDTH as u64);
            bytes.clear();
            let read: io::Result<usize> = self
                .file
                .seek(SeekFrom::Start(start))
                .and_then(|_| (&self.file).take(PAGE_VALUES.saturating_mul(WIDTH as u64)).read_to_end(bytes));
            read.map_err(|error| failed(&self.path, &error))?;
            *kept = page;
        }
        let place = (number % PAGE_VALUES) as usize;
        Ok(bytes.as_chunks::<WIDTH>().0.get(place).copied())
    }
}

fn failed(path: &Path, error: &io::Error) -> StoreError {
    StoreError::Failed(format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: values are read as they were written, also when more pages are read than are kept. Method: more of them,
    /// written in two halves, read in leaps.
    #[test]
    fn values_by_number() {
        let folder = tempfile::tempdir().unwrap();
        let flat = Flat::<4>::create(&folder.path().join("flat")).unwrap();
        let count = 2 * PAGE_VALUES * PAGES_MAX + 77;
        let middle = 600_000;
        for range in [middle..count, 0..middle] {
            let mut writer = flat.writer(range.start).unwrap();
            range.for_each(|number| writer.push(&(number as u32).to_le_bytes()).unwrap());
            writer.flush().unwrap();
        }
        let mut reader = flat.reader().unwrap();
        for step in 0..400_000u64 {
            let number = step * 7_919 * 1_000 % count;
            assert_eq!(reader.get(number).unwrap(), Some((number as u32).to_le_bytes()));
        }
        assert_eq!(reader.get(count).unwrap(), None);
    }
}
