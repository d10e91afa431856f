//! A client's socket that counts what is written and holds it to the address's limit.
//!
//! It borrows the socket from its connection task, which can so take over when the address goes silent, while hyper or
//! a session still owns this.

use std::future::Future;
use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

use crate::endpoint::Endpoint;

/// Writes per second under a limit, as long as that leaves a byte each.
const WRITES_PER_SECOND: u64 = 10;

/// A client's socket.
#[derive(Debug)]
pub(crate) struct Wire {
    tcp: Arc<TcpStream>,
    endpoint: Arc<Endpoint>,
    /// Runs after a limited write for as long as that write was worth: a second at most, so that a change of the limit
    /// is followed within a second.
    pause: Option<Pin<Box<Sleep>>>,
}

impl Wire {
    /// Puts the endpoint's counters and limit around a socket.
    pub(crate) fn new(tcp: Arc<TcpStream>, endpoint: Arc<Endpoint>) -> Self {
        Self { tcp, endpoint, pause: None }
    }

    /// Waits until something may be written, and tells how much.
    fn poll_allowance(&mut self, cx: &mut Context<'_>) -> Poll<usize> {
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(cx));
            self.pause = None;
        }
        let allowance = self.endpoint.limit().map_or(u64::MAX, |limit| (limit / WRITES_PER_SECOND).max(1));
        Poll::Ready(usize::try_from(allowance).unwrap_or(usize::MAX))
    }

    fn written(&mut self, bytes: usize) {
        self.endpoint.counters.sent(bytes);
        if let Some(limit) = self.endpoint.limit() {
            let nanos = (bytes as u64).saturating_mul(1_000_000_000) / limit;
            self.pause = Some(Box::pin(sleep(Duration::from_nanos(nanos))));
        }
    }

    fn poll_write_with(
        &mut self,
        cx: &mut Context<'_>,
        write: impl Fn(&TcpStream, usize) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        let allowance = ready!(self.poll_allowance(cx));
        loop {
            ready!(self.tcp.poll_write_ready(cx))?;
            match write(&self.tcp, allowance) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Ok(bytes) => {
                    self.written(bytes);
                    return Poll::Ready(Ok(bytes));
                }
                failed => return Poll::Ready(failed),
            }
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            ready!(self.tcp.poll_read_ready(cx))?;
            match self.tcp.try_read(buffer.initialize_unfilled()) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Ok(bytes) => {
                    buffer.advance(bytes);
                    return Poll::Ready(Ok(()));
                }
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_with(cx, |tcp, most| tcp.try_write(&bytes[..bytes.len().min(most)]))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_with(cx, |tcp, most| {
            if slices.iter().map(|slice| slice.len()).sum::<usize>() <= most {
                return tcp.try_write_vectored(slices);
            }
            let first = slices.iter().find(|slice| !slice.is_empty()).map_or(&[][..], |slice| slice);
            tcp.try_write(&first[..first.len().min(most)])
        })
    }

    /// True, so that hyper hands over segments as they lie instead of copying them behind the header.
    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(SockRef::from(&*self.tcp).shutdown(Shutdown::Write))
    }
}
