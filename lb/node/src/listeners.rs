//! Keeps the DNS and HTTP sockets bound to the addresses that configuration and inventory ask for.
//!
//! A socket that stays is never closed. At the start an address that cannot be bound ends the program, which says
//! what to do; later (an address that has just gone, a reload) it is tried again every second and counted.

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use weir_core::Interface;
use weir_dns::{Answerer, DnsListener};
use weir_edge::{Edge, EdgeListener, Tls};

use crate::certificates::Equipped;
use crate::config::{Config, Listen};
use crate::failure::Chain;
use crate::interfaces::InterfacesReceiver;
use crate::metrics::Metrics;

/// What is in flight gets this long when a socket is closed.
pub const GRACE: Duration = Duration::from_secs(5);
/// How long until an address that could not be bound is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// What a socket is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// Authoritative answers by UDP and TCP.
    Dns,
    /// Redirects.
    Http,
    /// Redirects over TLS.
    Https,
}

/// Why an address is not listened on.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The DNS sockets.
    #[error("{0}: {source}; {advice}", source = .0.source, advice = advice(.0.source.kind()))]
    Dns(weir_dns::BindError),
    /// The HTTP socket.
    #[error(transparent)]
    Edge(#[from] weir_edge::BindError),
    /// The certificate could not be read when the configuration was, or since.
    #[error("there is no certificate that can be used; see certificate_not_renewed above")]
    NoCertificate,
}

/// What to do about an address that DNS cannot bind. (The HTTP edge says it by itself.)
fn advice(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::AddrInUse => {
            "stop the program that has it (ss -lntup shows it), or set another [dns] port"
        }
        ErrorKind::AddrNotAvailable => {
            "no device of this machine has the address (ip address shows them): mend [[interface]] address or [dns] listen"
        }
        ErrorKind::PermissionDenied => {
            "ports below 1024 need the right to bind them: start as root, give the program \
             AmbientCapabilities=CAP_NET_BIND_SERVICE (systemd), or set a higher [dns] port"
        }
        _ => "see what the kernel said",
    }
}

enum Bound {
    Dns(DnsListener),
    Edge(EdgeListener),
}

type Key = (Service, SocketAddr);

/// All sockets that viewers and resolvers reach.
pub struct Listeners {
    answerer: Arc<Answerer>,
    edge: Arc<Edge>,
    metrics: Arc<Metrics>,
    tls: Option<Tls>,
    bound: BTreeMap<Key, Bound>,
    /// Those that are closed side by side with everything else: an address that comes waits for none that goes.
    closing: JoinSet<()>,
    failed: BTreeMap<Key, String>,
}

impl Listeners {
    /// No sockets yet.
    pub fn new(answerer: Arc<Answerer>, edge: Arc<Edge>, metrics: Arc<Metrics>) -> Self {
        Self {
            answerer,
            edge,
            metrics,
            tls: None,
            bound: BTreeMap::new(),
            closing: JoinSet::new(),
            failed: BTreeMap::new(),
        }
    }

    /// Binds all that is asked for.
    ///
    /// # Errors
    /// At the first address that cannot be bound.
    pub fn bind_all(&mut self, equipped: &Equipped, interfaces: &[Interface]) -> Result<(), ListenError> {
        let Equipped { config, tls } = equipped;
        self.tls.clone_from(tls);
        self.upgrade(config);
        for key in wanted(config, interfaces) {
            let bound = self.bind(key)?;
            self.bound.insert(key, bound);
        }
        Ok(())
    }

    /// The addresses that are bound.
    pub fn addresses(&self) -> Vec<(Service, SocketAddr)> {
        self.bound.keys().copied().collect()
    }

    /// Follows configuration and inventory until it is asked to stop; then closes all, within the grace.
    pub async fn follow(
        mut self,
        mut equipped: watch::Receiver<Equipped>,
        mut interfaces: InterfacesReceiver,
        stop: CancellationToken,
    ) {
        loop {
            let Equipped { config, tls } = equipped.borrow_and_update().clone();
            self.tls = tls;
            self.upgrade(&config);
            let found = interfaces.borrow_and_update().clone();
            self.keep_up(&config, &found);
            let again = !self.failed.is_empty();
            tokio::select! {
                () = stop.cancelled() => break,
                changed = equipped.changed() => if changed.is_err() { break },
                changed = interfaces.changed() => if changed.is_err() { break },
                () = tokio::time::sleep(AGAIN), if again => {}
                Some(_) = self.closing.join_next() => {}
                (service, address) = one_ended(&mut self.bound) => {
                    // Nobody answers there any more, and nobody knows why: the process ends, and is started again.
                    tracing::error!(?service, %address, "listener_ended_unasked");
                    break;
                }
            }
        }
        for (key, bound) in std::mem::take(&mut self.bound) {
            self.closing.spawn(close(key, bound));
        }
        while self.closing.join_next().await.is_some() {}
    }

