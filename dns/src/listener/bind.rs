//! Binding the sockets of one address and port: one for each worker over UDP, and one over TCP.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::num::NonZeroU8;

use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use tokio::net::TcpListener;

use super::udp::{hold_burst, leave_unasked};
use crate::metrics::Transport;

/// How many connections may wait to be accepted.
const BACKLOG: i32 = 128;
/// What each UDP socket asks the kernel to hold of a burst: some thousand questions.
const BURST: i32 = 4 << 20;
/// How many free ports are tried until one is free for both transports.
const TRIES: usize = 32;

/// Why a listener could not be bound.
#[derive(Debug, thiserror::Error)]
#[error("can't listen for DNS on {protocol} {address}")]
pub struct BindError {
    /// Which of the two sockets.
    pub protocol: Transport,
    /// The address and port that were asked for.
    pub address: SocketAddr,
    /// Why; its kind tells a port in use from an address that this machine does not have and from a missing
    /// permission.
    #[source]
    pub source: io::Error,
}

/// The sockets of one address and port.
pub(super) struct Sockets {
    pub(super) address: SocketAddr,
    /// At least one. Each client's port is answered by the same one of them.
    pub(super) udp: Vec<UdpSocket>,
    pub(super) tcp: TcpListener,
}

/// Whether other sockets may be bound to the same address and port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sharing {
    No,
    /// Those that ask for it too, of the same user (SO_REUSEPORT, socket(7)).
    Yes,
}

/// Binds all of them. A free port of UDP may be in use for TCP; then another one is tried.
pub(super) fn all(address: SocketAddr, workers: NonZeroU8) -> Result<Sockets, BindError> {
    let mut tries = if address.port() == 0 { TRIES } else { 1 };
    loop {
        tries -= 1;
        match all_once(address, workers) {
            Err(error) if tries > 0 && error.source.kind() == io::ErrorKind::AddrInUse => {}
            result => return result,
        }
    }
}

fn all_once(address: SocketAddr, workers: NonZeroU8) -> Result<Sockets, BindError> {
    let fault = |protocol| move |source| BindError { protocol, address, source };
    let first = udp(address, Sharing::No).map_err(fault(Transport::Udp))?;
    let bound = first.local_addr().map_err(fault(Transport::Udp))?;
    let tcp = tcp(bound).map_err(fault(Transport::Tcp))?;
    let udp = for_workers(first, bound, workers).map_err(fault(Transport::Udp))?;
    Ok(Sockets { address: bound, udp, tcp })
}

/// A second weir on this address has to fail instead of taking datagrams, so the first socket shares with nobody. Where
/// there are to be more, it makes way once it has shown that nobody else is there; from then on the TCP socket keeps a
/// second weir out.
fn for_workers(first: UdpSocket, bound: SocketAddr, workers: NonZeroU8) -> io::Result<Vec<UdpSocket>> {
    if workers == NonZeroU8::MIN {
        return Ok(vec![first]);
    }
    drop(first);
    (0..workers.get()).map(|_| udp(bound, Sharing::Yes)).collect()
}

fn udp(address: SocketAddr, sharing: Sharing) -> io::Result<UdpSocket> {
    let socket = socket(address, Type::DGRAM, Protocol::UDP)?;
    hold_burst(&socket, BURST);
    socket.set_reuse_port(sharing == Sharing::Yes)?;
    socket.bind(&SockAddr::from(address))?;
    leave_unasked(&socket, address);
    Ok(socket.into())
}

/// With SO_REUSEADDR, which for TCP only ignores connections of a predecessor that are still closing.
fn tcp(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = socket(address, Type::STREAM, Protocol::TCP)?;
    socket.set_reuse_address(true)?;
    socket.bind(&SockAddr::from(address))?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

fn socket(address: SocketAddr, kind: Type, protocol: Protocol) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), kind, Some(protocol))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_nonblocking(true)?;
    Ok(socket)
}
