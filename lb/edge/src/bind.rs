//! A socket that listens on exactly one address.

use std::io;
use std::net::{SocketAddr, TcpListener};

use socket2::{Domain, Protocol, Socket, Type};

/// Connections that the kernel holds until they are accepted.
const BACKLOG: i32 = 1024;

/// Why an address can't be listened on, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Another program listens there, or another listener of this one.
    #[error("{address} is in use: stop the program that listens there (`ss -ltnp`), or choose another port")]
    InUse {
        /// Where.
        address: SocketAddr,
        /// What the kernel said.
        #[source]
        source: io::Error,
    },
    /// The machine does not have the address.
    #[error(
        "this machine does not have the address of {address}: add it to a device, or take it out of the configuration"
    )]
    NoSuchAddress {
        /// Where.
        address: SocketAddr,
        /// What the kernel said.
        #[source]
        source: io::Error,
    },
    /// Ports below 1024 need a privilege.
    #[error(
        "no permission to listen on {address}: give the program CAP_NET_BIND_SERVICE, or choose a port from 1024 on"
    )]
    Permission {
        /// Where.
        address: SocketAddr,
        /// What the kernel said.
        #[source]
        source: io::Error,
    },
    /// Anything else.
    #[error("cannot listen on {address}")]
    Other {
        /// Where.
        address: SocketAddr,
        /// What the kernel said.
        #[source]
        source: io::Error,
    },
}

impl BindError {
    pub(crate) fn new(address: SocketAddr, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::AddrInUse => Self::InUse { address, source },
            io::ErrorKind::AddrNotAvailable => Self::NoSuchAddress { address, source },
            io::ErrorKind::PermissionDenied => Self::Permission { address, source },
            _ => Self::Other { address, source },
        }
    }
}

/// Listens on `address`. Accepted sockets inherit TCP_NODELAY (Linux, tcp(7)), which saves a call for each.
///
/// Without SO_REUSEPORT: a second listener on the same address would take half of the connections unnoticed.
pub(crate) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_tcp_nodelay(true)?;
    if address.is_ipv6() {
        // "::" must not take IPv4 along: each family has its own listener.
        socket.set_only_v6(true)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;

    #[test]
    fn accepted_sockets_send_at_once() {
        let listener = listen("127.0.0.1:0".parse().expect("an address")).expect("a free port");
        let _client = TcpStream::connect(listener.local_addr().expect("bound")).expect("listening");
        listener.set_nonblocking(false).expect("a socket");
        let (accepted, _) = listener.accept().expect("a connection");
        assert!(accepted.nodelay().expect("a socket"));
    }

    #[test]
    fn each_way_to_fail_says_what_to_do() {
        let address: SocketAddr = "127.0.0.1:80".parse().expect("an address");
        let text = |kind: io::ErrorKind| BindError::new(address, kind.into()).to_string();
        assert!(text(io::ErrorKind::AddrInUse).contains("choose another port"));
        assert!(text(io::ErrorKind::AddrNotAvailable).contains("does not have the address"));
        assert!(text(io::ErrorKind::PermissionDenied).contains("CAP_NET_BIND_SERVICE"));
        assert_eq!(text(io::ErrorKind::OutOfMemory), "cannot listen on 127.0.0.1:80");
    }
}
