//! One socket of the load, with a window of questions under way.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;

use super::Answered;
use super::burst::{BURST, Burst};
use super::questions::Questions;

/// How many questions are under way on one socket: a burst, so that each answer of a whole burst makes another.
const WINDOW: usize = BURST;

/// A socket and its questions.
pub(super) struct Lane {
    pub(super) number: u8,
    socket: UdpSocket,
    next: u16,
    under_way: usize,
}

impl Lane {
    /// From the address that the machine itself is at: a server's limits and exemptions see an ordinary client.
    pub(super) fn new(number: u8, server: SocketAddr) -> io::Result<Self> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        socket.connect(server)?;
        socket.set_nonblocking(true)?;
        Ok(Self { number, socket, next: 0, under_way: 0 })
    }

    /// Takes what was answered; says whether there was anything.
    pub(super) fn take(
        &mut self,
        burst: &mut Burst,
        questions: &Questions,
        answered: &mut Answered,
    ) -> io::Result<bool> {
        let count = match burst.receive(&self.socket) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
            Err(error) => return Err(error),
        };
        for place in 0..count {
            if questions.is_answered_by(self.number, burst.get(place)) {
                answered.completed += 1;
            } else {
                answered.wrong += 1;
            }
        }
        self.under_way = self.under_way.saturating_sub(count);
        Ok(count > 0)
    }

    /// Asks as many questions as the window has room for.
    pub(super) fn ask(&mut self, burst: &mut Burst, questions: &Questions) {
        let count = WINDOW - self.under_way;
        if count == 0 {
            return;
        }
        for place in 0..count {
            let number = self.next.wrapping_add(u16::try_from(place).unwrap_or(0));
            burst.set(place, |buffer| questions.write(self.number, number, buffer));
        }
        let sent = burst.send(&self.socket, count);
        self.next = self.next.wrapping_add(u16::try_from(sent).unwrap_or(0));
        self.under_way += sent;
    }

    /// Gives up what is under way; says how much.
    pub(super) fn give_up(&mut self) -> u64 {
        u64::try_from(std::mem::take(&mut self.under_way)).unwrap_or(0)
    }

    pub(super) fn is_idle(&self) -> bool {
        self.under_way == 0
    }

    /// What poll(2) is to wait for.
    pub(super) fn waits(&self) -> libc::pollfd {
        libc::pollfd { fd: self.socket.as_raw_fd(), events: libc::POLLIN, revents: 0 }
    }
}
