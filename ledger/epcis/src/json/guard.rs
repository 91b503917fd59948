//! A reader that refuses to hand out more than so many bytes between two marks, so that a value
//! of gigabytes ends in an error and not in memory.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

/// The bytes handed out since the last mark, shared between the reader and whoever marks.
#[derive(Clone)]
pub struct Meter {
    left: Rc<Cell<usize>>,
    exhausted: Rc<Cell<bool>>,
}

impl Meter {
    /// A meter that allows `bytes` up to the first mark.
    pub fn new(bytes: usize) -> Self {
        Meter { left: Rc::new(Cell::new(bytes)), exhausted: Rc::new(Cell::new(false)) }
    }

    /// Allows `bytes` from here to the next mark.
    pub fn mark(&self, bytes: usize) {
        self.left.set(bytes);
    }

    /// Whether reading ended because the limit was met.
    pub fn exhausted(&self) -> bool {
        self.exhausted.get()
    }
}

/// The guarded reader.
pub struct Guarded<R> {
    /// What is read from.
    pub inner: R,
    /// What counts.
    pub meter: Meter,
}

impl<R: Read> Read for Guarded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.meter.left.get();
        if left == 0 {
            self.meter.exhausted.set(true);
            return Err(io::Error::other("limit met"));
        }
        let wanted = buffer.len().min(left);
        let got = self.inner.read(&mut buffer[..wanted])?;
        self.meter.left.set(left - got);
        Ok(got)
    }
}
