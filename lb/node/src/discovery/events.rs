//! The kernel's notices that a device or an address changed.

use std::io;

use netlink_sys::protocols::NETLINK_ROUTE;
use netlink_sys::{Socket, SocketAddr};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::netlink::{DATAGRAM, NetlinkError};

/// Devices, IPv4 addresses, IPv6 addresses (linux/rtnetlink.h).
const GROUPS: u32 = (libc::RTMGRP_LINK | libc::RTMGRP_IPV4_IFADDR | libc::RTMGRP_IPV6_IFADDR).cast_unsigned();

/// A subscription to the kernel's notices.
pub struct KernelEvents {
    socket: AsyncFd<Socket>,
}

impl KernelEvents {
    /// Subscribes. What changes from now on is told, so subscribe first and read afterwards.
    pub fn subscribe() -> Result<Self, NetlinkError> {
        let open = || {
            let mut socket = Socket::new(NETLINK_ROUTE)?;
            socket.bind(&SocketAddr::new(0, GROUPS))?;
            socket.set_non_blocking(true)?;
            listen(socket)
        };
        Ok(Self { socket: open().map_err(NetlinkError::Open)? })
    }

    /// Waits until something changed since the last call. What it was is thrown away: the caller reads everything.
    /// Notices that the kernel had to drop count as a change.
    pub async fn changed(&mut self) -> Result<(), NetlinkError> {
        loop {
            let mut ready = self.socket.readable().await.map_err(NetlinkError::Receive)?;
            if let Ok(outcome) = ready.try_io(|socket| drain(socket.get_ref())) {
                return outcome.map_err(NetlinkError::Receive);
            }
        }
    }
}

/// Puts a netlink socket under the runtime's watch.
pub(crate) fn listen(socket: Socket) -> io::Result<AsyncFd<Socket>> {
    // SAFETY: the socket owns its descriptor, always gives the same one, and closes it only when it is dropped,
    // which the AsyncFd does after deregistering it.
    let registered = unsafe { AsyncFd::register_with_interest(socket, Interest::READABLE) };
    registered.map_err(Into::into)
}

/// The most datagrams that are thrown away in one go, so that a flood can't hold the runtime.
const MAX_DRAINED: usize = 1024;

/// Empties the socket. Fails with `WouldBlock` only if there was nothing.
fn drain(socket: &Socket) -> io::Result<()> {
    let mut datagram = Vec::with_capacity(DATAGRAM);
    for drained in 0..MAX_DRAINED {
        datagram.clear();
        match socket.recv(&mut datagram, 0) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock && drained > 0 => return Ok(()),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
