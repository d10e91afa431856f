//! One client: it asks one thing at a time, and looks at what it gets.
//!
//! A client has an address of its own (127.0.1.x) and a token of its own in its path, so that an answer that was meant
//! for another one is seen.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use rustls::ClientConfig;

use super::answer::{self, Judged, judge};
use super::epoll::Epoll;
use super::options::{Connection, What};
use super::server::HOST;
use super::wire::{Wire, connect};

/// The longest answer.
const ROOM: usize = 4096;

/// What a line is for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Task {
    pub(super) server: SocketAddr,
    pub(super) connection: Connection,
    pub(super) what: What,
}

/// What came of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing yet.
    Waits,
    /// What was asked for.
    Answered,
    /// Something else.
    Wrong,
    /// The connection ended too early.
    Lost,
}

/// A client and its connection.
pub(super) struct Line {
    number: u8,
    task: Task,
    tls: Option<Arc<ClientConfig>>,
    path: Vec<u8>,
    request: Vec<u8>,
    wire: Option<Wire>,
    unsent: usize,
    answer: Box<[u8; ROOM]>,
    filled: usize,
    /// Since when it waits for an answer, if it does.
    pub(super) asked: Option<Instant>,
    /// Whether its last session was a resumed one.
    pub(super) resumed: bool,
}

impl Line {
    pub(super) fn new(number: u8, task: Task, tls: Option<Arc<ClientConfig>>) -> Self {
        let path = match task.what {
            What::Redirect | What::Handshake => {
                format!("/live/_definst_/demo/playlist.m3u8?token={number:08x}")
            }
            // As hls.js asks while it plays from one of the pool's interfaces.
            What::Manifest => format!(
                "/.weir/steering?viewer={number:016x}&has=eni0.eni1.eni2.eni3&_HLS_pathway=eni{}&_HLS_throughput=5140000",
                number % 4
            ),
        };
        let close = if task.connection == Connection::Close { "Connection: close\r\n" } else { "" };
        // VLC's headers, but for its Range.
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {HOST}\r\nAccept: */*\r\nAccept-Language: en_US\r\n\
             User-Agent: VLC/3.0.21 LibVLC/3.0.21\r\n{close}\r\n"
        );
        Self {
            number,
            task,
            tls,
            path: path.into_bytes(),
            request: request.into_bytes(),
            wire: None,
            unsent: 0,
            answer: Box::new([0; ROOM]),
            filled: 0,
            asked: None,
            resumed: false,
        }
    }

    /// Asks once more, on the connection that it has or on a new one.
    pub(super) fn ask(&mut self, epoll: &Epoll, now: Instant) -> io::Result<()> {
        self.asked = Some(now);
        self.filled = 0;
        self.unsent = if self.task.what == What::Handshake { 0 } else { self.request.len() };
        if self.wire.is_none() {
            let source = Ipv4Addr::new(127, 0, 1, self.number.saturating_add(1));
            let wire = Wire::new(connect(source, self.task.server)?, self.tls.as_ref())?;
            epoll.watch(&wire, self.number.into())?;
            self.wire = Some(wire);
        }
        // On loopback a connection stands, and has room, before anybody could tell so. If not, an event comes.
        match self.send() {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
            sent => sent,
        }
    }

    /// Goes on as far as it can after something happened on its connection.
    pub(super) fn go_on(&mut self) -> Step {
        if self.asked.is_none() {
            // A server may close an idle connection; the next question then needs a new one.
            self.wire = None;
            return Step::Waits;
        }
        let step = match self.try_to_go_on() {
            Ok(step) => step,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Step::Waits,
            Err(_) => Step::Lost,
        };
        if step != Step::Waits {
            self.end(step);
        }
        step
    }

    /// Gives up what it asked for.
    pub(super) fn give_up(&mut self) {
        self.end(Step::Lost);
    }

    /// What it got so far, as it may be shown.
    pub(super) fn got(&self) -> String {
        String::from_utf8_lossy(&self.answer[..self.filled]).escape_debug().collect()
    }

    fn end(&mut self, step: Step) {
        self.asked = None;
        if step == Step::Answered
            && self.task.connection == Connection::KeepAlive
            && self.task.what != What::Handshake
        {
            return;
        }
        if let Some(mut wire) = self.wire.take() {
            self.resumed = wire.is_resumed();
            wire.good_bye();
        }
    }

    fn send(&mut self) -> io::Result<()> {
        let Some(wire) = &mut self.wire else { return Ok(()) };
        while self.unsent > 0 {
            self.unsent -= wire.send(&self.request[self.request.len() - self.unsent..])?;
        }
        Ok(())
    }

    fn try_to_go_on(&mut self) -> io::Result<Step> {
        self.send()?;
        let Some(wire) = &mut self.wire else { return Ok(Step::Lost) };
        if let (Wire::Secure(secure), What::Handshake) = (&mut *wire, self.task.what) {
            return Ok(if secure.shake_hands()? { Step::Answered } else { Step::Lost });
        }
        loop {
            let length = wire.receive(&mut self.answer[self.filled..])?;
            if length == 0 {
                return Ok(
                    match judged(self.task.what, &self.answer[..self.filled], (&self.path, self.number)) {
                        Judged::Right => Step::Answered,
                        Judged::Part if self.filled < ROOM => Step::Lost,
                        Judged::Part | Judged::Wrong => Step::Wrong,
                    },
                );
            }
            self.filled += length;
            match judged(self.task.what, &self.answer[..self.filled], (&self.path, self.number)) {
                Judged::Part => {}
                Judged::Wrong => return Ok(Step::Wrong),
                // Who asked for the connection's end waits for it.
                Judged::Right if self.task.connection == Connection::Close => {}
                Judged::Right => return Ok(Step::Answered),
            }
        }
    }
}

/// What an answer is to who asked for this path, or is the player of this number.
fn judged(what: What, answer: &[u8], (path, number): (&[u8], u8)) -> Judged {
    match what {
        What::Manifest => answer::judge_manifest(answer, number),
        What::Redirect | What::Handshake => judge(answer, path),
    }
}
