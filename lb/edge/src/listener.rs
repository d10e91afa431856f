//! A listener: one address, its connections, and their end.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{sleep, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::bind::{BindError, listen};
use crate::connection::Door;
use crate::edge::Edge;
use crate::limits::Limits;
use crate::stop::Stop;
use crate::tls::Tls;

/// So many connections beyond the limit are told that there is no room, at a time: a part of the limit.
const TOLD: usize = 16;
/// The first pause after the kernel refused to hand a connection out, and the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Accepts connections on one address until it is shut down or dropped. Dropping it cuts its connections.
#[derive(Debug)]
pub struct EdgeListener {
    address: SocketAddr,
    stop: Arc<Stop>,
    ended: CancellationToken,
    task: JoinHandle<JoinSet<()>>,
}

impl EdgeListener {
    /// Listens on exactly this address, with the default [`Limits`]. Call it within a tokio runtime.
    ///
    /// # Errors
    /// When the address can't be had; the error says what to do.
    pub fn bind(address: SocketAddr, edge: Arc<Edge>, tls: Option<Tls>) -> Result<Self, BindError> {
        Self::bind_with(address, edge, tls, Limits::DEFAULT)
    }

    /// Like [`EdgeListener::bind`], with other limits.
    ///
    /// # Errors
    /// Likewise.
    pub fn bind_with(
        address: SocketAddr,
        edge: Arc<Edge>,
        tls: Option<Tls>,
        limits: Limits,
    ) -> Result<Self, BindError> {
        let wrong = |source| BindError::new(address, source);
        let socket = listen(address).and_then(TcpListener::from_std).map_err(wrong)?;
        let address = socket.local_addr().map_err(wrong)?;
        let door = Arc::new(Door::new(edge, limits, tls));
        let stop = Arc::clone(&door.stop);
        let ended = CancellationToken::new();
        let guard = ended.clone().drop_guard();
        let task = tokio::spawn(async move {
            let _guard = guard;
            accept(socket, door).await
        });
        Ok(Self { address, stop, ended, task })
    }

    /// Where it listens; the port is a real one, also when it was bound to port 0.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Resolves when the listener accepts no more: after its shutdown, or, unasked, by a bug.
    pub fn ended(&self) -> impl Future<Output = ()> + Send + 'static {
        self.ended.clone().cancelled_owned()
    }

    /// Stops accepting, closes idle connections, lets requests that are in flight finish within `grace`, and cuts the
    /// rest. Returns how many were cut.
    pub async fn shutdown(mut self, grace: Duration) -> usize {
        let deadline = tokio::time::Instant::now() + grace;
        self.stop.order();
        let Ok(mut connections) = (&mut self.task).await else { return 0 };
        while let Ok(Some(_)) = timeout_at(deadline, connections.join_next()).await {}
        let cut = connections.len();
        connections.shutdown().await;
        cut
    }
}

impl Drop for EdgeListener {
    fn drop(&mut self) {
        self.stop.order();
        self.task.abort();
    }
}

/// Accepts until the door's stop, closes the socket, and hands over what is still connected.
async fn accept(socket: TcpListener, door: Arc<Door>) -> JoinSet<()> {
    let mut connections = JoinSet::new();
    let mut pause = None;
    let mut stopped = pin!(door.stop.ordered());
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut stopped => return connections,
            accepted = socket.accept() => accepted,
        };
        // Here and not in the select: what ended meanwhile costs memory only, and no wake-up of this task.
        while let Some(done) = connections.try_join_next() {
            if done.is_err_and(|error| error.is_panic()) {
                tracing::error!("a connection ended by a bug");
            }
        }
        match accepted {
            Ok((stream, peer)) => {
                pause = None;
                admit(&mut connections, &door, stream, peer);
            }
            Err(error) if concerns_one_connection(&error) => {}
            Err(error) => {
                if pause.is_none() {
                    tracing::warn!(%error, "cannot accept connections; trying again until it works");
                }
                let length = next_pause(pause);
                pause = Some(length);
                tokio::select! {
                    () = &mut stopped => return connections,
                    () = sleep(length) => {}
                }
            }
        }
    }
}

fn admit(connections: &mut JoinSet<()>, door: &Arc<Door>, stream: TcpStream, peer: SocketAddr) {
    let most = door.limits.connections;
    if connections.len() >= most {
        door.edge.meters().refused();
        // Some of them at a time are told so; a flood is closed.
        if connections.len() < most + most.div_ceil(TOLD) {
            connections.spawn(Arc::clone(door).turn_away(stream));
        }
        return;
    }
    connections.spawn(Arc::clone(door).serve(stream, peer.ip()));
}

/// Whether the connection that was to be accepted is gone, and nothing is wrong with the next one (accept(2)).
fn concerns_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

/// The pause after one more error: out of file descriptors or memory, the next call would fail as well, and at once.
fn next_pause(last: Option<Duration>) -> Duration {
    last.map_or(FIRST_PAUSE, |last| (last * 2).min(LONGEST_PAUSE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_the_machine_are_met_with_growing_pauses() {
        let pauses: Vec<_> =
            std::iter::successors(Some(next_pause(None)), |last| Some(next_pause(Some(*last))))
                .take(9)
                .map(|pause| pause.as_millis())
                .collect();
        assert_eq!(pauses, [10, 20, 40, 80, 160, 320, 640, 1000, 1000]);
    }

    #[test]
    fn a_client_that_went_away_is_no_reason_to_pause() {
        assert!(concerns_one_connection(&io::ErrorKind::ConnectionAborted.into()));
        let no_descriptors = io::Error::from_raw_os_error(24); // EMFILE
        assert!(!concerns_one_connection(&no_descriptors));
    }
}
