//! epoll(7), edge-triggered: a connection is announced once, and no call is needed until it closes.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::time::Duration;

/// How many happenings one call tells.
const ROOM: usize = 256;

/// What happens on many sockets.
pub(super) struct Epoll {
    descriptor: OwnedFd,
    events: Box<[libc::epoll_event; ROOM]>,
}

impl Epoll {
    pub(super) fn new() -> io::Result<Self> {
        // SAFETY: takes a number and gives one; no memory of ours is touched.
        let descriptor = unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) };
        if descriptor < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the kernel has just given us this descriptor, and nobody else has it.
        let descriptor = unsafe { OwnedFd::from_raw_fd(descriptor) };
        Ok(Self { descriptor, events: Box::new([libc::epoll_event { events: 0, u64: 0 }; ROOM]) })
    }

    /// Tells of what happens on a socket from now on, under this number, until it is closed.
    pub(super) fn watch(&self, socket: &impl AsRawFd, number: usize) -> io::Result<()> {
        let all = libc::EPOLLIN | libc::EPOLLOUT | libc::EPOLLRDHUP | libc::EPOLLET;
        let mut event = libc::epoll_event {
            events: u32::from_ne_bytes(all.to_ne_bytes()),
            u64: u64::try_from(number).unwrap_or(u64::MAX),
        };
        // SAFETY: `event` lives as long as the call, which only reads it; both descriptors are open.
        let done = unsafe {
            libc::epoll_ctl(
                self.descriptor.as_raw_fd(),
                libc::EPOLL_CTL_ADD,
                socket.as_raw_fd(),
                &raw mut event,
            )
        };
        if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }

    /// Waits until something happens, or for so long; says how much did.
    pub(super) fn wait(&mut self, patience: Duration) -> io::Result<usize> {
        let patience = libc::c_int::try_from(patience.as_millis()).unwrap_or(libc::c_int::MAX);
        let room = libc::c_int::try_from(ROOM).unwrap_or(1);
        // SAFETY: the buffer has room for as many events as it says, and lives as long as the call.
        let count = unsafe {
            libc::epoll_wait(self.descriptor.as_raw_fd(), self.events.as_mut_ptr(), room, patience)
        };
        usize::try_from(count).map_err(|_| io::Error::last_os_error())
    }

    /// The number of the socket on which something happened: one of those that the last wait counted.
    pub(super) fn happened(&self, index: usize) -> usize {
        // The field is not aligned, so it is copied out.
        let number = self.events[index].u64;
        usize::try_from(number).unwrap_or(usize::MAX)
    }
}
