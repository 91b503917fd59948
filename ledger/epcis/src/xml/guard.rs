//! The input behind the XML parser: meters bytes, because the parser buffers a whole token and a
//! token may be endless; counts lines; settles the encoding.

use std::io::{self, BufRead, Read};

/// Bytes looked at to tell an encoding.
const SIGNATURE_BYTES: usize = 4;

/// Wraps the input.
pub(crate) struct Guard<'a> {
    input: &'a mut dyn BufRead,
    /// The first bytes, taken out of the input to tell its encoding.
    signature: [u8; SIGNATURE_BYTES],
    signature_at: usize,
    signature_end: usize,
    /// Bytes that may still be read before the next call of [`Guard::allow`].
    left: usize,
    /// Whether reading was refused for want of allowance.
    exceeded: bool,
    line: u64,
}

impl<'a> Guard<'a> {
    /// Opens the input; the error names an encoding that is not UTF-8.
    pub(crate) fn open(input: &'a mut dyn BufRead) -> io::Result<Result<Self, &'static str>> {
        let mut signature = [0; SIGNATURE_BYTES];
        let mut length = 0;
        while let Some(free) = signature.get_mut(length..).filter(|free| !free.is_empty()) {
            match input.read(free) {
                Ok(0) => break,
                Ok(count) => length += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        // XML 1.0 appendix F: what the first bytes tell.
        let signature_at = match signature {
            [0xEF, 0xBB, 0xBF, _] => 3,
            [0, 0, 0xFE, 0xFF] | [0xFF, 0xFE, 0, 0] | [0, 0, 0, b'<'] | [b'<', 0, 0, 0] => return Ok(Err("UTF-32")),
            [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..] | [0, b'<', ..] | [b'<', 0, ..] => return Ok(Err("UTF-16")),
            [0x4C, 0x6F, 0xA7, 0x94] => return Ok(Err("EBCDIC")),
            _ => 0,
        };
        let guard = Guard {
            input,
            signature,
            signature_at: signature_at.min(length),
            signature_end: length,
            left: 0,
            exceeded: false,
            line: 1,
        };
        Ok(Ok(guard))
    }

    /// Allows this many bytes from here on.
    pub(crate) fn allow(&mut self, bytes: usize) {
        self.left = bytes;
    }

    /// How many bytes are still allowed.
    pub(crate) fn left(&self) -> usize {
        self.left
    }

    /// Whether the allowance ran out.
    pub(crate) fn exceeded(&self) -> bool {
        self.exceeded
    }

    /// The line of the next byte, from 1.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }
}

impl Read for Guard<'_> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        let mut available = self.fill_buf()?;
        let count = available.read(target)?;
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Guard<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let signature = self.signature.get(self.signature_at..self.signature_end).unwrap_or_default();
        let available = match signature.is_empty() {
            true => self.input.fill_buf()?,
            false => signature,
        };
        if self.left == 0 && !available.is_empty() {
            self.exceeded = true;
            return Err(io::Error::other("limit exceeded"));
        }
        Ok(available.get(..self.left).unwrap_or(available))
    }

    fn consume(&mut self, count: usize) {
        if count == 0 {
            return;
        }
        self.left = self.left.saturating_sub(count);
        if self.signature_at < self.signature_end {
            let end = (self.signature_at + count).min(self.signature_end);
            let taken = self.signature.get(self.signature_at..end).unwrap_or_default();
            self.line += memchr::memchr_iter(b'\n', taken).count() as u64;
            self.signature_at = end;
            return;
        }
        // The buffer is not empty, so asking for it again reads nothing.
        if let Ok(available) = self.input.fill_buf() {
            let taken = available.get(..count).unwrap_or(available);
            self.line += memchr::memchr_iter(b'\n', taken).count() as u64;
        }
        self.input.consume(count);
    }
}
