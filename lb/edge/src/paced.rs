//! When a client is too slow.
//!
//! hyper's own header timeout runs while a connection idles, too, so it cannot hold a short limit for a request's
//! headers and a long one between requests. This does, with one timer per connection that is not touched per request:
//!
//! ```text
//! start ──► New ── first byte ──► Head ── the answer's first byte ──► Idle ┄┄ listener stops ┄┄► end
//!           due in `head`          ▲                                  │ due in `idle`
//!                                  └─ first byte, due in `head` ──────┘
//! ```
//!
//! The timer is never set further ahead than the shorter of the two. So whatever begins, the timer rings before
//! it is due, and is then set to the moment itself. A connection that is answered and closed at once never sets it.
//!
//! When the listener stops, a stream on which no request has begun ends as if its client had closed it. hyper's
//! own graceful shutdown would cut a later request of a connection, too, if only a part of it has arrived. Only the
//! begun half of a pipelined request is cut: it came with the one before.
//!
//! Common requests never come to hyper: see `common`. It only sees that nothing has come yet.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::common::{Common, Ended};
use crate::quick::Quick;
use crate::stop::Stop;

/// How far a connection is, and until when it may take for that.
///
/// One task alone uses it; the atomics are for sharing it between the stream, which hyper owns, and the connection.
#[derive(Debug)]
pub(crate) struct Pace {
    begun: Instant,
    head: Duration,
    idle: Duration,
    phase: AtomicU8,
    /// In milliseconds since it began.
    due: AtomicU64,
}

/// A moment further ahead than this may not exist on the kernel's clock; a day is as good as for ever.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

const NEW: u8 = 0;
const HEAD: u8 = 1;
const IDLE: u8 = 2;

/// A stream that notes its pace, and that ends between two requests when it is to stop.
#[derive(Debug)]
pub(crate) struct Paced<'a, S> {
    stream: S,
    pace: &'a Pace,
    stop: &'a Stop,
    /// Answers common requests, until the first of another kind.
    common: Option<Common<'a>>,
    /// What came, and is for hyper.
    begun: Vec<u8>,
    /// Whether something was left unread at the end.
    left: bool,
}

impl Pace {
    /// The pace of a connection that begins now.
    pub(crate) fn new(head: Duration, idle: Duration) -> Self {
        let (head, idle) = (head.min(LONGEST), idle.min(LONGEST));
        let (phase, due) = (AtomicU8::new(NEW), AtomicU64::new(milliseconds(head)));
        Self { begun: Instant::now(), head, idle, phase, due }
    }

    /// A timer for [`Pace::poll_overdue`].
    pub(crate) fn alarm(&self) -> Sleep {
        sleep_until(self.begun + self.shorter())
    }

    /// Ready once the client is overdue.
    pub(crate) fn poll_overdue(&self, mut alarm: Pin<&mut Sleep>, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            ready!(alarm.as_mut().poll(cx));
            let now = Instant::now();
            let due = self.begun + Duration::from_millis(self.due.load(Ordering::Relaxed));
            if now >= due {
                return Poll::Ready(());
            }
            alarm.as_mut().reset(due.min(now + self.shorter()));
        }
    }

    /// A request has come whole, on a connection whose bytes do not tell: one of HTTP/2.
    pub(crate) fn asked(&self) {
        self.sent();
    }

    fn shorter(&self) -> Duration {
        self.head.min(self.idle)
    }

    pub(crate) fn received(&self) {
        if self.phase.swap(HEAD, Ordering::Relaxed) == IDLE {
            self.set_due(self.head);
        }
    }

    pub(crate) fn sent(&self) {
        self.phase.store(IDLE, Ordering::Relaxed);
        self.set_due(self.idle);
    }

    fn set_due(&self, time: Duration) {
        self.due.store(milliseconds(self.begun.elapsed().saturating_add(time)), Ordering::Relaxed);
    }

    fn is_within_request(&self) -> bool {
        self.phase.load(Ordering::Relaxed) == HEAD
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

impl<'a, S> Paced<'a, S> {
    pub(crate) fn new(stream: S, pace: &'a Pace, stop: &'a Stop, quick: Quick<'a>) -> Self {
        let common = Some(Common::new(quick));
        Self { stream, pace, stop, common, begun: Vec::new(), left: false }
    }

    /// Whether the client had said more than was read when the connection was ended.
    pub(crate) fn has_left(&self) -> bool {
        self.left
    }

    /// The stream, without its pace.
    pub(crate) fn into_inner(self) -> S {
        self.stream
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Paced<'_, S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let paced = &mut *self;
        if let Some(common) = &mut paced.common {
            match ready!(common.poll(&mut paced.stream, (paced.pace, paced.stop), cx))? {
                Ended::End { left } => {
                    paced.left = left;
                    return Poll::Ready(Ok(())); // Nothing read: the end of the stream.
                }
                Ended::Uncommon(begun) => (paced.common, paced.begun) = (None, begun),
            }
        }
        if !self.begun.is_empty() {
            let length = self.begun.len().min(buf.remaining());
            buf.put_slice(&self.begun[..length]);
            self.begun.drain(..length);
            self.pace.received();
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        if polled.is_pending() && self.stop.is_ordered() && !self.pace.is_within_request() {
            return Poll::Ready(Ok(())); // Nothing read: the end of the stream.
        }
        if buf.filled().len() > before {
            self.pace.received();
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Paced<'_, S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(cx, buf);
        if polled.is_ready() {
            self.pace.sent();
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
