//! One TCP connection from the interface's own address.
//!
//! Bound before it connects: otherwise the routing table chooses the source, and a probe of `eni2` would leave through
//! `eni0`. The port is left to `connect` (`IP_BIND_ADDRESS_NO_PORT`, Linux 4.2), so that the kernel may use one port
//! towards several targets and probes never exhaust the ephemeral ports.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::Instant;
use weir_core::{Failure, Phase};

use crate::place::Place;
use crate::trace::Trace;

/// Connects to a place from the same place's address.
pub(crate) async fn connect(place: &Place, trace: &mut Trace) -> Result<TcpStream, Failure> {
    trace.enter(Phase::Connect);
    let begin = Instant::now();
    let socket = bound_socket(place).map_err(|error| no_source(place, &error))?;
    let stream = socket.connect(place.target()).await.map_err(|error| classify(place, &error))?;
    let stream = refuse_self(stream)?;
    trace.connected(begin.elapsed());
    Ok(stream)
}

fn bound_socket(place: &Place) -> io::Result<TcpSocket> {
    let target = place.target();
    let socket = Socket::new(Domain::for_address(target), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    socket.set_tcp_nodelay(true)?;
    leave_port_to_connect(&socket);
    socket.bind(&SocketAddr::new(place.source(), 0).into())?;
    Ok(TcpSocket::from_std_stream(socket.into()))
}

/// A saving, not a need: without it `bind` takes a port at once.
#[cfg(target_os = "linux")]
fn leave_port_to_connect(socket: &Socket) {
    use std::os::fd::AsRawFd;

    let on: libc::c_int = 1;
    let size = libc::socklen_t::try_from(size_of_val(&on)).expect("four bytes fit");
    // SAFETY: the descriptor is open while `socket` lives, and the pointer is to an int of the size that is passed.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::IPPROTO_IP,
            libc::IP_BIND_ADDRESS_NO_PORT,
            (&raw const on).cast(),
            size,
        )
    };
    if result != 0 {
        tracing::debug!(error = %io::Error::last_os_error(), "no IP_BIND_ADDRESS_NO_PORT");
    }
}

#[cfg(not(target_os = "linux"))]
fn leave_port_to_connect(_socket: &Socket) {}

/// A connection from an address to itself may meet itself (simultaneous open, RFC 9293 section 3.5) when the kernel
/// happens to choose the target's port: that is nobody listening, not a pass.
fn refuse_self(stream: TcpStream) -> Result<TcpStream, Failure> {
    match (stream.local_addr(), stream.peer_addr()) {
        (Ok(local), Ok(peer)) if local == peer => Err(Failure::Refused),
        _ => Ok(stream),
    }
}

fn no_source(place: &Place, error: &io::Error) -> Failure {
    Failure::Source { address: place.source().to_string(), error: error.to_string() }
}

fn classify(place: &Place, error: &io::Error) -> Failure {
    match error.kind() {
        ErrorKind::ConnectionRefused => Failure::Refused,
        ErrorKind::TimedOut => Failure::TimedOut { phase: Phase::Connect },
        ErrorKind::ConnectionReset => Failure::Lost { phase: Phase::Connect, error: error.to_string() },
        ErrorKind::AddrNotAvailable | ErrorKind::AddrInUse => no_source(place, error),
        _ => Failure::Unreachable(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(address: [u8; 4], port: u16) -> Place {
        Place::new(address.into(), port, None)
    }

    #[tokio::test]
    async fn the_server_sees_the_interfaces_own_address() {
        let server = tokio::net::TcpListener::bind("127.0.0.12:0").await.expect("loopback");
        let port = server.local_addr().expect("bound").port();
        let mut trace = Trace::new();
        let stream = connect(&place([127, 0, 0, 12], port), &mut trace).await.expect("listening");
        let (_, peer) = server.accept().await.expect("a connection");
        assert_eq!(peer, stream.local_addr().expect("connected"));
        assert_eq!(peer.ip().to_string(), "127.0.0.12");
    }

    #[tokio::test]
    async fn a_connection_that_meets_itself_is_refused() {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        socket.bind(&SocketAddr::from(([127, 0, 0, 13], 0)).into()).expect("loopback");
        let own = socket.local_addr().expect("bound");
        socket.connect(&own).expect("a connection to itself");
        socket.set_nonblocking(true).expect("a socket");
        let stream = TcpStream::from_std(socket.into()).expect("a stream");
        assert_eq!(refuse_self(stream).err(), Some(Failure::Refused));
    }

    #[test]
    fn errors_of_the_kernel_are_told_apart() {
        let here = place([127, 0, 0, 1], 1);
        let class = |kind: ErrorKind| classify(&here, &kind.into()).code();
        assert_eq!(class(ErrorKind::ConnectionRefused), "refused");
        assert_eq!(class(ErrorKind::TimedOut), "timed_out");
        assert_eq!(class(ErrorKind::ConnectionReset), "lost");
        assert_eq!(class(ErrorKind::AddrNotAvailable), "source");
        assert_eq!(class(ErrorKind::HostUnreachable), "unreachable");
        assert_eq!(class(ErrorKind::NetworkUnreachable), "unreachable");
    }
}
