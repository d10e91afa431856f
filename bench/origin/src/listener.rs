//! One address: binding it, accepting, telling HTTP from RTMP, and following its fault.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::endpoint::Endpoint;
use crate::fault::{Fault, Setting};
use crate::wire::Wire;
use crate::{http, rtmp};

/// Connections that may wait to be accepted: a crowd of players reconnects at once.
const BACKLOG: i32 = 1_024;
/// How long a client may say nothing at all.
const FIRST_BYTE_PATIENCE: Duration = Duration::from_secs(10);
/// The pause after an address could not be bound again, or a connection not accepted (too many open files).
const RETRY_PAUSE: Duration = Duration::from_millis(50);

/// Holds a port without listening on it, so that the kernel gives it to nobody else while the listener is closed. Linux
/// lets several sockets with `SO_REUSEADDR` bind one port as long as at most one listens.
#[derive(Debug)]
pub(crate) struct Claim {
    _socket: Socket,
    /// The claimed address, with its port.
    pub(crate) address: SocketAddr,
}

impl Claim {
    /// Claims an address; port 0 takes a free one.
    pub(crate) fn new(address: SocketAddr) -> io::Result<Self> {
        let socket = bound(address)?;
        let address = socket.local_addr()?.as_socket().ok_or(io::ErrorKind::AddrNotAvailable)?;
        Ok(Self { _socket: socket, address })
    }
}

/// Listens on an address. Needs a Tokio runtime.
pub(crate) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = bound(address)?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    TcpListener::from_std(socket.into())
}

fn bound(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.bind(&SockAddr::from(address))?;
    Ok(socket)
}

/// The task of one address. Its connections are its own and end with it.
pub(crate) struct Listener {
    endpoint: Arc<Endpoint>,
    socket: Option<TcpListener>,
    faults: watch::Receiver<Setting>,
    /// The generation of the fault that is in force here.
    followed: watch::Sender<u64>,
    connections: JoinSet<()>,
}

impl Listener {
    /// A listener on a socket that is open already.
    pub(crate) fn new(endpoint: Arc<Endpoint>, socket: TcpListener, followed: watch::Sender<u64>) -> Self {
        let faults = endpoint.follow();
        Self { endpoint, socket: Some(socket), faults, followed, connections: JoinSet::new() }
    }

    /// Serves until cancelled, then ends its connections.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        loop {
            self.follow().await;
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                changed = self.faults.changed() => if changed.is_err() { break },
                Some(_) = self.connections.join_next() => {}
                accepted = accept(self.socket.as_ref()) => match accepted {
                    Ok(tcp) => { self.connections.spawn(connection(self.endpoint.clone(), tcp)); }
                    Err(error) => {
                        tracing::debug!(address = %self.endpoint.address, %error, "not accepted");
                        sleep(RETRY_PAUSE).await;
                    }
                },
            }
        }
        drop(self.socket);
        self.connections.shutdown().await;
    }

    /// Opens or closes the socket as the fault says, and tells when that is done.
    async fn follow(&mut self) {
        let setting = *self.faults.borrow_and_update();
        if setting.fault == Some(Fault::Refuse) {
            self.socket = None;
            self.connections.shutdown().await;
        } else if self.socket.is_none() {
            match listen(self.endpoint.address) {
                Ok(socket) => self.socket = Some(socket),
                Err(error) => {
                    tracing::warn!(address = %self.endpoint.address, %error, "cannot listen again yet");
                    sleep(RETRY_PAUSE).await;
                    // Seen as a change by `run`, which comes back here.
                    self.faults.mark_changed();
                    return;
                }
            }
        }
        self.followed.send_if_modified(|followed| {
            std::mem::replace(followed, setting.generation) != setting.generation
        });
    }
}

async fn accept(socket: Option<&TcpListener>) -> io::Result<TcpStream> {
    match socket {
        Some(socket) => socket.accept().await.map(|(tcp, _)| tcp),
        None => std::future::pending().await,
    }
}

/// One connection, until it ends or the address goes silent.
async fn connection(endpoint: Arc<Endpoint>, tcp: TcpStream) {
    let _open = endpoint.counters.open();
    let tcp = Arc::new(tcp);
    let mut faults = endpoint.follow();
    tokio::select! {
        biased;
        silent = faults.wait_for(|setting| setting.fault == Some(Fault::Silent)) => if silent.is_err() { return },
        () = serve(&endpoint, tcp.clone()) => return,
    }
    hold(&tcp, faults).await;
}

/// Serves what the first byte announces.
async fn serve(endpoint: &Arc<Endpoint>, tcp: Arc<TcpStream>) {
    let mut first = [0];
    let Ok(Ok(1)) = timeout(FIRST_BYTE_PATIENCE, tcp.peek(&mut first)).await else { return };
    // Playlists and handshakes are small writes that a client waits for.
    if let Err(error) = tcp.set_nodelay(true) {
        tracing::debug!(%error, "no TCP_NODELAY");
    }
    let wire = Wire::new(tcp, endpoint.clone());
    if first == [rtmp::VERSION] {
        if let Err(error) = rtmp::converse(endpoint, wire).await {
            tracing::debug!(error = &error as &dyn std::error::Error, "an RTMP client's session ended");
        }
    } else if let Err(error) = http::converse(endpoint, wire).await {
        tracing::debug!(error = &error as &dyn std::error::Error, "an HTTP client's connection ended");
    }
}

/// Keeps a connection and says nothing, until the client leaves or the fault goes. What the client sends is read and
/// dropped: only a socket that is read tells that the other side has closed.
async fn hold(tcp: &TcpStream, mut faults: watch::Receiver<Setting>) {
    let spoken = async {
        let mut ignored = [0; 1_024];
        loop {
            // Unlike `readable`, this yields now and then to a client that never stops.
            if poll_fn(|cx| tcp.poll_read_ready(cx)).await.is_err() {
                return;
            }
            match tcp.try_read(&mut ignored) {
                Ok(0) => return,
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => return,
                _ => {}
            }
        }
    };
    tokio::select! {
        _ = faults.wait_for(|setting| setting.fault != Some(Fault::Silent)) => {}
        () = spoken => {}
    }
}
