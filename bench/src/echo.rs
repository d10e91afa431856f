//! A bare echo: what receiving and sending a datagram costs before anybody thinks about it.

use std::io;
use std::mem::{MaybeUninit, zeroed};
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;

/// Datagrams of one system call.
const BATCH: usize = 32;
/// Room for one datagram.
const ROOM: usize = 512;
/// The bit of the third byte that says that this is an answer (RFC 1035 section 4.1.1).
const ANSWER: u8 = 0x80;

/// Answers every datagram with itself, until it is killed.
pub(crate) fn run(address: SocketAddr) -> io::Result<()> {
    let socket = UdpSocket::bind(address)?;
    let descriptor = socket.as_raw_fd();
    let mut buffers = [[0_u8; ROOM]; BATCH];
    let mut names: [MaybeUninit<libc::sockaddr_storage>; BATCH] = [const { MaybeUninit::uninit() }; BATCH];
    // SAFETY: all zeroes is a valid iovec and a valid mmsghdr (null pointers and zero lengths).
    let (mut vectors, mut headers): ([libc::iovec; BATCH], [libc::mmsghdr; BATCH]) = unsafe { zeroed() };
    let name_room = libc::socklen_t::try_from(size_of::<libc::sockaddr_storage>()).expect("small");
    loop {
        for i in 0..BATCH {
            vectors[i] = libc::iovec { iov_base: buffers[i].as_mut_ptr().cast(), iov_len: ROOM };
            headers[i].msg_hdr.msg_name = names[i].as_mut_ptr().cast();
            headers[i].msg_hdr.msg_namelen = name_room;
            headers[i].msg_hdr.msg_iov = &raw mut vectors[i];
            headers[i].msg_hdr.msg_iovlen = 1;
        }
        let batch = u32::try_from(BATCH).expect("small");
        // SAFETY: each header points to a vector, a buffer and a name of its own that live as long as the loop, with
        // their true lengths; the kernel writes no more than that. No timeout is given.
        let received = unsafe {
            libc::recvmmsg(
                descriptor,
                headers.as_mut_ptr(),
                batch,
                libc::MSG_WAITFORONE,
                std::ptr::null_mut(),
            )
        };
        let Ok(received) = usize::try_from(received) else { return Err(io::Error::last_os_error()) };
        for i in 0..received {
            vectors[i].iov_len = usize::try_from(headers[i].msg_len).unwrap_or(0).min(ROOM);
            buffers[i][2] |= ANSWER;
        }
        let count = u32::try_from(received).expect("at most a batch");
        // SAFETY: the same pointers as above; the lengths are those that were received, names as the kernel set them.
        let sent = unsafe { libc::sendmmsg(descriptor, headers.as_mut_ptr(), count, 0) };
        if sent < 0 {
            return Err(io::Error::last_os_error());
        }
    }
}
