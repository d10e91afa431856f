//! Binding a pair of sockets.

use std::io;
use std::net::{SocketAddr, UdpSocket};

use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use tokio::net::TcpListener;

use super::udp::leave_unasked;
use crate::metrics::Transport;

/// How many connections may wait to be accepted.
const BACKLOG: i32 = 128;
/// What the UDP socket asks the kernel to hold of a burst; it may give less (`net.core.rmem_max`).
const RECEIVE_BUFFER: usize = 4 << 20;
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

/// Two sockets of one address and port.
pub(super) struct Pair {
    pub(super) address: SocketAddr,
    pub(super) udp: UdpSocket,
    pub(super) tcp: TcpListener,
}

/// Binds both sockets. A free port of UDP may be in use for TCP; then another one is tried.
pub(super) fn pair(address: SocketAddr) -> Result<Pair, BindError> {
    let mut tries = if address.port() == 0 { TRIES } else { 1 };
    loop {
        tries -= 1;
        match pair_once(address) {
            Err(error) if tries > 0 && error.source.kind() == io::ErrorKind::AddrInUse => {}
            result => return result,
        }
    }
}

fn pair_once(address: SocketAddr) -> Result<Pair, BindError> {
    let fault = |protocol| move |source| BindError { protocol, address, source };
    let udp = udp(address).map_err(fault(Transport::Udp))?;
    let bound = udp.local_addr().map_err(fault(Transport::Udp))?;
    let tcp = tcp(bound).map_err(fault(Transport::Tcp))?;
    Ok(Pair { address: bound, udp, tcp })
}

/// Neither SO_REUSEADDR nor SO_REUSEPORT: a second weir on this address has to fail instead of taking datagrams.
fn udp(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = socket(address, Type::DGRAM, Protocol::UDP)?;
    // A smaller buffer is no reason not to answer.
    socket.set_recv_buffer_size(RECEIVE_BUFFER).ok();
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
