//! Connecting: the first address, on failure the next.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use url::Url;

use crate::error::PlayError;
use crate::stats::Meter;
use crate::viewer::View;

/// How long one address may take to accept.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// The kernel's receive buffer of a viewer (it doubles the figure): what 5,000 viewers can pile up is bounded,
/// and 128 KiB per 50 ms round trip is still 20 Mbit/s.
const RECEIVE_BUFFER: u32 = 128 * 1024;

/// The `url` crate knows no port for `rtmp`, the one other scheme that is played.
const RTMP_PORT: u16 = 1935;

/// A connection, and where it counts.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) stream: TcpStream,
    pub(crate) meter: Meter,
}

/// The addresses of a URL's host, with the URL's port or the one of its scheme.
pub(crate) async fn addresses(view: &View<'_>, url: &Url) -> Result<Vec<SocketAddr>, PlayError> {
    let host = url.host().ok_or_else(|| PlayError::Url(url.to_string()))?;
    let port = url.port_or_known_default().unwrap_or(RTMP_PORT);
    let found = view.world.names.addresses(view.resolver, &host).await;
    let found = found.map_err(|source| PlayError::Name { host: host.to_string(), source })?;
    Ok(found.iter().map(|address| SocketAddr::new(*address, port)).collect())
}

/// Connects to the first address that accepts; each one that does not is counted as an error there.
pub(crate) async fn dial(view: &mut View<'_>, addresses: &[SocketAddr]) -> Result<Line, PlayError> {
    for address in addresses {
        let peer = view.world.names.rewrite(*address);
        let meter = view.world.books.meter(peer.ip());
        view.meter = meter.clone();
        match timeout(CONNECT_TIMEOUT, connect(peer)).await {
            Ok(Ok(stream)) => return Ok(Line { stream, meter }),
            Ok(Err(_)) | Err(_) => meter.failed(),
        }
    }
    Err(PlayError::Unreachable)
}

async fn connect(peer: SocketAddr) -> io::Result<TcpStream> {
    let socket = if peer.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
    let stream = socket.connect(peer).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
