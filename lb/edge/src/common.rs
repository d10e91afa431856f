//! The common requests of one connection, from its stream and back, until something else comes.

use std::io;
use std::mem::take;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::paced::Pace;
use crate::quick::{Quick, ROOM, Scratch, Step, with_scratch};
use crate::stop::Stop;

/// What has come and was not answered, and what was answered and is not sent.
#[derive(Debug)]
pub(crate) struct Common<'a> {
    quick: Quick<'a>,
    /// A part of a request.
    held: Vec<u8>,
    unsent: Vec<u8>,
    /// Whether something was written that may still be within TLS.
    unflushed: bool,
    /// How it ends when all is sent, once that is known.
    ended: Option<Ended>,
}

/// How it ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// The connection is over; `left` says whether something was left unread.
    End { left: bool },
    /// These bytes, and all that follow, are for hyper.
    Uncommon(Vec<u8>),
}

impl<'a> Common<'a> {
    pub(crate) fn new(quick: Quick<'a>) -> Self {
        Self { quick, held: Vec::new(), unsent: Vec::new(), unflushed: false, ended: None }
    }

    /// Answers what comes, until there is something that it does not answer, or the end. After the end it stays at the end.
    pub(crate) fn poll<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        stream: &mut S,
        (pace, stop): (&Pace, &Stop),
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<Ended>> {
        loop {
            while !self.unsent.is_empty() {
                let sent = ready!(Pin::new(&mut *stream).poll_write(cx, &self.unsent))?;
                if sent == 0 {
                    return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
                }
                self.unsent.drain(..sent);
                pace.sent();
            }
            if self.unflushed {
                ready!(Pin::new(&mut *stream).poll_flush(cx))?;
                self.unflushed = false;
            }
            match self.ended.take() {
                Some(Ended::End { left }) => {
                    self.ended = Some(Ended::End { left });
                    return Poll::Ready(Ok(Ended::End { left }));
                }
                Some(uncommon) => return Poll::Ready(Ok(uncommon)),
                None => ready!(with_scratch(|scratch| self.turn(scratch, stream, (pace, stop), cx)))?,
            }
        }
    }

    /// Reads once, and answers what is whole.
    fn turn<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        scratch: &mut Scratch,
        stream: &mut S,
        (pace, stop): (&Pace, &Stop),
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        let before = self.held.len();
        scratch.room[..before].copy_from_slice(&self.held);
        let mut free = ReadBuf::new(&mut scratch.room[before..]);
        let polled = Pin::new(&mut *stream).poll_read(cx, &mut free);
        let read = free.filled().len();
        if polled.is_pending() {
            if !(stop.is_ordered() && before == 0) {
                return Poll::Pending;
            }
            self.ended = Some(Ended::End { left: false });
            return Poll::Ready(Ok(()));
        }
        ready!(polled)?;
        if read == 0 {
            let held = take(&mut self.held);
            // Half a request is hyper's to complain about.
            let ended = if held.is_empty() { Ended::End { left: false } } else { Ended::Uncommon(held) };
            self.ended = Some(ended);
            return Poll::Ready(Ok(()));
        }
        scratch.answers.clear();
        self.answer(scratch, before + read, stop.is_ordered());
        if !scratch.answers.is_empty() {
            let sent = match Pin::new(&mut *stream).poll_write(cx, &scratch.answers) {
                Poll::Ready(sent) => sent?,
                Poll::Pending => 0,
            };
            self.unsent.extend_from_slice(&scratch.answers[sent..]);
            self.unflushed = true;
            pace.sent();
        }
        if !self.held.is_empty() {
            pace.received();
        }
        Poll::Ready(Ok(()))
    }

    /// Answers the requests in `room[..to]` that are whole, and keeps the rest.
    fn answer(&mut self, scratch: &mut Scratch, to: usize, stops: bool) {
        self.held.clear();
        let mut from = 0;
        while from < to {
            match self.quick.step(scratch, (from, to), stops) {
                Step::Answered { length, last } => {
                    from += length;
                    if last {
                        self.ended = Some(Ended::End { left: from < to });
                        return;
                    }
                }
                Step::Part if to - from < ROOM => {
                    self.held.extend_from_slice(&scratch.room[from..to]);
                    return;
                }
                Step::Part | Step::Uncommon => {
                    self.ended = Some(Ended::Uncommon(scratch.room[from..to].to_vec()));
                    return;
                }
            }
        }
    }
}
