//! Where a document's bytes come from. Reading takes two passes (`@context` may follow the
//! events), so an input can be begun again; what can't (a pipe) is first kept: in memory while
//! small, in a temporary file beyond.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

use crate::document::Syntax;

/// Bytes kept in memory; more go through a file.
const MEMORY_BYTES_MAX: u64 = 8 << 20;

const BUFFER_BYTES: usize = 256 << 10;

/// U+FEFF in UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// An input that can be read again from its beginning.
pub enum Input {
    /// All of it in memory.
    Memory(Vec<u8>),
    /// A file.
    File(File),
    /// A file, and who is told how far each pass over it has come.
    Watched(File, Watcher),
}

/// Is told the bytes read since the pass began.
pub type Watcher = Box<dyn Fn(u64)>;

impl Input {
    /// Opens a file: a small one is read into memory at once, a pipe or device is spooled.
    pub fn open(path: &std::path::Path) -> io::Result<Input> {
        let mut file = File::open(path)?;
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(io::Error::from(io::ErrorKind::IsADirectory));
        }
        if !metadata.is_file() {
            return Input::spool(&mut file);
        }
        if metadata.len() > MEMORY_BYTES_MAX {
            return Ok(Input::File(file));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
        file.read_to_end(&mut bytes)?;
        Ok(Input::Memory(bytes))
    }

    /// Keeps a stream that can be read only once.
    pub fn spool(stream: &mut dyn Read) -> io::Result<Input> {
        let mut bytes = Vec::new();
        stream.take(MEMORY_BYTES_MAX).read_to_end(&mut bytes)?;
        if (bytes.len() as u64) < MEMORY_BYTES_MAX {
            return Ok(Input::Memory(bytes));
        }
        let mut file = tempfile::tempfile().map_err(SpoolError::wrap)?;
        // The same memory holds what is copied.
        loop {
            file.write_all(&bytes).map_err(SpoolError::wrap)?;
            bytes.clear();
            if stream.take(BUFFER_BYTES as u64).read_to_end(&mut bytes)? == 0 {
                return Ok(Input::File(file));
            }
        }
    }

    /// Bytes in it.
    pub fn length(&self) -> io::Result<u64> {
        match self {
            Input::Memory(bytes) => Ok(bytes.len() as u64),
            Input::File(file) | Input::Watched(file, _) => Ok(file.metadata()?.len()),
        }
    }

    /// Has `watcher` told of every read; what is in memory is read too soon to tell.
    pub fn watched(self, watcher: Watcher) -> Input {
        match self {
            Input::File(file) | Input::Watched(file, _) => Input::Watched(file, watcher),
            memory => memory,
        }
    }

    /// All bytes behind a byte order mark, if they are in memory.
    pub fn in_memory(&self) -> Option<&[u8]> {
        match self {
            Input::Memory(bytes) => Some(bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes)),
            Input::File(_) | Input::Watched(..) => None,
        }
    }

    /// A reader from the beginning, behind a byte order mark.
    pub fn reader(&mut self) -> io::Result<Box<dyn BufRead + '_>> {
        let mut reader: Box<dyn BufRead + '_> = match self {
            Input::Memory(bytes) => Box::new(bytes.as_slice()),
            Input::File(file) => {
                file.seek(SeekFrom::Start(0))?;
                Box::new(BufReader::with_capacity(BUFFER_BYTES, file))
            }
            Input::Watched(file, watcher) => {
                file.seek(SeekFrom::Start(0))?;
                Box::new(BufReader::with_capacity(BUFFER_BYTES, Counting { file, watcher, bytes: 0 }))
            }
        };
        if reader.fill_buf()?.starts_with(BYTE_ORDER_MARK) {
            reader.consume(BYTE_ORDER_MARK.len());
        }
        Ok(reader)
    }

    /// The syntax, told by the first character that is not white space; the character itself if
    /// it begins neither, none if there is nothing but white space.
    pub fn syntax(&mut self) -> io::Result<Result<Syntax, Option<char>>> {
        let mut reader = self.reader()?;
        loop {
            let buffer = reader.fill_buf()?;
            if buffer.is_empty() {
                return Ok(Err(None));
            }
            let Some(at) = buffer.iter().position(|byte| !byte.is_ascii_whitespace()) else {
                let length = buffer.len();
                reader.consume(length);
                continue;
            };
            return Ok(match buffer[at] {
                b'<' => Ok(Syntax::Xml),
                b'{' | b'[' => Ok(Syntax::Json),
                other => Err(Some(char::from(other))),
            });
        }
    }
}

/// A stream could be read, but not kept: the error that [`Input::spool`] wraps in its own.
#[derive(Debug)]
pub struct SpoolError {
    /// Where temporary files go.
    pub folder: PathBuf,
    /// What the operating system says.
    pub error: io::Error,
}

impl SpoolError {
    fn wrap(error: io::Error) -> io::Error {
        io::Error::other(SpoolError { folder: std::env::temp_dir(), error })
    }
}

impl std::fmt::Display for SpoolError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "no temporary file in {}: {}", self.folder.display(), self.error)
    }
}

impl std::error::Error for SpoolError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

/// Counts what is read.
struct Counting<'a> {
    file: &'a mut File,
    watcher: &'a Watcher,
    bytes: u64,
}

impl Read for Counting<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.bytes = self.bytes.saturating_add(count as u64);
        (self.watcher)(self.bytes);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use super::*;

    // Goal: a stream is kept whole, whatever its length. Method: streams about the limits of memory and buffer.
    #[test]
    fn spooled() {
        let (memory, buffer) = (MEMORY_BYTES_MAX as usize, BUFFER_BYTES);
        for length in [0, 1, memory - 1, memory, memory + 1, memory + buffer, memory + 2 * buffer + 3] {
            let bytes: Vec<u8> = (0..length).map(|index| index as u8).collect();
            let mut input = Input::spool(&mut bytes.as_slice()).unwrap();
            assert_eq!(matches!(input, Input::Memory(_)), length < memory);
            let mut read = Vec::new();
            input.reader().unwrap().read_to_end(&mut read).unwrap();
            assert!(read == bytes, "{length}");
        }
    }

    // Goal: a watched file reads as the file does, and each pass is told from its beginning.
    // Method: two passes over a file larger than the buffer.
    #[test]
    fn watched() {
        let bytes = vec![b'x'; BUFFER_BYTES * 2 + 7];
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        let told = Rc::new(Cell::new(0));
        let teller = told.clone();
        let mut input = Input::File(file).watched(Box::new(move |count| teller.set(count)));
        assert_eq!(input.length().unwrap(), bytes.len() as u64);
        for _ in 0..2 {
            let mut read = Vec::new();
            input.reader().unwrap().read_to_end(&mut read).unwrap();
            assert_eq!((read == bytes, told.get()), (true, bytes.len() as u64));
        }
    }
}
