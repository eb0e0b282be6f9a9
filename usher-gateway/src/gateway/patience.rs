//! A stream whose reader may not stand still for ever.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

/// A stream that fails once nothing of what is written was taken for this long. Its buffers are the kernel's: a peer
/// that stops reading in the middle of an answer keeps a connection, and a place, for no longer.
#[derive(Debug)]
pub struct Impatient<S> {
    stream: S,
    patience: Duration,
    stuck: Pin<Box<Sleep>>,
    waiting: bool,
}

impl<S> Impatient<S> {
    /// The stream with this patience.
    pub fn new(stream: S, patience: Duration) -> Self {
        Impatient { stream, patience, stuck: Box::pin(tokio::time::sleep(patience)), waiting: false }
    }

    fn judge<T>(&mut self, context: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.waiting = false;
            return written;
        }
        if !self.waiting {
            self.waiting = true;
            self.stuck.as_mut().reset(Instant::now() + self.patience);
        }
        ready!(self.stuck.as_mut().poll(context));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the peer has stopped reading")))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Impatient<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Impatient<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.judge(cx, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.judge(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.judge(cx, shut)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[test]
    fn whoever_stops_reading_is_given_up_and_whoever_reads_slowly_is_not() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (near, far) = tokio::io::duplex(4);
            let mut stream = Impatient::new(near, Duration::from_millis(20));
            assert_eq!(stream.write_all(b"12345").await.unwrap_err().kind(), io::ErrorKind::TimedOut);
            drop(far);

            let (near, mut far) = tokio::io::duplex(4);
            let mut stream = Impatient::new(near, Duration::from_secs(60));
            let reader = tokio::spawn(async move {
                let mut all = [0; 12];
                far.read_exact(&mut all).await.map(|_| all)
            });
            stream.write_all(b"abcdefghijkl").await.unwrap();
            assert_eq!(&reader.await.unwrap().unwrap(), b"abcdefghijkl");
        });
    }
}
