//! The listener of the admin API, on a thread and a runtime of its own.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{Admin, events, routes};

/// So many connections at once; more wait in the kernel.
const MOST_CONNECTIONS: usize = 256;
/// Request headers must be there within this time.
const HEADERS_WITHIN: Duration = Duration::from_secs(5);

/// A running admin listener.
#[derive(Debug)]
pub struct AdminServer {
    address: SocketAddr,
    stop: CancellationToken,
    thread: JoinHandle<()>,
}

/// Why the admin listener could not start.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// Its address cannot be bound.
    #[error(
        "cannot listen on {address} for the admin API; stop the program that has it (ss -ltnp shows it), or set \
         another [admin] listen"
    )]
    Bind {
        /// Which address.
        address: SocketAddr,
        /// What the kernel said.
        source: io::Error,
    },
    /// Its thread or runtime cannot be made.
    #[error("cannot start the admin thread")]
    Thread(#[source] io::Error),
}

impl AdminServer {
    /// Binds the address and starts to answer.
    ///
    /// # Errors
    /// When the address cannot be bound or the thread cannot be started.
    pub fn start(address: SocketAddr, admin: Admin) -> Result<Self, AdminError> {
        let bind = |source| AdminError::Bind { address, source };
        let listener = std::net::TcpListener::bind(address).map_err(bind)?;
        listener.set_nonblocking(true).map_err(bind)?;
        let address = listener.local_addr().map_err(bind)?;
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(AdminError::Thread)?;
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let work = move || runtime.block_on(serve(listener, Arc::new(admin), stopped));
        let thread =
            std::thread::Builder::new().name("admin".to_owned()).spawn(work).map_err(AdminError::Thread)?;
        Ok(Self { address, stop, thread })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether its thread has ended, which it does only when asked to.
    pub fn has_ended(&self) -> bool {
        self.thread.is_finished()
    }

    /// Stops answering.
    pub fn stop(self) {
        self.stop.cancel();
        if self.thread.join().is_err() {
            tracing::error!("admin_thread_panicked");
        }
    }
}

async fn serve(listener: std::net::TcpListener, admin: Arc<Admin>, stop: CancellationToken) {
    let listener = match TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => {
            tracing::error!(%error, "admin_listener_failed");
            return;
        }
    };
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let readers = Arc::new(Semaphore::new(events::MOST_READERS));
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = connections.join_next() => {}
            accepted = accept(&listener, &places) => match accepted {
                Ok((stream, place)) => {
                    connections.spawn(converse(stream, Arc::clone(&admin), Arc::clone(&readers), place));
                }
                Err(error) => {
                    // Out of descriptors, most likely: the connection stays queued, so a pause keeps this from spinning.
                    tracing::warn!(%error, "admin_accept_failed");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
        }
    }
    connections.shutdown().await;
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    Ok((stream, place))
}

async fn converse(
    stream: TcpStream,
    admin: Arc<Admin>,
    readers: Arc<Semaphore>,
    place: OwnedSemaphorePermit,
) {
    let service = service_fn(move |request| {
        let (admin, readers) = (Arc::clone(&admin), Arc::clone(&readers));
        async move { Ok::<_, Infallible>(routes::answer(admin, readers, request).await) }
    });
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_WITHIN)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "admin_connection_failed");
    }
    drop(place);
}
