//! A stream whose other end must read what it is sent.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};

/// Nothing of what is to be sent could be sent for so long: the connection is cut off.
pub const WRITE_STALL: Duration = Duration::from_secs(15);
/// What was to be sent was not all sent after so long: the connection is cut off, however it trickles.
pub const WRITE_TIME: Duration = Duration::from_secs(120);

/// A TCP stream that fails where its other end does not read.
pub struct Guarded {
    stream: TcpStream,
    stall: Duration,
    time: Duration,
    /// Ends when nothing was sent for too long.
    stalled: Option<Pin<Box<Sleep>>>,
    /// Since when something has been waiting to be sent.
    waiting: Option<Instant>,
}

impl Guarded {
    pub fn new(stream: TcpStream) -> Guarded {
        Guarded::with(stream, WRITE_STALL, WRITE_TIME)
    }

    fn with(stream: TcpStream, stall: Duration, time: Duration) -> Guarded {
        Guarded { stream, stall, time, stalled: None, waiting: None }
    }

    /// Watches over what a write came to.
    fn judge(&mut self, written: Poll<io::Result<usize>>, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let too_slow = || Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the answer is not read")));
        let since = self.waiting;
        if since.is_some_and(|since| since.elapsed() >= self.time) {
            return too_slow();
        }
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        self.waiting.get_or_insert_with(Instant::now);
        let stall = self.stall;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(stall)));
        match stalled.as_mut().poll(context) {
            Poll::Ready(()) => too_slow(),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncRead for Guarded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Guarded {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.judge(written, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.judge(written, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Whoever writes flushes once all is written.
        (self.stalled, self.waiting) = (None, None);
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::io::Read;
    use std::net;
    use std::thread;

    use super::*;

    /// Two ends of a connection: the one that should read, and the one that writes.
    fn pair(stall: Duration, time: Duration) -> (net::TcpStream, Guarded) {
        let listener = net::TcpListener::bind("127.0.0.1:0").unwrap();
        let reader = net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (stream, _) = listener.accept().unwrap();
        stream.set_nonblocking(true).unwrap();
        (reader, Guarded::with(TcpStream::from_std(stream).unwrap(), stall, time))
    }

    async fn write_all(stream: &mut Guarded, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let written = poll_fn(|context| Pin::new(&mut *stream).poll_write(context, bytes)).await?;
            bytes = &bytes[written..];
        }
        Ok(())
    }

    fn run(test: impl Future<Output = ()>) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
    }

    // Goal: who does not read is cut off, who reads is not. Method: more bytes than the system's buffers take.
    #[test]
    fn not_read() {
        run(async {
            let bytes = vec![0u8; 64 << 20];
            let (_silent, mut stream) = pair(Duration::from_millis(200), Duration::from_secs(60));
            assert_eq!(write_all(&mut stream, &bytes).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
            let (mut reader, mut stream) = pair(Duration::from_secs(20), Duration::from_secs(60));
            let reading = thread::spawn(move || reader.read_to_end(&mut Vec::new()).unwrap());
            write_all(&mut stream, &bytes).await.unwrap();
            drop(stream);
            assert_eq!(reading.join().unwrap(), bytes.len());
        });
    }

    // Goal: who reads a little now and then is cut off too. Method: less than the time of the whole between reads.
    #[test]
    fn trickled() {
        run(async {
            let (mut reader, mut stream) = pair(Duration::from_secs(20), Duration::from_millis(600));
            let reading = thread::spawn(move || {
                let mut chunk = vec![0u8; 1 << 20];
                while reader.read(&mut chunk).is_ok_and(|read| read > 0) {
                    thread::sleep(Duration::from_millis(100));
                }
            });
            let bytes = vec![0u8; 256 << 20];
            assert_eq!(write_all(&mut stream, &bytes).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
            drop(stream);
            reading.join().unwrap();
        });
    }
}
