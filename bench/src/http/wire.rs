//! One connection to a server, plain or by TLS, on which no call waits.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::fd::AsRawFd;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, HandshakeKind};
use socket2::{Domain, Protocol, Socket, Type};

use super::server::HOST;

/// A connection, from its first packet on.
pub(super) enum Wire {
    Plain(TcpStream),
    Secure(Secure),
}

/// TLS on a socket.
pub(super) struct Secure {
    socket: TcpStream,
    tls: Box<ClientConnection>,
    said_good_bye: bool,
}

/// Begins to connect from an address to a server.
///
/// The port is chosen when both ends are known (IP_BIND_ADDRESS_NO_PORT, ip(7)), which is cheaper. The client's end is
/// forgotten once the server has its FIN, and does not stay for a minute (a negative TCP_LINGER2, which tcp(7) leaves
/// out): such ends would be elsewhere in the world, and here they are in the way of a server that looks at its sockets.
pub(super) fn connect(source: Ipv4Addr, server: SocketAddr) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM.nonblocking(), Some(Protocol::TCP))?;
    set(&socket, libc::IPPROTO_IP, libc::IP_BIND_ADDRESS_NO_PORT, 1)?;
    set(&socket, libc::IPPROTO_TCP, libc::TCP_LINGER2, -1)?;
    socket.bind(&SocketAddr::from((source, 0)).into())?;
    match socket.connect(&server.into()) {
        Err(error) if error.raw_os_error() != Some(libc::EINPROGRESS) => Err(error),
        _ => Ok(socket.into()),
    }
}

fn set(socket: &Socket, level: libc::c_int, name: libc::c_int, value: libc::c_int) -> io::Result<()> {
    let length = libc::socklen_t::try_from(size_of::<libc::c_int>()).unwrap_or(0);
    // SAFETY: the value is a number of the length that is given, and lives as long as the call.
    let done =
        unsafe { libc::setsockopt(socket.as_raw_fd(), level, name, (&raw const value).cast(), length) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

impl Wire {
    pub(super) fn new(socket: TcpStream, tls: Option<&Arc<ClientConfig>>) -> io::Result<Self> {
        let Some(config) = tls else { return Ok(Self::Plain(socket)) };
        // The last message of a handshake and what follows it are two packets; the second must not wait for the
        // first one's acknowledgement.
        socket.set_nodelay(true)?;
        let name = ServerName::try_from(HOST).map_err(io::Error::other)?;
        let tls = ClientConnection::new(Arc::clone(config), name).map_err(io::Error::other)?;
        Ok(Self::Secure(Secure { socket, tls: Box::new(tls), said_good_bye: false }))
    }

    /// Sends as much as there is room for; what is to be sent by TLS may wait there for the end of the handshake.
    pub(super) fn send(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.write(bytes),
            Self::Secure(secure) => {
                let taken = secure.tls.writer().write(bytes)?;
                secure.push()?;
                Ok(taken)
            }
        }
    }

    /// Receives what is there; nothing at the end.
    pub(super) fn receive(&mut self, room: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.read(room),
            Self::Secure(secure) => secure.receive(room),
        }
    }

    /// Says good-bye by TLS; closing is the caller's.
    pub(super) fn good_bye(&mut self) {
        if let Self::Secure(secure) = self {
            // Who is gone already needs none.
            let _ = secure.good_bye();
        }
    }

    /// Whether a session was resumed.
    pub(super) fn is_resumed(&self) -> bool {
        match self {
            Self::Plain(_) => false,
            Self::Secure(secure) => secure.tls.handshake_kind() == Some(HandshakeKind::Resumed),
        }
    }
}

impl AsRawFd for Wire {
    fn as_raw_fd(&self) -> std::os::fd::RawFd {
        match self {
            Self::Plain(socket) => socket.as_raw_fd(),
            Self::Secure(secure) => secure.socket.as_raw_fd(),
        }
    }
}

impl Secure {
    /// Shakes hands, says good-bye, and takes what still comes (tickets) until the server closes: then it has taken
    /// our last message of the handshake. Says whether it came so far.
    pub(super) fn shake_hands(&mut self) -> io::Result<bool> {
        self.push()?;
        loop {
            if !self.tls.is_handshaking() && !self.said_good_bye {
                self.good_bye()?;
            }
            if !self.pull()? {
                return Ok(self.said_good_bye);
            }
        }
    }

    fn good_bye(&mut self) -> io::Result<()> {
        self.said_good_bye = true;
        self.tls.send_close_notify();
        self.push()
    }

    fn receive(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.push()?;
        loop {
            match self.tls.reader().read(room) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(0),
                read => return read,
            }
            if !self.pull()? {
                return Ok(0);
            }
        }
    }

    /// Takes what has come; says whether the stream goes on.
    fn pull(&mut self) -> io::Result<bool> {
        if self.tls.read_tls(&mut self.socket)? == 0 {
            return Ok(false);
        }
        self.tls.process_new_packets().map_err(io::Error::other)?;
        self.push()?;
        Ok(true)
    }

    fn push(&mut self) -> io::Result<()> {
        while self.tls.wants_write() {
            self.tls.write_tls(&mut self.socket)?;
        }
        Ok(())
    }
}
