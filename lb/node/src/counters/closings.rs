//! The last totals of sockets, told by the kernel when they close.
//!
//! A player that opens a connection for each segment often is done within a second: no look at the sockets sees
//! it. The kernel tells of each TCP socket that it destroys (`SKNLGRP_INET_TCP_DESTROY`), with its counters. That
//! costs it some microseconds each, so it is asked only while an interface is counted by its sockets, and not while
//! sockets close by the thousand: then the looks alone must do.

use std::io;
use std::time::Duration;

use netlink_packet_core::{NetlinkMessage, NetlinkPayload};
use netlink_packet_sock_diag::SockDiagMessage;
use netlink_sys::protocols::NETLINK_SOCK_DIAG;
use netlink_sys::{Socket, SocketAddr};
use tokio::io::unix::AsyncFd;
use tokio::time::Instant;

use super::sockets::{SocketReading, reading};
use crate::discovery::events::listen;
use crate::discovery::netlink::{Messages, NetlinkError};
use crate::discovery::troubles::Troubles;

/// `SKNLGRP_INET_TCP_DESTROY` and `SKNLGRP_INET6_TCP_DESTROY` (linux/sock_diag.h: groups 1 and 3) as a mask.
const GROUPS: u32 = 1 | 1 << 2;
/// What the kernel may queue for us; it grants less without a privilege.
const QUEUE: usize = 4 * 1024 * 1024;
/// One notice is some 400 bytes.
const NOTICE: usize = 4096;
/// Notices taken in one go, so that a flood of them can't hold the runtime.
const BATCH: usize = 256;
/// More closings than this in one second are not listened to ...
const FLOOD: usize = 3000;
/// ... for so long.
const REST: Duration = Duration::from_secs(60);

/// Listens for closings while it is wanted.
pub(super) struct Closings {
    socket: Option<AsyncFd<Socket>>,
    listening: Troubles,
    second: Instant,
    heard: usize,
    rests_until: Option<Instant>,
}

impl Closings {
    /// Not wanted yet.
    pub(super) fn new() -> Self {
        let listening =
            Troubles::new("the kernel does not tell of closed sockets; short connections count less");
        Self { socket: None, listening, second: Instant::now(), heard: 0, rests_until: None }
    }

    /// Says once a second whether closings are wanted.
    pub(super) fn want(&mut self, wanted: bool) {
        let rests = self.rests_until.is_some_and(|until| Instant::now() < until);
        if !wanted || rests {
            self.socket = None;
        } else if self.socket.is_none() {
            self.rests_until = None;
            self.socket = self.listening.note(subscribe().map_err(NetlinkError::Open));
        }
    }

    /// Waits for sockets to close. Never ends while nothing is wanted.
    pub(super) async fn next(&mut self) -> Vec<SocketReading> {
        let Some(socket) = &self.socket else { return std::future::pending().await };
        let heard = hear(socket).await;
        let Some(closed) = self.listening.note(heard.map_err(NetlinkError::Receive)) else {
            self.socket = None;
            return Vec::new();
        };
        self.watch_for_a_flood(closed.len());
        closed
    }

    fn watch_for_a_flood(&mut self, more: usize) {
        let now = Instant::now();
        if now.duration_since(self.second) >= Duration::from_secs(1) {
            (self.second, self.heard) = (now, 0);
        }
        self.heard += more;
        if self.heard > FLOOD {
            tracing::info!(rest = ?REST, "too many sockets close to listen to each");
            self.socket = None;
            self.rests_until = Some(now + REST);
        }
    }
}

fn subscribe() -> io::Result<AsyncFd<Socket>> {
    let mut socket = Socket::new(NETLINK_SOCK_DIAG)?;
    socket2::SockRef::from(&socket).set_recv_buffer_size(QUEUE)?;
    socket.bind(&SocketAddr::new(0, GROUPS))?;
    socket.set_non_blocking(true)?;
    listen(socket)
}

async fn hear(socket: &AsyncFd<Socket>) -> io::Result<Vec<SocketReading>> {
    loop {
        let mut ready = socket.readable().await?;
        if let Ok(closed) = ready.try_io(|socket| take(socket.get_ref())) {
            return closed;
        }
    }
}

/// Takes what is queued. Fails with `WouldBlock` only if there was nothing.
fn take(socket: &Socket) -> io::Result<Vec<SocketReading>> {
    let mut closed = Vec::new();
    let mut datagram = Vec::with_capacity(NOTICE);
    for taken in 0..BATCH {
        datagram.clear();
        match socket.recv_from(&mut datagram, 0) {
            Ok((_, sender)) if sender.port_number() == 0 => closed.extend(parse(&datagram)),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // The queue ran over; what was lost is counted as far as the looks have seen it.
            Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock && taken > 0 => break,
            Err(error) => return Err(error),
        }
    }
    Ok(closed)
}

fn parse(datagram: &[u8]) -> impl Iterator<Item = SocketReading> {
    Messages(datagram).filter_map(|bytes| {
        let message = NetlinkMessage::<SockDiagMessage>::deserialize(bytes.ok()?).ok()?;
        match message.payload {
            NetlinkPayload::InnerMessage(inner) => reading(&inner),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn random_notices_never_panic(bytes: Vec<u8>) {
            prop_assert!(parse(&bytes).count() <= bytes.len());
        }
    }

    #[tokio::test]
    async fn a_flood_of_closings_is_not_listened_to() {
        let mut closings = Closings::new();
        closings.want(true);
        closings.watch_for_a_flood(FLOOD);
        assert!(closings.rests_until.is_none());
        closings.watch_for_a_flood(1);
        closings.want(true);
        assert!(closings.rests_until.is_some() && closings.socket.is_none());
    }
}
