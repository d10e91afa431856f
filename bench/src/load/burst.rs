//! Many datagrams of one connected socket with one call: the client's sendmmsg(2) and recvmmsg(2).
//!
//! Why the unsafe calls are sound: each header points to one vector, and each vector to one buffer, all of which are
//! borrowed for the length of the call and of the length that the vector says. There are no names and no timeout.

use std::io;
use std::mem::zeroed;
use std::net::UdpSocket;
use std::os::fd::AsRawFd;
use std::ptr;

use super::ROOM;

/// Datagrams of one call.
pub(super) const BURST: usize = 32;
const COUNT: libc::c_uint = 32;
const _: () = assert!(COUNT as usize == BURST);

/// Buffers of one call, and how much of each is in use.
pub(super) struct Burst {
    buffers: Box<[[u8; ROOM]; BURST]>,
    lengths: [usize; BURST],
}

impl Burst {
    pub(super) fn new() -> Self {
        Self { buffers: Box::new([[0; ROOM]; BURST]), lengths: [0; BURST] }
    }

    /// Writes a datagram.
    pub(super) fn set(&mut self, place: usize, write: impl FnOnce(&mut [u8]) -> usize) {
        self.lengths[place] = write(&mut self.buffers[place]).min(ROOM);
    }

    /// What was received at a place.
    pub(super) fn get(&self, place: usize) -> &[u8] {
        &self.buffers[place][..self.lengths[place]]
    }

    /// Sends the first `count`; says how many the kernel took.
    pub(super) fn send(&mut self, socket: &UdpSocket, count: usize) -> usize {
        let (mut vectors, mut headers) = self.headers(|length| length);
        let count = libc::c_uint::try_from(count.min(BURST)).unwrap_or(0);
        point(&mut headers, &mut vectors);
        // SAFETY: `count` headers, each with one vector and one buffer, as said above.
        let sent =
            unsafe { libc::sendmmsg(socket.as_raw_fd(), headers.as_mut_ptr(), count, libc::MSG_DONTWAIT) };
        usize::try_from(sent).unwrap_or(0)
    }

    /// Receives what is there.
    pub(super) fn receive(&mut self, socket: &UdpSocket) -> io::Result<usize> {
        let (mut vectors, mut headers) = self.headers(|_| ROOM);
        point(&mut headers, &mut vectors);
        // SAFETY: BURST headers, each with one vector and one buffer, as said above.
        let received = unsafe {
            libc::recvmmsg(
                socket.as_raw_fd(),
                headers.as_mut_ptr(),
                COUNT,
                libc::MSG_DONTWAIT,
                ptr::null_mut(),
            )
        };
        let received = usize::try_from(received).map_err(|_| io::Error::last_os_error())?;
        for (length, header) in self.lengths.iter_mut().zip(&headers).take(received) {
            *length = usize::try_from(header.msg_len).unwrap_or(0).min(ROOM);
        }
        Ok(received.min(BURST))
    }

    fn headers(&mut self, length: impl Fn(usize) -> usize) -> ([libc::iovec; BURST], [libc::mmsghdr; BURST]) {
        // SAFETY: all zeroes is a valid iovec and a valid mmsghdr (null pointers and zero lengths).
        let (mut vectors, headers): ([libc::iovec; BURST], [libc::mmsghdr; BURST]) = unsafe { zeroed() };
        for ((vector, buffer), &used) in vectors.iter_mut().zip(self.buffers.iter_mut()).zip(&self.lengths) {
            *vector = libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: length(used) };
        }
        (vectors, headers)
    }
}

fn point(headers: &mut [libc::mmsghdr; BURST], vectors: &mut [libc::iovec; BURST]) {
    for (header, vector) in headers.iter_mut().zip(vectors) {
        header.msg_hdr.msg_iov = vector;
        header.msg_hdr.msg_iovlen = 1;
    }
}
