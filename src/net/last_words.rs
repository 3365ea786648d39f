//! A connection on which the other side is heard out.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A connection whose failed writes pass for done, so that its reader is the one to learn how it ended.
///
/// Over TLS 1.3 a server refuses a client certificate after the handshake: it says why, and closes. A request that is
/// on its way at that moment cannot be written any more, and who stops there never reads what was said.
#[derive(Debug)]
pub(super) struct LastWords<S> {
    stream: S,
    deaf: bool,
}

impl<S> LastWords<S> {
    pub(super) fn of(stream: S) -> Self {
        Self { stream, deaf: false }
    }
}

impl<S: Unpin> LastWords<S> {
    fn write<T>(&mut self, done: T, write: impl FnOnce(Pin<&mut S>) -> Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if !self.deaf {
            match write(Pin::new(&mut self.stream)) {
                Poll::Ready(Err(_)) => self.deaf = true,
                other => return other,
            }
        }
        Poll::Ready(Ok(done))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for LastWords<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for LastWords<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.get_mut().write(buf.len(), |stream| stream.poll_write(cx, buf))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().write((), |stream| stream.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().write((), |stream| stream.poll_shutdown(cx))
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    #[tokio::test]
    async fn what_was_said_before_the_end_is_read_after_a_write_that_failed() {
        let (ours, mut theirs) = duplex(64);
        theirs.write_all(b"no").await.unwrap();
        drop(theirs);
        let mut ours = LastWords::of(ours);
        ours.write_all(b"a request").await.unwrap();
        ours.flush().await.unwrap();
        let mut said = String::new();
        ours.read_to_string(&mut said).await.unwrap();
        assert_eq!(said, "no");
    }
}
