//! One question to the kernel over netlink, and its whole answer.
//!
//! A dump is a request and then datagrams of messages until one says that it is done. Each read starts with a fresh
//! socket: no answer of an earlier, failed read can be mistaken for ours. It blocks, within [`DEADLINE`], and
//! therefore runs on a thread for blocking work ([`off_the_runtime`]).
//!
//! Every length that the kernel states is checked against what arrived. A message that the packet crates can't
//! parse is skipped and counted: one strange device must not hide the others.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use netlink_packet_core::{
    NLM_F_DUMP, NLM_F_DUMP_INTR, NLM_F_REQUEST, NetlinkDeserializable, NetlinkHeader, NetlinkMessage,
    NetlinkPayload, NetlinkSerializable,
};
use netlink_sys::{Socket, SocketAddr};

/// A dump that takes longer has failed.
const DEADLINE: Duration = Duration::from_secs(2);
/// Room for one datagram. The kernel makes them of at most 32 KiB, longer only for a single longer message.
pub(crate) const DATAGRAM: usize = 64 * 1024;
/// No more messages are kept of one dump: a million sockets is more than the daemon can serve anyway.
const MAX_MESSAGES: usize = 1 << 20;
/// How often a dump is repeated that the kernel says was changed meanwhile.
const REPEATS: usize = 3;
/// Our only request on a socket.
const SEQUENCE: u32 = 1;
/// Length of a message's header, and what messages are aligned to.
const HEADER: usize = 16;
const ALIGNMENT: usize = 4;

