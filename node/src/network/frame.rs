//! Cuts a stream into messages: the length in four bytes, the lowest first, and then so many bytes.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use libp2p::futures::{AsyncRead, AsyncWrite};

/// So much is read at once.
const READ_BYTES: usize = 64 * 1024;
/// Small messages are written together up to so many bytes: what the multiplexer takes at once.
const TOGETHER_BYTES: usize = 16 * 1024;

/// A message was announced that is longer than allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooLong(pub u32);

/// What of a stream was read, and not yet taken as messages.
pub(super) struct FrameReader {
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    length: u32,
    length_bytes: u32,
    message: Option<Vec<u8>>,
}

impl FrameReader {
    pub fn new() -> FrameReader {
        let buffer = vec![0; READ_BYTES].into_boxed_slice();
        FrameReader { buffer, start: 0, end: 0, length: 0, length_bytes: 0, message: None }
    }

    /// Reads what there is. To be called when [`Self::take`] has nothing more; 0 is the end of the stream.
    pub fn poll_fill<S: AsyncRead + Unpin>(
        &mut self,
        stream: &mut S,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let count = ready!(Pin::new(stream).poll_read(context, &mut self.buffer))?;
        (self.start, self.end) = (0, count);
        Poll::Ready(Ok(count))
    }

    /// The next message, once all of it has been read. Memory is taken as its bytes arrive, whatever was announced.
    pub fn take(&mut self, bytes_max: u32) -> Result<Option<Vec<u8>>, TooLong> {
        while self.length_bytes < 4 {
            let Some(byte) = self.buffer.get(self.start..self.end).and_then(<[u8]>::first) else { return Ok(None) };
            self.length |= u32::from(*byte) << (8 * self.length_bytes);
            self.length_bytes += 1;
            self.start += 1;
        }
        if self.length > bytes_max {
            return Err(TooLong(self.length));
        }
        let length = self.length as usize;
        let message = self.message.get_or_insert_default();
        let available = self.buffer.get(self.start..self.end).unwrap_or_default();
        let missing = length - message.len();
        let taken = available.get(..missing).unwrap_or(available);
        let needed = message.len() + taken.len();
        if needed > message.capacity() {
            let room = length.min(needed.max(2 * message.capacity()));
            message.reserve_exact(room - message.len());
        }
        message.extend_from_slice(taken);
        self.start += taken.len();
        if message.len() < length {
            return Ok(None);
        }
        (self.length, self.length_bytes) = (0, 0);
        Ok(self.message.take())
    }
}

/// What is to be written to a stream, and was taken from the queue already.
#[derive(Default)]
pub(super) struct FrameWriter {
    /// Whole messages and lengths.
    buffer: Vec<u8>,
    written: usize,
    /// One that follows them and is not worth copying, and how much of it was written.
    large: Option<(Arc<[u8]>, usize)>,
}

impl FrameWriter {
    pub fn is_empty(&self) -> bool {
        self.written == self.buffer.len() && self.large.is_none()
    }

    /// Whether another message can be pushed.
    pub fn has_room(&self) -> bool {
        self.large.is_none() && self.buffer.len() < TOGETHER_BYTES
    }

    /// Adds a message; its length is known to fit.
    pub fn push(&mut self, message: Arc<[u8]>) {
        if self.written == self.buffer.len() {
            self.buffer.clear();
            self.written = 0;
        }
        self.buffer.extend_from_slice(&(message.len() as u32).to_le_bytes());
        if self.buffer.len() + message.len() <= TOGETHER_BYTES {
            self.buffer.extend_from_slice(&message);
        } else {
            self.large = Some((message, 0));
        }
    }

    /// Writes all there is; ready once the stream has taken it.
    pub fn poll_write<S: AsyncWrite + Unpin>(
        &mut self,
        stream: &mut S,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        while let Some(rest) = self.buffer.get(self.written..).filter(|rest| !rest.is_empty()) {
            self.written += some(ready!(Pin::new(&mut *stream).poll_write(context, rest))?)?;
        }
        self.buffer.clear();
        self.written = 0;
        while let Some((message, written)) = &mut self.large {
            match message.get(*written..).filter(|rest| !rest.is_empty()) {
                Some(rest) => *written += some(ready!(Pin::new(&mut *stream).poll_write(context, rest))?)?,
                None => self.large = None,
            }
        }
        Poll::Ready(Ok(()))
    }
}

/// A stream that takes nothing has ended.
fn some(count: usize) -> io::Result<usize> {
    if count == 0 { Err(io::ErrorKind::WriteZero.into()) } else { Ok(count) }
}

#[cfg(test)]
mod tests {
    use libp2p::futures::io::Cursor;

    use super::*;

    fn context() -> Context<'static> {
        Context::from_waker(std::task::Waker::noop())
    }

    #[test]
    fn messages_of_all_lengths_come_back_as_they_were() {
        let lengths = [0, 1, 3, 200, 16_379, 16_380, 16_384, 70_000, 0, 1_000_000, 5];
        let messages: Vec<Arc<[u8]>> =
            lengths.iter().enumerate().map(|(index, length)| vec![index as u8; *length].into()).collect();
        let mut wire = Cursor::new(Vec::new());
        let mut writer = FrameWriter::default();
        let mut left = messages.iter().cloned();
        loop {
            while writer.has_room() {
                let Some(message) = left.next() else { break };
                writer.push(message);
            }
            if writer.is_empty() {
                break;
            }
            assert!(writer.poll_write(&mut wire, &mut context()).is_ready());
        }
        wire.set_position(0);
        let mut reader = FrameReader::new();
        let mut got = Vec::new();
        while let Poll::Ready(Ok(1..)) = reader.poll_fill(&mut wire, &mut context()) {
            while let Some(message) = reader.take(1_000_000).unwrap() {
                got.push(message);
            }
        }
        assert!(got.iter().map(Vec::as_slice).eq(messages.iter().map(AsRef::as_ref)));
    }

    #[test]
    fn an_announcement_takes_no_memory_and_may_be_too_long() {
        let mut wire = Cursor::new([(64_u32 << 20).to_le_bytes().to_vec(), vec![7; 100]].concat());
        let mut reader = FrameReader::new();
        assert!(reader.poll_fill(&mut wire, &mut context()).is_ready());
        assert_eq!(reader.take(64 << 20), Ok(None));
        assert!(reader.message.as_ref().unwrap().capacity() <= 128);
        let mut reader = FrameReader::new();
        wire.set_position(0);
        assert!(reader.poll_fill(&mut wire, &mut context()).is_ready());
        assert_eq!(reader.take((64 << 20) - 1), Err(TooLong(64 << 20)));
    }
}
