//! Many datagrams with one call: recvmmsg(2) and sendmmsg(2). The only unsafe code of this crate.
//!
//! Why it is sound: all that the kernel writes into and reads from is owned by [`Mail`], borrowed exclusively for the
//! length of the call, and of the size that the call is told: each `iovec` and each name is made from a slice of
//! `Mail` directly before the call and forgotten after it. The kernel keeps none of these pointers. Any bytes are
//! valid in the buffers, which are arrays of bytes, and lengths that come back are cut to the buffers' before use.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6, UdpSocket};
use std::os::fd::AsRawFd;
use std::ptr;

use crate::fast::Buffer;
use crate::query::MAX_UDP;

/// How many datagrams are received and sent with one call.
pub(super) const BATCH: usize = 32;
/// The largest question that is read whole; what is longer is cut by the kernel and answered FORMERR.
const MAX_QUESTION: usize = 4096;
/// The larger of the kernel's two forms of an address (`sockaddr_in6`).
const NAME: usize = 28;
/// IPv6 carries no less without fragments (RFC 8200 section 5).
const LEAST_MTU: libc::c_int = 1280;

/// What to do when nothing has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    /// Wait until something has, as long as the socket's timeout.
    ForOne,
    /// Fail.
    No,
}

/// Buffers of a batch.
pub(super) struct Mail {
    letters: Box<[Letter]>,
    /// Of the answers that are to be sent: whose, and how long.
    replies: Vec<(usize, usize)>,
}

/// A question, its source, and its answer.
#[repr(C, align(8))]
struct Letter {
    /// As the kernel writes it; first, so that it is aligned.
    name: [u8; NAME],
    name_length: usize,
    question_length: usize,
    answer: Buffer,
    question: [u8; MAX_QUESTION],
}

impl Mail {
    pub(super) fn new() -> Self {
        Self { letters: (0..BATCH).map(|_| Letter::new()).collect(), replies: Vec::with_capacity(BATCH) }
    }

    /// Receives what has arrived, up to a batch, in place of what was here; says how many.
    pub(super) fn receive(&mut self, socket: &UdpSocket, wait: Wait) -> io::Result<usize> {
        self.replies.clear();
        let mut parts = [EMPTY_PART; BATCH];
        let mut heads = [EMPTY_HEAD; BATCH];
        for ((letter, part), head) in self.letters.iter_mut().zip(&mut parts).zip(&mut heads) {
            *part = libc::iovec { iov_base: letter.question.as_mut_ptr().cast(), iov_len: MAX_QUESTION };
            head.msg_hdr.msg_iov = part;
            head.msg_hdr.msg_iovlen = 1;
            head.msg_hdr.msg_name = letter.name.as_mut_ptr().cast();
            head.msg_hdr.msg_namelen = NAME_LENGTH;
        }
        let flags = match wait {
            Wait::ForOne => libc::MSG_WAITFORONE,
            Wait::No => libc::MSG_DONTWAIT,
        };
        // SAFETY: `heads` are BATCH valid headers, each with one part and one name in `self.letters`, see above.
        let count =
            unsafe { libc::recvmmsg(socket.as_raw_fd(), heads.as_mut_ptr(), COUNT, flags, ptr::null_mut()) };
        let count = usize::try_from(count).map_err(|_| io::Error::last_os_error())?;
        for (letter, head) in self.letters.iter_mut().zip(&heads).take(count) {
            letter.question_length = usize::try_from(head.msg_len).unwrap_or(0).min(MAX_QUESTION);
            letter.name_length = usize::try_from(head.msg_hdr.msg_namelen).unwrap_or(0).min(NAME);
        }
        Ok(count.min(BATCH))
    }

    /// Where a datagram came from.
    pub(super) fn client(&self, place: usize) -> Option<SocketAddr> {
        self.letters[place].client()
    }

    /// A datagram, and the buffer for its answer.
    pub(super) fn exchange(&mut self, place: usize) -> (&[u8], &mut Buffer) {
        let letter = &mut self.letters[place];
        (&letter.question[..letter.question_length], &mut letter.answer)
    }

    /// Has so many bytes of a datagram's answer sent.
    pub(super) fn reply(&mut self, place: usize, length: usize) {
        self.replies.push((place, length.min(usize::from(MAX_UDP))));
    }