/// Why the kernel could not be read.
#[derive(Debug, thiserror::Error)]
pub enum NetlinkError {
    /// No socket, or it can't be bound or set up.
    #[error("cannot open a netlink socket")]
    Open(#[source] io::Error),
    /// The request can't be sent.
    #[error("cannot send a netlink request")]
    Send(#[source] io::Error),
    /// The answer can't be read.
    #[error("cannot read from netlink")]
    Receive(#[source] io::Error),
    /// The kernel answered with an error.
    #[error("the kernel refused a netlink request")]
    Refused(#[source] io::Error),
    /// The answer did not end in time.
    #[error("the kernel did not answer a netlink request within {} s", DEADLINE.as_secs())]
    Timeout,
    /// A datagram was longer than [`DATAGRAM`], or lies about its lengths.
    #[error("a netlink answer is malformed")]
    Malformed,
    /// The thread that read it has gone.
    #[error("reading from netlink was cut short")]
    Gone,
}

/// Runs a blocking read on a thread for such work. When the caller goes away, the read still ends by [`DEADLINE`].
pub(crate) async fn off_the_runtime<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, NetlinkError> + Send + 'static,
) -> Result<T, NetlinkError> {
    tokio::task::spawn_blocking(read).await.unwrap_or(Err(NetlinkError::Gone))
}

/// A message that can't be parsed comes with each read, so it is told once.
static SKIPPED_TOLD: AtomicBool = AtomicBool::new(false);

/// Everything that the kernel answers to a request. Blocks.
pub(crate) fn dump<I>(protocol: isize, request: I) -> Result<Vec<I>, NetlinkError>
where
    I: NetlinkSerializable + NetlinkDeserializable,
{
    let bytes = encode(request);
    let deadline = Instant::now() + DEADLINE;
    let mut answer = Answer::new();
    for _ in 0..REPEATS {
        answer = read_once(protocol, &bytes, deadline)?;
        if !answer.interrupted {
            break;
        }
    }
    if answer.skipped > 0 && !SKIPPED_TOLD.swap(true, Ordering::Relaxed) {
        tracing::warn!(
            skipped = answer.skipped,
            "messages of the kernel can't be parsed; something may be missing"
        );
    }
    Ok(answer.messages)
}

fn encode<I: NetlinkSerializable>(request: I) -> Vec<u8> {
    let mut header = NetlinkHeader::default();
    header.flags = NLM_F_REQUEST | NLM_F_DUMP;
    header.sequence_number = SEQUENCE;
    let mut message = NetlinkMessage::new(header, NetlinkPayload::InnerMessage(request));
    message.finalize();
    let mut bytes = vec![0; message.buffer_len()];
    message.serialize(&mut bytes);
    bytes
}

fn read_once<I: NetlinkDeserializable>(
    protocol: isize,
    request: &[u8],
    deadline: Instant,
) -> Result<Answer<I>, NetlinkError> {
    let mut socket = Socket::new(protocol).map_err(NetlinkError::Open)?;
    socket.bind_auto().map_err(NetlinkError::Open)?;
    socket2::SockRef::from(&socket).set_read_timeout(Some(DEADLINE)).map_err(NetlinkError::Open)?;
    socket.send_to(request, &SocketAddr::new(0, 0), 0).map_err(NetlinkError::Send)?;
    let mut answer = Answer::new();
    let mut datagram = Vec::with_capacity(DATAGRAM);
    while !answer.done {
        if Instant::now() >= deadline {
            return Err(NetlinkError::Timeout);
        }
        if receive(&socket, &mut datagram)? {
            answer.take(&datagram)?;
        }
    }
    Ok(answer)
}

/// Reads one datagram; says whether it is one of the kernel's.
fn receive(socket: &Socket, datagram: &mut Vec<u8>) -> Result<bool, NetlinkError> {
    datagram.clear();
    match socket.recv_from(datagram, libc::MSG_TRUNC) {
        Ok((whole, _)) if whole > datagram.len() => Err(NetlinkError::Malformed),
        // Other processes may send to our port; only port 0 is the kernel.
        Ok((_, sender)) => Ok(sender.port_number() == 0),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(false),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(NetlinkError::Timeout),
        Err(error) => Err(NetlinkError::Receive(error)),
    }
}

/// An answer as far as it has arrived.
struct Answer<I> {
    messages: Vec<I>,
    skipped: usize,
    interrupted: bool,
    done: bool,
}

impl<I> Answer<I> {
    fn new() -> Self {
        Self { messages: Vec::new(), skipped: 0, interrupted: false, done: false }
    }
}

impl<I: NetlinkDeserializable> Answer<I> {
    fn take(&mut self, datagram: &[u8]) -> Result<(), NetlinkError> {
        for bytes in Messages(datagram) {
            let Ok(message) = NetlinkMessage::<I>::deserialize(bytes?) else {
                self.skipped += 1;
                continue;
            };
            let (header, payload) = message.into_parts();
            if header.sequence_number != SEQUENCE {
                continue;
            }
            self.interrupted |= header.flags & NLM_F_DUMP_INTR != 0;
            self.take_payload(payload)?;
        }
        Ok(())
    }

    fn take_payload(&mut self, payload: NetlinkPayload<I>) -> Result<(), NetlinkError> {
        match payload {
            NetlinkPayload::InnerMessage(message) if self.messages.len() < MAX_MESSAGES => {
                self.messages.push(message);
            }
            NetlinkPayload::Error(error) if error.code.is_some() => {
                return Err(NetlinkError::Refused(error.to_io()));
            }
            NetlinkPayload::Done(done) if done.code < 0 => {
                return Err(NetlinkError::Refused(io::Error::from_raw_os_error(done.code.saturating_neg())));
            }
            NetlinkPayload::Done(_) => self.done = true,
            _ => {}
        }
        Ok(())
    }
}

/// The messages of a datagram, each with its header.
pub(crate) struct Messages<'a>(pub(crate) &'a [u8]);

impl<'a> Iterator for Messages<'a> {
    type Item = Result<&'a [u8], NetlinkError>;

    fn next(&mut self) -> Option<Self::Item> {
        let (length, _) = self.0.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_ne_bytes(*length)).unwrap_or(usize::MAX);
        if length < HEADER || length > self.0.len() {
            self.0 = &[];
            return Some(Err(NetlinkError::Malformed));
        }
        let message = &self.0[..length];
        self.0 = self.0.get(length.next_multiple_of(ALIGNMENT)..).unwrap_or(&[]);
        Some(Ok(message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use netlink_packet_route::RouteNetlinkMessage;
    use netlink_packet_route::address::AddressMessage;
    use netlink_packet_route::link::LinkMessage;
    use netlink_packet_sock_diag::SockDiagMessage;
    use netlink_sys::protocols::NETLINK_ROUTE;
    use proptest::prelude::*;

    /// A message of this type around a body, with a right length.
    fn framed(kind: u16, body: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend(u32::try_from(HEADER + body.len()).unwrap().to_ne_bytes());
        bytes.extend(kind.to_ne_bytes());
        bytes.extend([0, 0]);
        bytes.extend(SEQUENCE.to_ne_bytes());
        bytes.extend([0; 4]);
        bytes.extend(body);
        bytes
    }

    fn feed(bytes: &[u8]) {
        let _ = Answer::<RouteNetlinkMessage>::new().take(bytes);
        let _ = Answer::<SockDiagMessage>::new().take(bytes);
    }

    /// The kernel's first datagram in answer to a request.
    fn real<I: NetlinkSerializable>(protocol: isize, request: I) -> Vec<u8> {
        let mut socket = Socket::new(protocol).unwrap();
        socket.bind_auto().unwrap();
        socket.send_to(&encode(request), &SocketAddr::new(0, 0), 0).unwrap();
        let mut datagram = Vec::with_capacity(DATAGRAM);
        assert!(receive(&socket, &mut datagram).unwrap());
        datagram
    }

    #[test]
    fn real_messages_cut_at_any_byte_or_with_any_byte_changed_never_panic() {
        let links = real(NETLINK_ROUTE, RouteNetlinkMessage::GetLink(LinkMessage::default()));
        let addresses = real(NETLINK_ROUTE, RouteNetlinkMessage::GetAddress(AddressMessage::default()));
        for datagram in [links, addresses] {
            let message = Messages(&datagram).next().unwrap().unwrap();
            for cut in HEADER..message.len() {
                let mut short = message[..cut].to_vec();
                short[..4].copy_from_slice(&u32::try_from(cut).unwrap().to_ne_bytes());
                feed(&short);
                for value in [0, 1, 0x7f, 0xff] {
                    let mut changed = message.to_vec();
                    changed[cut] = value;
                    feed(&changed);
                }
            }
        }
    }

    proptest! {
        #[test]
        fn random_bytes_never_panic(bytes: Vec<u8>) {
            feed(&bytes);
        }

        #[test]
        fn random_bodies_of_the_messages_that_we_read_never_panic(
            kind in prop_oneof![Just(16u16), Just(20), Just(2), Just(3), Just(4)],
            family in prop_oneof![Just(0u8), Just(2), Just(10), any::<u8>()],
            mut body in prop::collection::vec(any::<u8>(), 1..400),
        ) {
            body[0] = family;
            feed(&framed(kind, &body));
        }

        #[test]
        fn random_attributes_never_panic(
            kind in prop_oneof![Just((16u16, 16usize)), Just((20, 8)), Just((20, 72))],
            attributes in prop::collection::vec((0u16..70, prop::collection::vec(any::<u8>(), 0..60)), 0..8),
        ) {
            let mut body = vec![0; kind.1];
            body[0] = 2;
            for (number, value) in attributes {
                body.extend(u16::try_from(4 + value.len()).unwrap().to_ne_bytes());
                body.extend(number.to_ne_bytes());
                body.extend(&value);
                body.resize(body.len().next_multiple_of(4), 0);
            }
            feed(&framed(kind.0, &body));
        }
    }

    #[test]
    fn a_length_beyond_the_datagram_is_malformed() {
        let mut bytes = framed(16, &[0; 16]);
        bytes[0] = 33;
        let mut answer = Answer::<RouteNetlinkMessage>::new();
        assert!(matches!(answer.take(&bytes), Err(NetlinkError::Malformed)));
        assert!(matches!(
            Answer::<RouteNetlinkMessage>::new().take(&[4, 0, 0, 0]),
            Err(NetlinkError::Malformed)
        ));
    }

    #[test]
    fn an_error_of_the_kernel_is_told_with_its_number() {
        let mut body = (-libc::ENOENT).to_ne_bytes().to_vec();
        body.extend([0; 16]);
        let refused = Answer::<SockDiagMessage>::new().take(&framed(2, &body));
        let Err(NetlinkError::Refused(error)) = refused else { panic!("not refused: {refused:?}") };
        assert_eq!(error.raw_os_error(), Some(libc::ENOENT));
    }
}