    /// Sends viewers on to TLS where that is wanted, and only while TLS can be had.
    fn upgrade(&self, config: &Config) {
        let wanted = config.http().tls.as_ref().filter(|_| config.http().redirect_to_https);
        self.edge.redirect_to_https(wanted.filter(|_| self.tls.is_some()).map(|tls| tls.port));
    }

    fn keep_up(&mut self, config: &Config, interfaces: &[Interface]) {
        let wanted = wanted(config, interfaces);
        let gone: Vec<Key> = self.bound.keys().filter(|key| !wanted.contains(key)).copied().collect();
        for key in gone {
            let (service, address) = key;
            tracing::info!(?service, %address, "listener_closed");
            if let Some(bound) = self.bound.remove(&key) {
                self.closing.spawn(close(key, bound));
            }
        }
        self.failed.retain(|key, _| wanted.contains(key));
        for key in wanted.into_iter().filter(|key| !self.bound.contains_key(key)).collect::<Vec<_>>() {
            self.try_to_bind(key);
        }
        self.metrics.listeners_failed(self.failed.len());
    }

    fn try_to_bind(&mut self, key: Key) {
        let (service, address) = key;
        match self.bind(key) {
            Ok(bound) => {
                tracing::info!(?service, %address, "listener_bound");
                self.failed.remove(&key);
                self.bound.insert(key, bound);
            }
            Err(error) => {
                let error = Chain(&error).to_string();
                // Said once, not every second.
                if self.failed.get(&key) != Some(&error) {
                    tracing::error!(?service, %address, error, "listener_failed");
                    self.failed.insert(key, error);
                }
            }
        }
    }

    fn bind(&self, (service, address): Key) -> Result<Bound, ListenError> {
        Ok(match service {
            Service::Dns => {
                let listener = DnsListener::bind(address, Arc::clone(&self.answerer));
                Bound::Dns(listener.map_err(ListenError::Dns)?)
            }
            Service::Http => Bound::Edge(EdgeListener::bind(address, Arc::clone(&self.edge), None)?),
            Service::Https => {
                let tls = self.tls.clone().ok_or(ListenError::NoCertificate)?;
                Bound::Edge(EdgeListener::bind(address, Arc::clone(&self.edge), Some(tls))?)
            }
        })
    }
}

/// Resolves with the first listener that ends without having been told to.
async fn one_ended(bound: &mut BTreeMap<Key, Bound>) -> Key {
    let watched: Vec<_> = bound.iter_mut().map(|entry| Box::pin(ended(entry))).collect();
    if watched.is_empty() {
        return std::future::pending().await;
    }
    futures_util::future::select_all(watched).await.0
}

async fn ended((key, bound): (&Key, &mut Bound)) -> Key {
    match bound {
        Bound::Dns(listener) => {
            listener.ended().await;
        }
        Bound::Edge(listener) => listener.ended().await,
    }
    *key
}

/// Closes a listener within the grace, and says who was late.
async fn close((service, address): Key, bound: Bound) {
    let late = match bound {
        Bound::Dns(listener) => {
            listener.shutdown(GRACE).await;
            0
        }
        Bound::Edge(listener) => listener.shutdown(GRACE).await,
    };
    if late > 0 {
        tracing::warn!(?service, %address, connections = late, "connections_cut_off");
    }
}

/// Which sockets there should be.
fn wanted(config: &Config, interfaces: &[Interface]) -> BTreeSet<Key> {
    let (dns, http) = (config.dns(), config.http());
    let of = |service: Service, listen: &Listen, port: u16| {
        let found = interfaces.iter().filter(|_| listen.interfaces);
        let found = found.map(|interface| SocketAddr::new(interface.address, port));
        let all: Vec<Key> =
            found.chain(listen.explicit.iter().copied()).map(|address| (service, address)).collect();
        all
    };
    let mut keys = BTreeSet::from_iter(of(Service::Dns, &dns.listen, dns.port));
    keys.extend(of(Service::Http, &http.listen, http.port));
    if let Some(tls) = &http.tls {
        // TLS is offered wherever plain HTTP is, on its own port.
        let hosts = of(Service::Https, &http.listen, tls.port);
        keys.extend(
            hosts.into_iter().map(|(service, address)| (service, SocketAddr::new(address.ip(), tls.port))),
        );
    }
    keys
}