    /// Sends the answers, and says how many the kernel did not take. It is never waited for.
    pub(super) fn send(&mut self, socket: &UdpSocket) -> usize {
        let mut parts = [EMPTY_PART; BATCH];
        let mut heads = [EMPTY_HEAD; BATCH];
        for ((&(place, length), part), head) in self.replies.iter().zip(&mut parts).zip(&mut heads) {
            let letter = &mut self.letters[place];
            *part = libc::iovec { iov_base: letter.answer.as_mut_ptr().cast(), iov_len: length };
            head.msg_hdr.msg_iov = part;
            head.msg_hdr.msg_iovlen = 1;
            head.msg_hdr.msg_name = letter.name.as_mut_ptr().cast();
            head.msg_hdr.msg_namelen = libc::socklen_t::try_from(letter.name_length).unwrap_or(0);
        }
        let all = self.replies.len().min(BATCH);
        self.replies.clear();
        let (mut done, mut unsent) = (0, 0);
        while done < all {
            let rest = &mut heads[done..all];
            let count = libc::c_uint::try_from(rest.len()).unwrap_or(0);
            // SAFETY: `rest` are `count` valid headers, each with one part and one name in `self.letters`, see above.
            let sent =
                unsafe { libc::sendmmsg(socket.as_raw_fd(), rest.as_mut_ptr(), count, libc::MSG_DONTWAIT) };
            match usize::try_from(sent) {
                Ok(sent) if sent > 0 => done += sent,
                // The first one failed: the others may not.
                _ => (done, unsent) = (done + 1, unsent + 1),
            }
        }
        unsent
    }
}

const COUNT: libc::c_uint = 32;
const NAME_LENGTH: libc::socklen_t = 28;
const _: () = assert!(COUNT as usize == BATCH && NAME_LENGTH as usize == NAME);

const EMPTY_PART: libc::iovec = libc::iovec { iov_base: ptr::null_mut(), iov_len: 0 };
// SAFETY: a header of null pointers and zero lengths is valid, and says that there is nothing.
const EMPTY_HEAD: libc::mmsghdr = unsafe { std::mem::zeroed() };

impl Letter {
    fn new() -> Self {
        Self {
            name: [0; NAME],
            name_length: 0,
            question_length: 0,
            answer: [0; MAX_UDP as usize],
            question: [0; MAX_QUESTION],
        }
    }

    /// The source in our words: family, port, and address, the first in the machine's order of bytes.
    fn client(&self) -> Option<SocketAddr> {
        let name = self.name.get(..self.name_length)?;
        let family = name.first_chunk().map(|two| u16::from_ne_bytes(*two))?;
        let port = u16::from_be_bytes(*name.get(2..)?.first_chunk()?);
        let v4 = u16::try_from(libc::AF_INET).ok()?;
        if family == v4 {
            let address = Ipv4Addr::from(*name.get(4..)?.first_chunk::<4>()?);
            return Some(SocketAddrV4::new(address, port).into());
        }
        let address = Ipv6Addr::from(*name.get(8..)?.first_chunk::<16>()?);
        let flow = u32::from_be_bytes(*name.get(4..)?.first_chunk()?);
        let scope = u32::from_ne_bytes(*name.get(24..)?.first_chunk()?);
        Some(SocketAddrV6::new(address, port, flow, scope).into())
    }
}

/// How answers leave. Kernels that lack an option, or refuse it, do without it.
///
/// * They don't ask what the path takes: 1232 bytes pass everywhere, and nobody can make us believe in a smaller path by
///   a forged ICMP message, so that answers were fragmented.
/// * Over IPv4 the kernel looks up for each answer whether the address that it leaves from is still this machine's,
///   unless the socket may use any (IP_TRANSPARENT, ip(7); takes CAP_NET_ADMIN or CAP_NET_RAW): some three percent of
///   all that an answer costs. A socket is bound before, so to an address that the machine has; when it goes,
///   discovery hears of it and closes the listener.
pub(in crate::listener) fn leave_unasked(socket: &socket2::Socket, address: SocketAddr) {
    if address.is_ipv4() {
        set(socket, libc::IPPROTO_IP, libc::IP_MTU_DISCOVER, libc::IP_PMTUDISC_OMIT).ok();
        set(socket, libc::IPPROTO_IP, libc::IP_TRANSPARENT, 1).ok();
    } else {
        set(socket, libc::IPPROTO_IPV6, libc::IPV6_MTU_DISCOVER, libc::IPV6_PMTUDISC_OMIT).ok();
        set(socket, libc::IPPROTO_IPV6, libc::IPV6_MTU, LEAST_MTU).ok();
    }
}

/// Has the kernel hold so many bytes of a burst. Without CAP_NET_ADMIN it holds no more than `net.core.rmem_max`, by
/// default some hundred questions.
pub(in crate::listener) fn hold_burst(socket: &socket2::Socket, bytes: libc::c_int) {
    // The kernel takes twice the number, for what it needs itself (socket(7)). A smaller buffer is no reason not to
    // answer.
    set(socket, libc::SOL_SOCKET, libc::SO_RCVBUFFORCE, bytes)
        .or_else(|_| set(socket, libc::SOL_SOCKET, libc::SO_RCVBUF, bytes))
        .ok();
}

fn set(
    socket: &socket2::Socket,
    level: libc::c_int,
    option: libc::c_int,
    value: libc::c_int,
) -> io::Result<()> {
    let length = libc::socklen_t::try_from(size_of::<libc::c_int>()).unwrap_or(0);
    // SAFETY: the value is one `c_int` on the stack, and the length says so.
    match unsafe { libc::setsockopt(socket.as_raw_fd(), level, option, (&raw const value).cast(), length) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
