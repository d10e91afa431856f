//! The sockets on one address and port, UDP and TCP, answered until they are shut down.
//!
//! A listener is bound to exactly one address: its replies can leave from no other, and with policy routing they
//! leave through that address's interface. Listeners know nothing of each other, so they come and go with the
//! interfaces.
//!
//! Each UDP socket (one for each worker) has a thread of its own, which one of the tasks owns: it ends before the task
//! does.

mod bind;
mod tcp;
mod udp;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::answerer::Answerer;
use crate::metrics::Transport;

pub use bind::BindError;
use udp::Udp;

/// Sockets and the tasks that answer on them. Dropping it ends the tasks, which closes all.
#[derive(Debug)]
pub struct DnsListener {
    address: SocketAddr,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

/// A listener stopped answering by itself.
#[derive(Debug, thiserror::Error)]
#[error("the DNS listener on {address} ended unasked")]
pub struct EndedUnasked {
    /// Its address.
    pub address: SocketAddr,
    /// How its task ended; absent when it just returned.
    #[source]
    pub cause: Option<JoinError>,
}

impl DnsListener {
    /// Binds the sockets, as many for UDP as the policy has workers, and starts to answer; port 0 is one free port, the
    /// same for all. To be called within a tokio runtime.
    ///
    /// # Errors
    /// When a socket can't be bound, naming which and why.
    pub fn bind(address: SocketAddr, answerer: Arc<Answerer>) -> Result<Self, BindError> {
        let sockets = bind::all(address, answerer.guard().active().policy.workers)?;
        let fault = |source| BindError { protocol: Transport::Udp, address, source };
        let start = |socket| Udp::start(socket, Arc::clone(&answerer)).map_err(fault);
        let udp: Vec<Udp> = sockets.udp.into_iter().map(start).collect::<Result<_, _>>()?;
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        for udp in udp {
            tasks.spawn(udp.serve(stop.clone()));
        }
        tasks.spawn(tcp::serve(sockets.tcp, answerer, stop.clone()));
        Ok(Self { address: sockets.address, stop, tasks })
    }

    /// The address and port of the sockets.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until one of its tasks ends without having been told to, which none does unless there is a bug in it.
    pub async fn ended(&mut self) -> EndedUnasked {
        let cause = self.tasks.join_next().await.and_then(Result::err);
        EndedUnasked { address: self.address, cause }
    }

    /// Stops listening, answers what has arrived, and closes what is open after `grace` at the latest.
    pub async fn shutdown(mut self, grace: Duration) {
        self.stop.cancel();
        let deadline = Instant::now() + grace;
        while let Ok(Some(_)) = tokio::time::timeout_at(deadline, self.tasks.join_next()).await {}
        self.tasks.shutdown().await;
    }
}

#[cfg(test)]
mod tests;
