//! One look-up: ask a server by UDP, wait, ask the next.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout_at};

use super::message::{self, Answer, NameError};
use crate::scratch;

/// How long a server may take.
const QUERY_TIMEOUT: Duration = Duration::from_secs(1);

/// The least number of questions before giving up, so that one lost datagram does no harm.
const ATTEMPTS: usize = 3;

/// Asks the servers in turn, each at least once, until one answers about the name.
pub(super) async fn look_up(
    servers: impl Iterator<Item = SocketAddr> + Clone,
    source: Option<Ipv4Addr>,
    name: &str,
) -> Result<Answer, NameError> {
    let attempts = servers.clone().count().max(ATTEMPTS);
    let mut last = NameError::NoServer;
    for server in servers.cycle().take(attempts) {
        match ask(server, source, name).await {
            // NXDOMAIN and an empty answer are about the name; other codes are about the server.
            Err(error @ (NameError::Code(..=2 | 4..) | NameError::Timeout | NameError::Socket(_))) => {
                last = error;
            }
            known => return known,
        }
    }
    Err(last)
}

/// One question from a new port, so that a late answer to an earlier one cannot reach it.
async fn ask(server: SocketAddr, source: Option<Ipv4Addr>, name: &str) -> Result<Answer, NameError> {
    let query = message::query(fastrand::u16(..), name)?;
    let deadline = Instant::now() + QUERY_TIMEOUT;
    match timeout_at(deadline, exchange(server, source, &query)).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(error)) => Err(NameError::Socket(error.kind())),
        Err(_) => Err(NameError::Timeout),
    }
}

async fn exchange(
    server: SocketAddr,
    source: Option<Ipv4Addr>,
    query: &[u8],
) -> io::Result<Result<Answer, NameError>> {
    let socket = UdpSocket::bind((local(server, source), 0)).await?;
    // A connected socket takes datagrams from this server alone.
    socket.connect(server).await?;
    socket.send(query).await?;
    loop {
        socket.readable().await?;
        let read = |buffer: &mut [u8]| {
            socket.try_recv(buffer).map(|length| message::answer(query, &buffer[..length]))
        };
        match scratch::with(read) {
            Ok(Some(outcome)) => return Ok(outcome),
            Ok(None) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}

fn local(server: SocketAddr, source: Option<Ipv4Addr>) -> IpAddr {
    match server {
        SocketAddr::V4(_) => source.unwrap_or(Ipv4Addr::UNSPECIFIED).into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    }
}
